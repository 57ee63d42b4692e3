// ECS's JSON form of a task definition, to and from ours. Pure; the table of fields is in fields.h.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/schema/decode.h"
#include "api/schema/node.h"
#include "api/types/task_definition.h"

namespace muster::ecs {

// What a definition in networkMode awsvpc becomes.
enum class Awsvpc {
  refused,
  as_bridge,  // bridge with dynamic host ports, and a Warning
};

struct FromEcsOptions {
  Awsvpc awsvpc = Awsvpc::refused;
  // "web.json": put before the line in the messages; empty when the text came over the wire.
  std::string_view source;
};

// Whether the document is meant as an ECS task definition: as `aws ecs register-task-definition --cli-input-json` takes
// it, or as `describe-task-definition` prints it ({"taskDefinition": {...}, "tags": [...]}).
bool is_ecs_task_definition(const Node& node);

// The definition as an object, metadata.name being the family; cross-field rules are not checked (validate_object).
// Appends a Warning for what was left out. Code::malformed or Code::invalid names every finding with its place in the
// document.
Result<std::shared_ptr<TaskDefinition>> from_ecs(const Node& node, const FromEcsOptions& options,
                                                 std::vector<Warning>& warnings);
Result<std::shared_ptr<TaskDefinition>> from_ecs(const Node& node, std::vector<Warning>& warnings);

struct ToEcsOptions {
  std::string_view arn_prefix = "arn:aws:ecs:local:000000000000:task-definition/";
  std::string_view registered_by = "arn:aws:iam::000000000000:root";
};

// The value of `taskDefinition` as describe-task-definition prints it, with ECS's defaults written out, in ECS's order.
Node to_ecs(const TaskDefinitionRevision& revision, const ToEcsOptions& options = {});

}  // namespace muster::ecs
