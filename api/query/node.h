// The tree of a query; between parse.cpp, which makes it, and query.cpp, which asks it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"
#include "api/query/pattern.h"

namespace muster::query {

enum class Property {
  agent_connected,
  agent_version,
  attribute,
  ec2_instance_id,
  registered_at,
  running_tasks_count,
  task_group,
};
enum class Operator {
  equals,
  not_equals,
  greater,
  greater_equal,
  less,
  less_equal,
  exists,
  not_exists,
  in,
  not_in,
  matches,
  not_matches,
};

struct Argument {
  std::string text;
  std::int64_t number = 0;  // runningTasksCount
  Time time{};              // registeredAt
};

enum class NodeKind { all_of, any_of, negation, predicate };
struct Node {
  NodeKind kind = NodeKind::predicate;
  std::vector<std::shared_ptr<const Node>> children;
  Property property = Property::attribute;
  std::string attribute;
  Operator op = Operator::equals;
  std::vector<Argument> arguments;  // several only for in and not_in
  std::optional<Pattern> pattern;   // of matches and not_matches
};

Result<std::shared_ptr<const Node>> parse_expression(std::string_view text);

}  // namespace muster::query
