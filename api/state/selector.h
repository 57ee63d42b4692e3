// Kubernetes' label and field selectors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/types/kinds.h"

namespace muster {

struct Requirement {
  enum class Operator { equals, not_equals, in, not_in, exists, not_exists, greater, less };
  std::string key;
  Operator op = Operator::exists;
  std::vector<std::string> values;
};

struct LabelSelector {
  std::vector<Requirement> requirements;  // all must hold; empty selects everything
  bool matches(const Labels& labels) const;
};
// "app=web,tier in (a,b),!x". Code::malformed otherwise.
Result<LabelSelector> parse_label_selector(std::string_view text);

struct FieldSelector {
  std::vector<Requirement> requirements;  // equals and not_equals only
  bool matches(const Object& object) const;
  // The value that the field must equal, or empty: lets a caller use an index.
  std::string_view value_of(std::string_view field) const;
};
// "metadata.name=x,spec.containerInstance!=y". Code::malformed with `field label not supported: X` when the kind does
// not have the field among its selectable ones (field_value below).
Result<FieldSelector> parse_field_selector(std::string_view text, const Kind& kind);

// The value of a selectable field of the object: metadata.name, metadata.namespace of every kind; Task:
// spec.containerInstance, spec.group, spec.taskDefinition, spec.desiredStatus, status.lastStatus; TaskSet:
// spec.service; Event: involvedObject.*, reason, type, source, reportingComponent; ContainerInstance: spec.cluster,
// status.connection; Pod, Node, Secret, Namespace: as Kubernetes has them.
struct SelectableField {
  std::string_view name;
  std::string (*value)(const Object& object);
};
std::vector<SelectableField> selectable_fields(const Kind& kind);
// Nothing when the object's kind has no such selectable field.
std::optional<std::string> field_value(const Object& object, std::string_view field);

}  // namespace muster
