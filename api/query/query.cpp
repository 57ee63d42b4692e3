#include "api/query/query.h"

#include <algorithm>
#include <compare>
#include <utility>

#include "api/base/text.h"
#include "api/query/node.h"

namespace muster::query {
namespace {

// "1.9.0" < "1.10.0"; parts that are not numbers compare as text; missing parts are zeros.
std::strong_ordering compare_versions(std::string_view left, std::string_view right) {
  const auto a = split(left, '.'), b = split(right, '.');
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::string_view x = i < a.size() ? a[i] : "0", y = i < b.size() ? b[i] : "0";
    const auto m = parse_int(x), n = parse_int(y);
    const auto order = m && n ? *m <=> *n : x.compare(y) <=> 0;
    if (order != 0) return order;
  }
  return std::strong_ordering::equal;
}

bool holds(Operator op, std::strong_ordering order) {
  switch (op) {
    case Operator::equals: return order == 0;
    case Operator::not_equals: return order != 0;
    case Operator::greater: return order > 0;
    case Operator::greater_equal: return order >= 0;
    case Operator::less: return order < 0;
    case Operator::less_equal: return order <= 0;
    case Operator::exists:
    case Operator::not_exists:
    case Operator::in:
    case Operator::not_in:
    case Operator::matches:
    case Operator::not_matches: break;
  }
  return false;
}

// `compare` orders the subject's value against one argument.
template <class Compare>
bool decide(const Node& node, std::string_view text, const Compare& compare) {
  switch (node.op) {
    case Operator::in:
    case Operator::not_in: {
      const bool found = std::any_of(node.arguments.begin(), node.arguments.end(),
                                     [&](const Argument& argument) { return compare(argument) == 0; });
      return found == (node.op == Operator::in);
    }
    case Operator::matches: return node.pattern->matches(text);
    case Operator::not_matches: return !node.pattern->matches(text);
    case Operator::exists: return true;
    case Operator::not_exists: return false;
    case Operator::equals:
    case Operator::not_equals:
    case Operator::greater:
    case Operator::greater_equal:
    case Operator::less:
    case Operator::less_equal: break;
  }
  return holds(node.op, compare(node.arguments.front()));
}

bool decide_text(const Node& node, std::string_view value) {
  return decide(node, value, [&](const Argument& argument) { return value.compare(argument.text) <=> 0; });
}

bool decide_group(const Node& node, const Subject& subject) {
  const auto has = [&](const Argument& argument) { return subject.has_group(argument.text); };
  switch (node.op) {
    case Operator::equals: return has(node.arguments.front());
    case Operator::not_equals: return !has(node.arguments.front());
    case Operator::in: return std::any_of(node.arguments.begin(), node.arguments.end(), has);
    case Operator::not_in: return std::none_of(node.arguments.begin(), node.arguments.end(), has);
    case Operator::matches:
      return subject.any_group([&](std::string_view group) { return node.pattern->matches(group); });
    case Operator::not_matches:
      return !subject.any_group([&](std::string_view group) { return node.pattern->matches(group); });
    case Operator::exists:
    case Operator::not_exists:
    case Operator::greater:
    case Operator::greater_equal:
    case Operator::less:
    case Operator::less_equal: break;  // refused by the parser
  }
  return false;
}

bool decide_predicate(const Node& node, const Subject& subject) {
  switch (node.property) {
    case Property::agent_connected: return decide_text(node, subject.agent_connected() ? "true" : "false");
    case Property::agent_version: {
      const auto version = subject.agent_version();
      return decide(node, version, [&](const Argument& argument) { return compare_versions(version, argument.text); });
    }
    case Property::attribute: {
      // Also `!=` needs the attribute to be there: ECS's rule.
      const std::string* value = subject.attribute(node.attribute);
      return value == nullptr ? node.op == Operator::not_exists : decide_text(node, *value);
    }
    case Property::ec2_instance_id: return decide_text(node, subject.ec2_instance_id());
    case Property::registered_at: {
      const Time time = subject.registered_at();
      if (!is_set(time)) return false;
      return decide(node, {}, [&](const Argument& argument) {
        return time.time_since_epoch().count() <=> argument.time.time_since_epoch().count();
      });
    }
    case Property::running_tasks_count: {
      const auto count = subject.running_tasks_count();
      return decide(node, {}, [&](const Argument& argument) { return count <=> argument.number; });
    }
    case Property::task_group: return decide_group(node, subject);
  }
  return false;
}

// The parser bounds the depth.
bool decide_node(const Node& node, const Subject& subject) {
  const auto holds_for = [&](const std::shared_ptr<const Node>& child) { return decide_node(*child, subject); };
  switch (node.kind) {
    case NodeKind::all_of: return std::all_of(node.children.begin(), node.children.end(), holds_for);
    case NodeKind::any_of: return std::any_of(node.children.begin(), node.children.end(), holds_for);
    case NodeKind::negation: return !decide_node(*node.children.front(), subject);
    case NodeKind::predicate: return decide_predicate(node, subject);
  }
  return false;
}

bool node_reads_tasks(const Node& node) {
  if (node.kind == NodeKind::predicate) {
    return node.property == Property::task_group || node.property == Property::running_tasks_count;
  }
  return std::any_of(node.children.begin(), node.children.end(),
                     [](const auto& child) { return node_reads_tasks(*child); });
}

const std::string* named_instance(const Node& node) {
  if (node.kind == NodeKind::all_of) {
    for (const auto& child : node.children) {
      if (const auto* name = named_instance(*child)) return name;
    }
    return nullptr;
  }
  const bool names = node.property == Property::ec2_instance_id ||
                     (node.property == Property::attribute && node.attribute == instance_attribute);
  const bool one = node.op == Operator::equals || (node.op == Operator::in && node.arguments.size() == 1);
  return node.kind == NodeKind::predicate && names && one ? &node.arguments.front().text : nullptr;
}

std::string_view missing(const Node& node, const Subject& subject) {
  if (node.kind == NodeKind::negation) return {};
  if (node.kind == NodeKind::predicate) {
    const bool lacks = node.property == Property::attribute && node.op != Operator::not_exists &&
                       subject.attribute(node.attribute) == nullptr;
    return lacks ? std::string_view(node.attribute) : std::string_view();
  }
  for (const auto& child : node.children) {
    if (const auto name = missing(*child, subject); !name.empty()) return name;
  }
  return {};
}

}  // namespace

Result<Query> Query::parse(std::string_view expression) {
  Query query;
  TRY(query.root_, parse_expression(expression));
  query.text_ = std::string(expression);
  return query;
}

bool Query::matches(const Subject& subject) const {
  return root_ == nullptr || decide_node(*root_, subject);
}

bool Query::reads_tasks() const {
  return root_ != nullptr && node_reads_tasks(*root_);
}

std::optional<std::string> Query::only_instance() const {
  const auto* name = root_ != nullptr ? named_instance(*root_) : nullptr;
  return name != nullptr ? std::optional<std::string>(*name) : std::nullopt;
}

std::string_view Query::missing_attribute(const Subject& subject) const {
  return root_ != nullptr ? missing(*root_, subject) : std::string_view();
}

}  // namespace muster::query
