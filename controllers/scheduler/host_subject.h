// An instance as the query language asks about it. Groups are those of one namespace.
#pragma once

#include "api/query/query.h"
#include "controllers/scheduler/hosts.h"

namespace muster::scheduler {

class HostSubject final : public query::Subject {
 public:
  HostSubject(const Host& host, const Groups& groups, std::string_view ns) : host_(host), groups_(groups), ns_(ns) {}
  const std::string* attribute(std::string_view name) const override { return host_.attribute(name); }
  bool agent_connected() const override;
  std::string_view agent_version() const override;
  Time registered_at() const override;
  // All tasks that occupy the instance, so that a batch does not overshoot before its first tasks run.
  std::int64_t running_tasks_count() const override { return host_.tasks; }
  std::string_view ec2_instance_id() const override { return host_.name; }
  bool has_group(std::string_view group) const override;
  bool any_group(const std::function<bool(std::string_view)>& test) const override;

 private:
  const Host& host_;
  const Groups& groups_;
  std::string_view ns_;
};

}  // namespace muster::scheduler
