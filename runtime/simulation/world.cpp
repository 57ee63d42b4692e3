#include "runtime/simulation/world.h"

#include <set>

#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/service.h"
#include "api/types/task_run.h"
#include "controllers/base/health.h"

namespace muster::simulation {
namespace {

constexpr std::size_t kept_notes = 60;

std::string unsettled_service(const State& state, const Service& service, std::size_t instances) {
  const std::string name = str("service ", service.metadata.name, ": ");
  if (service.metadata.deleting()) return name + "is still being deleted";
  const bool daemon = service.spec.scheduling_strategy == SchedulingStrategy::daemon;
  const auto desired = daemon ? static_cast<std::int32_t>(instances) : service.spec.desired_count;
  std::int32_t healthy = 0, live = 0;
  const std::string wanted = resolve_definition(state, service.metadata.ns, service.spec.task_definition);
  for (const auto& task : tasks_of(state, service)) {
    if (is_stopped(*task)) continue;
    ++live;
    const auto revision = revision_of(state, task->metadata.ns, task->spec.task_definition);
    if (revision == nullptr || task->spec.task_definition != wanted) continue;
    // Far beyond any minimum of time.
    const Time now = task->status.started_at + std::chrono::hours(1);
    if (is_healthy(*task, revision->spec, service.spec.deployment_configuration.minimum_healthy_time, now)) ++healthy;
  }
  if (healthy != desired || live != desired) {
    return str(name, healthy, " healthy tasks of ", wanted, " among ", live, " live ones, desired are ", desired);
  }
  if (service.status.running_count != desired || service.status.healthy_count != desired ||
      service.status.pending_count != 0) {
    return str(name, "the status counts ", service.status.running_count, " running, ", service.status.healthy_count,
               " healthy, ", service.status.pending_count, " pending, desired are ", desired);
  }
  if (service.status.observed_generation != service.metadata.generation) return name + "the status is of old";
  if (service.status.deployments.size() != 1) {
    return str(name, service.status.deployments.size(), " deployments");
  }
  if (service.status.deployments.front().rollout_state != RolloutState::completed) {
    return name + "the deployment is not completed";
  }
  if (!is_true(service.status.conditions, "Ready")) return name + "is not Ready";
  return {};
}

std::string unsettled_task(const State& state, const Task& task) {
  const std::string name = str("task ", task.metadata.name, ": ");
  if (task.metadata.deleting()) return name + "is still being deleted";
  if (is_stopped(task)) return {};
  if (is_lost(task)) return name + "is lost";
  if (wants_stop(task)) return name + "does not stop";
  if (task.status.last_status != LastStatus::running) return name + "does not run";
  const OwnerReference* owner = controller_of(task.metadata);
  if (owner == nullptr) return {};
  const Kind* kind = find_kind(owner->api_version, owner->kind);
  const ObjectPtr found = kind == nullptr ? nullptr : state.find(*kind, task.metadata.ns, owner->name);
  if (found == nullptr || found->metadata.uid != owner->uid) return name + "has outlived its owner";
  return {};
}

std::string stop_of(const State& state, const std::string& uid) {
  for (const auto& task : state.list<Task>()) {
    if (task->metadata.uid != uid) continue;
    return str(" at ", format_time(task->status.stopped_at), ": ", task->status.stopped_reason, " (",
               task->metadata.name, ", made at ", format_time(task->metadata.creation_timestamp), ")");
  }
  return {};
}

std::string unsettled_host(const State& state, const Host& host) {
  const std::string name = str("host ", host.name(), ": ");
  const auto instance = state.get<ContainerInstance>({}, host.name());
  if (instance == nullptr) return name + "has no container instance";
  if (instance->status.connection != Connection::connected) return name + "is not Connected";
  const agent::AgentStats stats = host.agent() == nullptr ? agent::AgentStats{} : host.agent()->stats();
  if (!stats.synced || !stats.engine_up) return name + "its agent is not in sync";
  std::set<std::string> wanted, known;
  for (const auto& task : state.list<Task>(Index::instance, host.name())) {
    known.insert(task->metadata.uid);
    if (!is_stopped(*task)) wanted.insert(task->metadata.uid);
  }
  std::set<std::string> running;
  for (const drivers::ContainerState& container : host.engine().containers()) {
    const std::string uid = task_uid_of(container);
    if (known.count(uid) == 0) return str(name, "container ", container.name, " belongs to no task");
    if (container.phase == drivers::ContainerPhase::running) running.insert(uid);
  }
  for (const std::string& uid : running) {
    if (wanted.count(uid) == 0) return str(name, "task ", uid, " runs though it has stopped", stop_of(state, uid));
  }
  for (const std::string& uid : wanted) {
    if (running.count(uid) == 0) return str(name, "no container of task ", uid, " runs");
  }
  return {};
}

}  // namespace

World::World(std::uint64_t seed, std::int64_t host_count, const std::string& folder, const Sabotage& sabotage)
    : seeds_(seed),
      events_(queue_, 0, Duration::zero()),
      checkers([this](const std::string& instance) -> const drivers::SimulatedEngine* {
        const Host* found = host(instance);
        return found == nullptr ? nullptr : &found->engine();
      }),
      network(queue_, seeds_.next()),
      disk(store::make_memory_disk()),
      server(queue_, network, checkers, disk, seeds_.next(), sabotage) {
  for (std::int64_t i = 1; i <= host_count; ++i) {
    hosts.push_back(std::make_unique<Host>(
        queue_, network, str("host-", i), seeds_.next(), folder.empty() ? folder : str(folder, "/host-", i),
        [this](const std::string& instance, const std::string& name) { checkers.container_started(instance, name); }));
  }
  server.boot();
  for (const auto& each : hosts) each->start_agent();
}

World::~World() {
  // Agents say goodbye to a network that is still there.
  hosts.clear();
}

Host* World::host(const std::string& instance) const {
  for (const auto& each : hosts) {
    if (each->name() == instance) return each.get();
  }
  return nullptr;
}

void World::run_for(Duration time) {
  const Duration end = queue_.now() + time;
  while (!failed()) {
    const auto next = queue_.next();
    if (!next || *next > end) break;
    queue_.step();
    checkers.drain();
    if (server.crash_due()) server.crash(Ending::power_lost);
  }
  if (!failed()) queue_.advance_to(end);
}

void World::after(Duration delay, std::function<void()> action) {
  events_.after(delay, std::move(action));
}

void World::note(const std::string& text) {
  const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(queue_.now()).count();
  const std::string digits = std::to_string(ms % 1000);
  std::string line = str(ms / 1000, ".", std::string(3 - digits.size(), '0'), digits, " ", text);
  notes_hash_ = stable_hash(line, notes_hash_);
  if (on_note_) on_note_(line);
  notes_.push_back(std::move(line));
  if (notes_.size() > kept_notes) notes_.pop_front();
}

void World::note_state() {
  if (!on_note_ || !server.ready()) return;
  for (const Kind& kind : all_kinds()) {
    if (&kind == &kind_of<Event>()) continue;
    server.state().each(kind, {}, [this](const ObjectPtr& object) {
      on_note_(encode_object(*object));
      return true;
    });
  }
}

std::uint64_t World::hash() const {
  return stable_hash(str(notes_hash_, "/", checkers.hash(), "/", queue_.steps()));
}

std::string World::unsettled() const {
  if (!server.ready()) return "the server does not serve";
  const State state = server.state();
  const auto instances = state.list<ContainerInstance>();
  for (const auto& service : state.list<Service>()) {
    if (std::string why = unsettled_service(state, *service, instances.size()); !why.empty()) return why;
  }
  for (const auto& run : state.list<TaskRun>()) {
    if (run->metadata.deleting() || !is_set(run->status.completed_at)) {
      return str("run ", run->metadata.name, ": has not ended");
    }
  }
  for (const auto& task : state.list<Task>()) {
    if (std::string why = unsettled_task(state, *task); !why.empty()) return why;
  }
  for (const auto& each : hosts) {
    if (std::string why = unsettled_host(state, *each); !why.empty()) return why;
  }
  return {};
}

}  // namespace muster::simulation
