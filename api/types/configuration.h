// What containers are configured with, and who they are: Kubernetes' Secret, ConfigMap and ServiceAccount.
#pragma once

#include "api/types/builtin.h"

namespace muster {

inline constexpr std::string_view opaque_secret = "Opaque";

struct Secret : Object {
  using base_of_kind = Object;
  Labels data;         // base64
  Labels string_data;  // empty in what is stored
  std::optional<bool> immutable;
  std::string type;
};

struct ConfigMap : Object {
  using base_of_kind = Object;
  Labels data;
  Labels binary_data;  // base64
  std::optional<bool> immutable;
};

struct LocalObjectReference {
  std::string name;
  bool operator==(const LocalObjectReference&) const = default;
};
struct ServiceAccount : Object {
  using base_of_kind = Object;
  std::vector<ObjectReference> secrets;
  std::vector<LocalObjectReference> image_pull_secrets;
  std::optional<bool> automount_service_account_token;
};

}  // namespace muster
