// Kubernetes' description of a kind. Ours are made from the one description (api/openapi/definitions), for tools that
// look for them; nobody adds kinds by writing one.
#pragma once

#include "api/schema/raw.h"
#include "api/types/condition.h"
#include "api/types/meta.h"

namespace muster {

struct DefinitionNames {
  std::string plural, singular;
  std::vector<std::string> short_names;
  std::string kind, list_kind;
  std::vector<std::string> categories;
  bool operator==(const DefinitionNames&) const = default;
};
struct PrinterColumn {
  std::string name, type, format, description;
  std::int32_t priority = 0;
  std::string json_path;
  bool operator==(const PrinterColumn&) const = default;
};
struct DefinitionSchema {
  Raw open_api_v3_schema;
  bool operator==(const DefinitionSchema&) const = default;
};
struct DefinitionScale {
  std::string spec_replicas_path, status_replicas_path;
  bool operator==(const DefinitionScale&) const = default;
};
struct DefinitionSubresources {
  Raw status;  // `{}` when there is one
  std::optional<DefinitionScale> scale;
  bool operator==(const DefinitionSubresources&) const = default;
};
struct DefinitionVersion {
  std::string name;
  bool served = false, storage = false;
  DefinitionSchema schema;
  DefinitionSubresources subresources;
  std::vector<PrinterColumn> additional_printer_columns;
  bool operator==(const DefinitionVersion&) const = default;
};
struct DefinitionConversion {
  std::string strategy;
  bool operator==(const DefinitionConversion&) const = default;
};
struct CustomResourceDefinitionSpec {
  std::string group;
  DefinitionNames names;
  std::string scope;  // Namespaced, Cluster
  std::vector<DefinitionVersion> versions;
  DefinitionConversion conversion;
  bool operator==(const CustomResourceDefinitionSpec&) const = default;
};
struct CustomResourceDefinitionStatus {
  Conditions conditions;
  DefinitionNames accepted_names;
  std::vector<std::string> stored_versions;
  bool operator==(const CustomResourceDefinitionStatus&) const = default;
};
struct CustomResourceDefinition : Object {
  using base_of_kind = Object;
  CustomResourceDefinitionSpec spec;
  CustomResourceDefinitionStatus status;
};

}  // namespace muster
