// ECS's cluster query language: which container instances an expression means. Used by memberOf placement constraints
// and by filters of lists. All operators in symbol and word form; `and`, `or`, `not`; errors name the position.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/error.h"
#include "api/base/time.h"

namespace muster::query {

inline constexpr std::size_t expression_bytes = 2'000;  // ECS's limit
// The implicit attribute that names the instance itself; `ec2InstanceId` is another word for it.
inline constexpr std::string_view instance_attribute = "muster.instance";

// What an expression is asked about: one container instance.
class Subject {
 public:
  virtual ~Subject() = default;
  // Null when the instance lacks the attribute; an attribute without a value is an empty text.
  virtual const std::string* attribute(std::string_view name) const = 0;
  virtual bool agent_connected() const = 0;
  virtual std::string_view agent_version() const = 0;
  virtual Time registered_at() const = 0;
  virtual std::int64_t running_tasks_count() const = 0;
  virtual std::string_view ec2_instance_id() const = 0;
  // Whether the instance runs a task of the group now.
  virtual bool has_group(std::string_view group) const = 0;
  virtual bool any_group(const std::function<bool(std::string_view group)>& test) const = 0;
};

struct Node;

// A parsed expression: an immutable value, cheap to copy, readable from any thread.
class Query {
 public:
  // Code::invalid: `expected an operator at position 17`.
  static Result<Query> parse(std::string_view expression);

  bool matches(const Subject& subject) const;
  const std::string& text() const { return text_; }
  // Whether the answer may change when tasks start or stop on the instance (task:group, runningTasksCount).
  bool reads_tasks() const;
  // The one instance that can match at all, when the expression says so by name.
  std::optional<std::string> only_instance() const;
  // The first attribute that the expression asks for and the subject lacks; empty when there is none.
  std::string_view missing_attribute(const Subject& subject) const;

 private:
  std::string text_;
  std::shared_ptr<const Node> root_;
};

}  // namespace muster::query
