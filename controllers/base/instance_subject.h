// An instance as the query language asks about it, as far as the object alone tells.
#pragma once

#include "api/query/query.h"
#include "api/types/cluster.h"

namespace muster {

// Whether the instance's agent can take work now: its verdict, unless the facts are newer and say no.
Connection effective_connection(const ContainerInstance& instance);
// Custom attributes first, then what the agent registered; `muster.instance` is the name. Null when absent.
const std::string* attribute_of(const ContainerInstance& instance, std::string_view name);

// Sees no tasks: only for expressions that do not read them. The instance must outlive it.
class InstanceSubject final : public query::Subject {
 public:
  explicit InstanceSubject(const ContainerInstance& instance) : instance_(instance) {}
  const std::string* attribute(std::string_view name) const override { return attribute_of(instance_, name); }
  bool agent_connected() const override { return effective_connection(instance_) == Connection::connected; }
  std::string_view agent_version() const override { return instance_.status.version_info.agent_version; }
  Time registered_at() const override { return instance_.status.registered_at; }
  std::int64_t running_tasks_count() const override { return 0; }
  std::string_view ec2_instance_id() const override { return instance_.metadata.name; }
  bool has_group(std::string_view) const override { return false; }
  bool any_group(const std::function<bool(std::string_view)>&) const override { return false; }

 private:
  const ContainerInstance& instance_;
};

}  // namespace muster
