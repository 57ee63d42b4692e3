#include "controllers/service/daemon.h"

#include <algorithm>
#include <set>

#include "api/query/query.h"
#include "api/state/revisions.h"
#include "controllers/base/instance_subject.h"
#include "controllers/base/naming.h"
#include "controllers/service/circuit_breaker.h"

namespace muster::service {

namespace {

struct Placed {
  SetView* set = nullptr;
  TaskView* task = nullptr;
};

// The tasks for one instance.
struct OnInstance {
  std::vector<Placed> tasks;
};

// By the uid of the instance. One that was deleted and made anew has another uid, and keeps the tasks that are on it.
std::map<std::string, OnInstance, std::less<>> by_instance(Work& work, const DaemonHosts& hosts) {
  std::map<std::string, OnInstance, std::less<>> out;
  for (SetView& set : work.sets) {
    for (TaskView& task : set.tasks) {
      const auto host = hosts.eligible.find(task.task->spec.container_instance);
      const std::string_view uid =
          host == hosts.eligible.end() ? daemon_instance(*task.task) : std::string_view(host->second->metadata.uid);
      out[std::string(uid)].tasks.push_back(Placed{&set, &task});
    }
  }
  return out;
}

const TaskView* newest_of(const Work& work, const OnInstance& here) {
  const TaskView* newest = nullptr;
  for (const Placed& each : here.tasks) {
    if (each.set != work.sets.data()) continue;
    if (newest == nullptr || newest->attempt < each.task->attempt) newest = each.task;
  }
  return newest;
}

// Stops what stands in the way of the one task; answers whether the instance is free for a start.
bool make_way(Work& work, const OnInstance& here) {
  TaskView* keep = nullptr;
  bool is_free = true;
  for (const Placed& each : here.tasks) {
    if (each.task->phase == Phase::stopped) continue;
    is_free = false;
    const bool current = each.set == work.sets.data() && !each.task->unhealthy && !each.task->drifted;
    if (!each.task->wanted()) continue;
    if (current && keep == nullptr) {
      keep = each.task;
    } else if (current) {
      stop(work, *each.set, *each.task, replaced);
    } else if (each.set == work.sets.data() && each.task->unhealthy) {
      stop(work, *each.set, *each.task, failed_checks);
    } else if (each.set == work.sets.data()) {
      if (!each.task->healthy || work.stoppable() > 0) stop(work, *each.set, *each.task, other_image);
    } else if (!work.service.spec.paused && (!each.task->healthy || work.stoppable() > 0)) {
      stop(work, *each.set, *each.task, scaling(work));
    }
  }
  return is_free;
}

void start_on(Work& work, const ContainerInstance& instance, const OnInstance& here) {
  Attempt next;
  if (const TaskView* newest = newest_of(work, here)) next = attempt_after(*newest, 0, work.lens.now);
  if (next.not_before > work.lens.now) {
    work.plan.look_again(next.not_before - work.lens.now);
    return;
  }
  const Pin pin{instance.metadata.name, instance.metadata.uid};
  start(work, work.primary(), next, &pin);
}

// Daemons leave a DRAINING instance last.
bool only_daemons_left(const State& state, std::string_view instance) {
  bool only = true;
  state.each(Index::instance, instance, [&](const ObjectPtr& object) {
    const auto* task = as<Task>(object.get());
    only = task == nullptr || is_stopped(*task) || !daemon_instance(*task).empty();
    return only;
  });
  return only;
}

// Tasks for instances that are not eligible: on DRAINING ones and on excluded ones they stop; where the agent is silent
// they stay as they are; those that wait for an instance that is gone will never be placed.
void leave(Work& work, const DaemonHosts& hosts, const OnInstance& here) {
  for (const Placed& each : here.tasks) {
    const bool old = each.set != work.sets.data();
    if (old && each.task->phase == Phase::lost) stop_lost(work, *each.task);
    if (!each.task->wanted()) continue;
    const std::string& name = each.task->task->spec.container_instance;
    if (name.empty()) {
      stop(work, *each.set, *each.task, scaling(work));
    } else if (hosts.excluded.count(name) != 0) {
      stop(work, *each.set, *each.task, each.task->evicted ? reason_to_leave(work, *each.task) : excluded);
    } else if (each.task->evicted && only_daemons_left(work.state, name)) {
      stop(work, *each.set, *each.task, draining);
    }
  }
}

std::vector<query::Query> queries_of(const std::vector<PlacementConstraint>& constraints) {
  std::vector<query::Query> out;
  for (const PlacementConstraint& each : constraints) {
    if (each.type != ConstraintType::member_of) continue;
    auto query = query::Query::parse(each.expression);
    if (query.ok() && !query->reads_tasks()) out.push_back(std::move(query).value());
  }
  return out;
}

bool may_take_tasks(const ContainerInstance& instance, const std::vector<Toleration>& tolerations) {
  return forbidding(instance.spec.taints, tolerations) == nullptr && !instance.spec.unschedulable &&
         instance.spec.status == InstanceState::active && instance.status.connection == Connection::connected;
}

}  // namespace

DaemonHosts daemon_hosts(const State& state, const Service& service, std::string_view definition) {
  std::vector<query::Query> queries = queries_of(service.spec.placement_constraints);
  std::vector<Toleration> tolerations;
  if (const auto revision = find_revision(state, service.metadata.ns, definition)) {
    for (query::Query& each : queries_of(revision->spec.placement_constraints)) queries.push_back(std::move(each));
    tolerations = revision->spec.tolerations;
  }
  DaemonHosts out;
  state.each(Index::cluster, service.spec.cluster, [&](const ObjectPtr& object) {
    auto instance = as<ContainerInstance>(object);
    if (instance == nullptr || instance->metadata.deleting()) return true;
    const InstanceSubject subject(*instance);
    // What a silent agent has registered may be old: nothing is stopped for it.
    const bool fits =
        std::all_of(queries.begin(), queries.end(), [&](const query::Query& each) { return each.matches(subject); }) &&
        untolerated(instance->spec.taints, tolerations, TaintEffect::no_execute) == nullptr;
    if (!fits && instance->status.connection == Connection::connected) {
      out.excluded.insert(instance->metadata.name);
    } else if (fits && may_take_tasks(*instance, tolerations)) {
      out.eligible.emplace(instance->metadata.name, std::move(instance));
    }
    return true;
  });
  return out;
}

std::int32_t daemon_count(const std::vector<SetView>& sets, const DaemonHosts& hosts) {
  std::set<std::string_view> instances;
  for (const auto& [name, instance] : hosts.eligible) instances.insert(name);
  for (const SetView& set : sets) {
    for (const TaskView& task : set.tasks) {
      const std::string& name = task.task->spec.container_instance;
      if (task.wanted() && !task.evicted && !name.empty() && hosts.excluded.count(name) == 0) instances.insert(name);
    }
  }
  return static_cast<std::int32_t>(instances.size());
}

void plan_daemon(Work& work, const DaemonHosts& hosts) {
  auto tasks = by_instance(work, hosts);
  const bool given_up = has_failed(*work.primary().set);
  for (const auto& [name, instance] : hosts.eligible) {
    const auto found = tasks.find(instance->metadata.uid);
    const OnInstance none;
    const OnInstance& here = found == tasks.end() ? none : found->second;
    // A deployment that has failed starts no tasks (ECS), so none makes way for them.
    if (!given_up && make_way(work, here)) start_on(work, *instance, here);
    if (found != tasks.end()) tasks.erase(found);
  }
  for (const auto& [uid, here] : tasks) leave(work, hosts, here);
}

}  // namespace muster::service
