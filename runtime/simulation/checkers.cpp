#include "runtime/simulation/checkers.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "api/types/cluster.h"
#include "controllers/base/health.h"
#include "controllers/base/naming.h"
#include "controllers/task/container_config.h"

namespace muster::simulation {
namespace {

constexpr std::size_t kept_views = 5'000;

std::string key_text(const Key& key) {
  return str(key.kind->plural, "/", key.ns, key.ns.empty() ? "" : "/", key.name);
}

std::string name_of(const Task& task) {
  return str("task ", task.metadata.name, " (", task.metadata.uid, ")");
}

bool is_live(const Task& task) {
  return !is_stopped(task) && !is_lost(task);
}

const OwnerReference* owner_of(const Object& object, std::string_view kind) {
  const OwnerReference* owner = controller_of(object.metadata);
  return owner != nullptr && owner->kind == kind ? owner : nullptr;
}

std::int64_t registered(const ContainerInstance& instance, std::string_view name) {
  for (const InstanceResource& each : instance.status.registered_resources) {
    if (each.name == name) return each.integer_value;
  }
  return 0;
}

std::int64_t registered_gpus(const ContainerInstance& instance) {
  for (const InstanceResource& each : instance.status.registered_resources) {
    if (each.name == "GPU") return static_cast<std::int64_t>(each.string_set_value.size());
  }
  return 0;
}

}  // namespace

void DrainLoop::drain() {
  while (!queue_.empty()) {
    const Callback callback = std::move(queue_.front());
    queue_.pop_front();
    callback();
  }
}

std::string task_uid_of(const drivers::ContainerState& container) {
  const auto found = container.labels.find(std::string(task::label::task_uid));
  return found == container.labels.end() ? std::string() : found->second;
}

std::vector<std::shared_ptr<const Task>> tasks_of(const State& state, const Service& service) {
  std::vector<std::shared_ptr<const Task>> out;
  for (const auto& set : state.list<TaskSet>(Index::owner, service.metadata.uid)) {
    for (auto& task : state.list<Task>(Index::owner, set->metadata.uid)) out.push_back(std::move(task));
  }
  return out;
}

void Checkers::fail(const std::string& what) {
  if (violation_.empty()) violation_ = what;
}

void Checkers::attach(store::Store& store) {
  loop_.clear();
  const State state = store.state();
  check_durable(state);
  // What a crash has left between the acknowledged and the durable is a change like any other.
  for (const Kind& kind : all_kinds()) {
    state.each(kind, {}, [&](const ObjectPtr& object) {
      const ObjectPtr before = seen_.find(key_of(*object));
      if (before != object) check_transition(before.get(), object.get());
      return true;
    });
  }
  seen_ = state;
  views_.clear();
  views_.emplace_back(state.revision(), state);
  origins_.clear();
  auto subscribed = store.subscribe(state.revision(), loop_, [this](const store::CommitPtr& commit) {
    if (commit != nullptr) observe(*commit);
  });
  if (!subscribed.ok()) return fail("the newest revision cannot be watched: " + subscribed.error().text());
  subscription_ = std::move(subscribed).value();
}

void Checkers::detach() {
  subscription_.reset();
  loop_.clear();
}

void Checkers::appended(const std::vector<store::Row>& rows) {
  for (const store::Row& row : rows) {
    const Kind* kind = find_kind(row.kind);
    if (kind == nullptr) return fail(str("a row of an unknown kind: ", row.kind));
    attempted_[Key{kind, std::string(row.ns), std::string(row.name)}] = Known{row.revision, row.deleted};
  }
}

void Checkers::acknowledged(const std::string& writer, const std::vector<store::JournalRow>& journal,
                            const store::Committed& committed) {
  Origin origin{writer, 0, {}};
  if (!journal.empty()) {
    origin.view = journal.back().revision;
    origin.time = journal.back().time;
  }
  origins_[committed.revision] = std::move(origin);
  for (const Admitted& result : committed.results) {
    if (!result.changed || result.object == nullptr) continue;
    Known& known = durable_[key_of(*result.object)];
    if (result.deleted) {
      known = Known{committed.revision, true};
    } else if (result.object->metadata.resource_version > known.revision) {
      known = Known{result.object->metadata.resource_version, false};
    }
  }
}

void Checkers::check_durable(const State& state) {
  for (const auto& [key, known] : durable_) {
    const ObjectPtr object = state.find(key);
    const std::int64_t revision = object == nullptr ? 0 : object->metadata.resource_version;
    if (known.deleted) {
      if (revision != 0 && revision <= known.revision) {
        return fail(str("the acknowledged deletion of ", key_text(key), " at ", known.revision, " is undone"));
      }
      continue;
    }
    if (revision >= known.revision) continue;
    const auto later = attempted_.find(key);
    const bool deleted_since =
        later != attempted_.end() && later->second.deleted && later->second.revision > known.revision;
    if (object == nullptr && deleted_since) continue;
    return fail(str("the acknowledged write of ", key_text(key), " at ", known.revision, " is lost: the store has ",
                    revision == 0 ? std::string("nothing") : std::to_string(revision)));
  }
}

void Checkers::container_started(const std::string& instance, const std::string& name) {
  for (const std::string& uid : stopped_) {
    if (name.find(uid) == std::string::npos) continue;
    return fail(
        str("container ", name, " was started on ", instance, " after its agent had reported the task STOPPED"));
  }
}

// The store tells of a group of batches at once; the rules hold after each of them.
void Checkers::observe(const store::Commit& group) {
  store::Commit batch;
  batch.state = seen_;
  for (std::size_t i = 0; i < group.changes.size(); ++i) {
    const Change& change = group.changes[i];
    batch.changes.push_back(change);
    batch.json.push_back(group.json[i]);
    batch.revisions.push_back(group.revisions[i]);
    if (i + 1 == group.changes.size()) {
      batch.state = group.state;
    } else {
      if (change.after != nullptr) {
        batch.state.put(change.after);
      } else {
        batch.state.erase(key_of(*change.before));
      }
      batch.state.set_revision(group.revisions[i]);
      if (origins_.count(group.revisions[i]) == 0) continue;
    }
    observe_batch(batch);
    batch.changes.clear();
    batch.json.clear();
    batch.revisions.clear();
  }
}

void Checkers::observe_batch(const store::Commit& commit) {
  if (!violation_.empty()) return;
  ++commits_;
  Origin origin;
  if (const auto found = origins_.find(commit.state.revision()); found != origins_.end()) {
    origin = std::move(found->second);
  }
  origins_.erase(origins_.begin(), origins_.upper_bound(commit.state.revision()));
  check_continuity(commit);
  std::set<std::string> instances;
  for (std::size_t i = 0; i < commit.changes.size(); ++i) {
    const Change& change = commit.changes[i];
    hash_ = stable_hash(*commit.json[i], hash_);
    durable_[key_of(change.object())] = Known{commit.revisions[i], change.after == nullptr};
    const bool same_object = change.before != nullptr && change.after != nullptr &&
                             change.before->metadata.uid == change.after->metadata.uid;
    if (same_object) check_transition(change.before.get(), change.after.get());
    if (same_object) check_deployment(change.before.get(), change.after.get());
    const auto* task = as<Task>(change.after.get());
    if (task == nullptr) continue;
    const auto* before = as<Task>(change.before.get());
    if (before == nullptr) check_slots(commit.state, *task);
    if (!task->spec.container_instance.empty() && (before == nullptr || before->spec.container_instance.empty())) {
      instances.insert(task->spec.container_instance);
    }
    if (is_stopped(*task) && (before == nullptr || !is_stopped(*before)) && origin.writer.rfind("agent/", 0) == 0) {
      check_stopped_task(*task);
    }
  }
  for (const std::string& instance : instances) check_instance(commit.state, instance);
  if (origin.writer == "controller/service") check_service(commit, origin);
  seen_ = commit.state;
  views_.emplace_back(commit.state.revision(), commit.state);
  if (views_.size() > kept_views) views_.pop_front();
}

// A watcher is told each change once, in order.
void Checkers::check_continuity(const store::Commit& commit) {
  if (commit.revisions.empty() || commit.revisions.front() != seen_.revision() + 1) {
    return fail(str("watchers went from revision ", seen_.revision(), " to a commit that begins elsewhere"));
  }
  std::set<Key> touched;
  for (const Change& change : commit.changes) {
    const Key key = key_of(change.object());
    if (!touched.insert(key).second) continue;
    if (seen_.find(key) != change.before) return fail(str("a change of ", key_text(key), " leaves out one before it"));
  }
}

// The breaker trips at its threshold and not before; what fails says why, and does not become another.
void Checkers::check_deployment(const Object* before, const Object* after) {
  const auto* was = as<TaskSet>(before);
  const auto* is = as<TaskSet>(after);
  if (was == nullptr || is == nullptr || was->metadata.uid != is->metadata.uid) return;
  const RolloutState from = was->status.rollout_state;
  const RolloutState to = is->status.rollout_state;
  if (from == RolloutState::failed && to != RolloutState::failed) {
    fail(str("deployment ", is->metadata.name, " had failed, and does not say so any more"));
  }
  if (to != RolloutState::failed || from == to) return;
  ++given_up_;
  if (from == RolloutState::completed) fail(str("deployment ", is->metadata.name, " was completed, and then given up"));
  if (is->status.failure == DeploymentFailure::none)
    fail(str("deployment ", is->metadata.name, " failed for no reason"));
  if (is->status.failure != DeploymentFailure::circuit_breaker) return;
  const std::int32_t least = std::max(3, std::min(200, (is->status.desired_count + 1) / 2));
  if (is->status.failed_tasks < least) {
    fail(
        str("deployment ", is->metadata.name, " was given up after ", is->status.failed_tasks, " failures of ", least));
  }
}

void Checkers::check_transition(const Object* before, const Object* after) {
  const auto* was = as<Task>(before);
  const auto* is = as<Task>(after);
  if (was == nullptr || is == nullptr || was->metadata.uid != is->metadata.uid) return;
  if (is->status.last_status < was->status.last_status) {
    fail(str("the lastStatus of ", name_of(*is), " went back from ", static_cast<int>(was->status.last_status), " to ",
             static_cast<int>(is->status.last_status)));
  }
  if (wants_stop(*was) && !wants_stop(*is)) fail(str("the desiredStatus of ", name_of(*is), " went back to RUNNING"));
  if (!was->spec.container_instance.empty() && was->spec.container_instance != is->spec.container_instance) {
    fail(str(name_of(*is), " was moved from ", was->spec.container_instance, " to ", is->spec.container_instance));
  }
}

// Looked at when a task was placed there: nothing else may take resources.
void Checkers::check_instance(const State& state, const std::string& instance) {
  const auto host = state.get<ContainerInstance>({}, instance);
  if (host == nullptr) return;
  std::int64_t cpu = 0, memory = 0, gpus = 0;
  std::set<std::int32_t> tcp, udp;
  for (const auto& task : state.list<Task>(Index::instance, instance)) {
    if (!is_live(*task)) continue;
    const auto revision = revision_of(state, task->metadata.ns, task->spec.task_definition);
    const Resources needs = resources_of_task(*task, revision.get());
    cpu += needs.cpu;
    memory += needs.memory_mib;
    gpus += needs.gpus;
    for (const std::int32_t port : needs.tcp_ports) {
      if (!tcp.insert(port).second) return fail(str("host port ", port, " is given twice on ", instance));
    }
    for (const std::int32_t port : needs.udp_ports) {
      if (!udp.insert(port).second) return fail(str("host port ", port, "/udp is given twice on ", instance));
    }
  }
  if (cpu > registered(*host, "CPU")) fail(str(instance, " is overcommitted: ", cpu, " CPU units are given away"));
  if (memory > registered(*host, "MEMORY")) fail(str(instance, " is overcommitted: ", memory, " MiB are given away"));
  if (gpus > registered_gpus(*host)) fail(str(instance, " is overcommitted: ", gpus, " GPUs are given away"));
}

void Checkers::check_slots(const State& state, const Task& task) {
  const OwnerReference* owner = owner_of(task, "TaskSet");
  if (owner == nullptr || task.metadata.annotations.count(std::string(labels::daemon_instance)) != 0) return;
  for (const auto& other : state.list<Task>(Index::owner, owner->uid)) {
    if (other->metadata.uid == task.metadata.uid || is_stopped(*other)) continue;
    if (other->spec.slot == task.spec.slot && other->spec.attempt == task.spec.attempt) {
      fail(str(name_of(task), " and ", name_of(*other), " are the same attempt of the same slot"));
    }
  }
}

void Checkers::check_stopped_task(const Task& task) {
  stopped_.insert(task.metadata.uid);
  // In this world everything that a definition refers to is there before it.
  if (task.status.stopped_reason.starts_with("ResourceInitializationError")) {
    fail(str(name_of(task), " was not given what it refers to: ", task.status.stopped_reason));
  }
  const drivers::SimulatedEngine* engine = engines_(task.spec.container_instance);
  if (engine == nullptr || engine->running() == 0) return;
  for (const drivers::ContainerState& container : engine->containers()) {
    if (container.phase != drivers::ContainerPhase::running || task_uid_of(container) != task.metadata.uid) continue;
    fail(str("container ", container.name, " runs while its agent has reported ", name_of(task), " STOPPED"));
  }
}

// What people need to see of a service's tasks: each one before and after.
std::string Checkers::tasks_text(const State& view, const State& now, const Service& service) {
  std::string out;
  const auto describe = [](const Task& task) {
    return str("status ", static_cast<int>(task.status.last_status), wants_stop(task) ? " to stop" : "",
               is_lost(task) ? " lost" : "", task.metadata.deleting() ? " deleting" : "", " on ",
               task.spec.container_instance);
  };
  for (const auto& task : tasks_of(now, service)) {
    const auto before = view.get<Task>(task->metadata.ns, task->metadata.name);
    if (before != nullptr && is_stopped(*before)) continue;
    out +=
        str("\n    ", task->metadata.name, " of ", task->spec.task_definition, ": ",
            before == nullptr ? "new" : describe(*before), "; now ", describe(*task), " ", task->spec.stopped_reason);
  }
  return out;
}

void Checkers::check_service(const store::Commit& commit, const Origin& origin) {
  const auto view = std::lower_bound(views_.begin(), views_.end(), origin.view,
                                     [](const auto& entry, std::int64_t revision) { return entry.first < revision; });
  if (view == views_.end() || view->first != origin.view) return;  // older than what is kept
  std::set<std::string> services;
  for (const Change& change : commit.changes) {
    const auto* task = as<Task>(change.after.get());
    if (task != nullptr && task->spec.group.rfind("service:", 0) == 0) services.insert(task->spec.group.substr(8));
  }
  for (const std::string& name : services) {
    const auto service = view->second.get<Service>("default", name);
    if (service == nullptr || service->metadata.deleting()) continue;
    if (service->spec.scheduling_strategy != SchedulingStrategy::replica) continue;
    check_bounds(view->second, commit.state, *service, origin);
  }
}

// ecs.md section 3.4, against what the plan had seen: what failed by itself meanwhile is nobody's doing, what the
// controller has done since then counts.
void Checkers::check_bounds(const State& view, const State& now, const Service& service, const Origin& origin) {
  const DeploymentConfiguration& configuration = service.spec.deployment_configuration;
  const std::int64_t desired = service.spec.desired_count;
  const std::int64_t lower = std::min((desired * configuration.minimum_healthy_percent + 99) / 100, desired);
  const std::int64_t upper = std::max(desired * configuration.maximum_percent / 100, desired);
  std::int64_t healthy = 0, stopped = 0, live = 0, made = 0;
  for (const auto& task : tasks_of(view, service)) {
    // What is left of a deployment that is over was lost when it ended: its replacements have been made.
    const auto set = view.get<TaskSet>(task->metadata.ns, controller_of(task->metadata)->name);
    if (set->status.status == DeploymentStatus::inactive) continue;
    if (is_live(*task)) ++live;
    const auto revision = revision_of(view, task->metadata.ns, task->spec.task_definition);
    if (revision == nullptr || !is_healthy(*task, revision->spec, configuration.minimum_healthy_time, origin.time)) {
      continue;
    }
    ++healthy;
    const auto later = now.get<Task>(task->metadata.ns, task->metadata.name);
    const bool ours = later != nullptr && later->metadata.uid == task->metadata.uid && wants_stop(*later) &&
                      later->spec.stop_code == StopCode::service_scheduler_initiated;
    if (ours) ++stopped;
  }
  for (const auto& task : tasks_of(now, service)) {
    if (view.get<Task>(task->metadata.ns, task->metadata.name) != nullptr) continue;
    ++made;
    const auto set = view.get<TaskSet>(task->metadata.ns, controller_of(task->metadata)->name);
    if (set != nullptr && set->status.rollout_state == RolloutState::failed) {
      fail(str("service ", service.metadata.name, ": ", task->metadata.name, " was started for deployment ",
               set->metadata.name, ", which had failed"));
    }
  }
  if (service.spec.paused) {
    for (const auto& set : now.list<TaskSet>(Index::owner, service.metadata.uid)) {
      if (view.get<TaskSet>(set->metadata.ns, set->metadata.name) == nullptr) {
        fail(str("service ", service.metadata.name, " is paused, but ", set->metadata.name, " was begun"));
      }
    }
  }
  healthy_stops_ += stopped;
  if (stopped > 0 && healthy - stopped < lower) {
    fail(str("service ", service.metadata.name, ": ", stopped, " of ", healthy,
             " healthy tasks were stopped, but at least ", lower, " of ", desired, " must stay",
             tasks_text(view, now, service)));
  }
  if (made > 0 && live + made > upper) {
    fail(str("service ", service.metadata.name, ": ", made, " tasks were started beside ", live, ", but at most ",
             upper, " of ", desired, " may exist", tasks_text(view, now, service)));
  }
}

}  // namespace muster::simulation
