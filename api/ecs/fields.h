// What Muster does with each field of an ECS task definition: the one table that translation, documentation and tests
// use.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace muster::ecs {

enum class Support {
  supported,    // works as in ECS
  accepted,     // read and left out, with a Warning that says what it means here
  output_only,  // ECS prints it and never reads it: left out, one Warning for all of them
  refused,      // an error, unless it is empty (null, false, "", [], {}): `describe` prints such fields
};

struct FieldRule {
  std::string_view path;  // "containerDefinitions[].portMappings[].hostPort"
  Support support = Support::supported;
  std::string_view sentence;  // completes the warning or error; for supported fields what is particular here, or empty
};

// All rules, parents before their children, in ECS's order.
std::span<const FieldRule> field_rules();
// Null when ECS has no such field.
const FieldRule* find_rule(std::string_view path);
// The table as Markdown.
std::string fields_markdown();

}  // namespace muster::ecs
