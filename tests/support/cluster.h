// Hosts without a network or an engine: they place, start, stop and lose tasks when a test says so.
#pragma once

#include <string>
#include <vector>

#include "controllers/base/health.h"
#include "controllers/base/naming.h"
#include "tests/support/world.h"

namespace muster::testing {

class Hosts {
 public:
  Hosts(World& world, int count) : world_(world) {
    for (int i = 0; i < count; ++i) add(str("i-", i));
  }
  void add(const std::string& name) {
    names_.push_back(name);
    world_.add(an_instance(name));
  }

  // Binds a task as the scheduler does.
  void place(const Task& task, const std::string& instance) {
    world_.edit<Task>(task.metadata.name, [&](Task& t) {
      t.spec.container_instance = instance;
      t.status.last_status = LastStatus::pending;
      t.metadata.finalizers.emplace_back(finalizers::containers);
    });
  }
  void start(const std::string& name) {
    world_.edit<Task>(name, [&](Task& t) {
      t.status.last_status = LastStatus::running;
      t.status.started_at = world_.now;
    });
  }
  void crash(const std::string& name, const std::string& reason = "Essential container in task exited") {
    world_.edit<Task>(name, [&](Task& t) {
      t.status.stop_code = t.status.last_status == LastStatus::running ? StopCode::essential_container_exited
                                                                       : StopCode::task_failed_to_start;
      t.status.stopped_reason = reason;
      t.status.last_status = LastStatus::stopped;
      t.status.stopped_at = world_.now;
    });
  }
  // What was asked to stop has stopped.
  void stopped(const std::string& name) {
    world_.edit<Task>(name, [&](Task& t) {
      t.status.stop_code = t.spec.stop_code;
      t.status.stopped_reason = t.spec.stopped_reason;
      t.status.last_status = LastStatus::stopped;
      t.status.stopped_at = world_.now;
    });
  }
  void health(const std::string& name, HealthStatus status) {
    world_.edit<Task>(name, [&](Task& t) { t.status.health_status = status; });
  }
  void lose(const std::string& instance) {
    connection(instance, Connection::lost);
    for (const auto& task : on(instance)) {
      if (is_stopped(*task)) continue;
      world_.edit<Task>(task->metadata.name, [&](Task& t) {
        Condition lost;
        lost.type = "Lost";
        lost.status = "True";
        lost.reason = "InstanceLost";
        set_condition(t.status.conditions, lost, world_.now);
      });
    }
  }
  void come_back(const std::string& instance) {
    connection(instance, Connection::connected);
    for (const auto& task : on(instance)) {
      if (!is_lost(*task)) continue;
      world_.edit<Task>(task->metadata.name, [&](Task& t) { remove_condition(t.status.conditions, "Lost"); });
    }
  }
  void drain(const std::string& instance) {
    world_.edit<ContainerInstance>(instance, [](ContainerInstance& i) { i.spec.status = InstanceState::draining; });
  }
  bool usable(const std::string& instance) const {
    const auto it = world_.get<ContainerInstance>(instance);
    return it != nullptr && it->spec.status == InstanceState::active && it->status.connection == Connection::connected;
  }
  // The instance that its pin names, else the usable one with the fewest tasks; empty when there is none.
  std::string choose(const Task& task) const {
    constexpr std::string_view pin = "attribute:muster.instance == ";
    for (const PlacementConstraint& each : task.spec.placement_constraints) {
      if (each.expression.compare(0, pin.size(), pin) != 0) continue;
      const std::string name = each.expression.substr(pin.size());
      return usable(name) ? name : std::string();
    }
    std::string best;
    std::size_t fewest = 0;
    for (const std::string& each : names_) {
      if (!usable(each)) continue;
      std::size_t count = 0;
      for (const auto& there : on(each)) count += is_stopped(*there) ? 0 : 1;
      if (!best.empty() && count >= fewest) continue;
      best = each;
      fewest = count;
    }
    return best;
  }
  // Everything that can happen to tasks without a failure happens at once.
  void work() {
    for (const auto& task : world_.all<Task>()) {
      if (is_stopped(*task) || is_lost(*task)) continue;
      if (wants_stop(*task)) {
        stopped(task->metadata.name);
      } else if (task->spec.container_instance.empty()) {
        const std::string instance = choose(*task);
        if (instance.empty()) continue;
        place(*task, instance);
        start(task->metadata.name);
      } else if (task->status.last_status == LastStatus::pending) {
        start(task->metadata.name);
      }
    }
  }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::shared_ptr<const Task>> on(const std::string& instance) const {
    return world_.state.list<Task>(Index::instance, instance);
  }
  void connection(const std::string& instance, Connection verdict) {
    world_.edit<ContainerInstance>(instance, [&](ContainerInstance& i) {
      i.status.connection = verdict;
      i.status.agent.connected = verdict == Connection::connected;
      i.status.agent.last_heard = world_.now;
      i.status.agent.since = world_.now;
    });
  }

  World& world_;
  std::vector<std::string> names_;
};

}  // namespace muster::testing
