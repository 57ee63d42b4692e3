#include "runtime/simulation/user.h"

#include <algorithm>
#include <array>
#include <utility>

#include "api/base/base64.h"
#include "api/base/text.h"
#include "api/types/cluster.h"
#include "api/types/configuration.h"
#include "api/types/service.h"
#include "api/types/task_definition.h"
#include "api/types/task_run.h"
#include "controllers/base/naming.h"
#include "runtime/simulation/draw.h"

namespace muster::simulation {
namespace {

constexpr std::array<std::string_view, 4> names = {"web", "api", "cache", "edge"};
constexpr std::int32_t host_port = 8080;
constexpr std::string_view secret_name = "shared";
constexpr std::string_view dies_young = "MUSTER_SIM_RUN_FOR";  // the variable that ends a container by itself

bool has_host_port(std::string_view name) {
  return name == "edge";
}

// With these percentages a rollout of so many tasks can neither start nor stop one.
bool deadlocks(std::int32_t desired, const DeploymentConfiguration& configuration) {
  const std::int64_t lower = (std::int64_t{desired} * configuration.minimum_healthy_percent + 99) / 100;
  const std::int64_t upper = std::int64_t{desired} * configuration.maximum_percent / 100;
  return desired > 0 && lower >= desired && upper <= desired;
}

DeploymentConfiguration draw_percentages(Random& random, std::int32_t desired) {
  constexpr std::array<std::pair<std::int32_t, std::int32_t>, 6> choices = {
      {{100, 200}, {50, 200}, {50, 100}, {0, 100}, {75, 150}, {66, 134}}};
  DeploymentConfiguration out;
  const auto choice = choices[static_cast<std::size_t>(draw_number(random, 0, choices.size() - 1))];
  out.minimum_healthy_percent = choice.first;
  out.maximum_percent = choice.second;
  if (draw_chance(random, 20)) out.minimum_healthy_time = std::chrono::seconds(2);
  if (deadlocks(desired, out)) {
    out.minimum_healthy_percent = 100;
    out.maximum_percent = 200;
  }
  return out;
}

template <class T>
std::shared_ptr<const T> draw_one(Random& random, const std::vector<std::shared_ptr<const T>>& list) {
  if (list.empty()) return nullptr;
  return list[static_cast<std::size_t>(draw_number(random, 0, static_cast<std::int64_t>(list.size()) - 1))];
}

std::vector<std::shared_ptr<const Service>> live_services(const State& state) {
  std::vector<std::shared_ptr<const Service>> out;
  for (auto& each : state.list<Service>()) {
    if (!each->metadata.deleting()) out.push_back(std::move(each));
  }
  return out;
}

TaskDefinition definition(Random& random, const std::string& name, int version) {
  auto out = make<TaskDefinition>();
  out.metadata.ns = "default";
  out.metadata.name = name;
  ContainerDefinition main;
  main.name = "main";
  main.image = str(name, ":v", version);
  main.cpu = static_cast<std::int32_t>(draw_number(random, 1, 4) * 32);
  main.memory = static_cast<std::int32_t>(draw_number(random, 1, 4) * 32);
  main.stop_timeout = static_cast<std::int32_t>(draw_number(random, 2, 5));
  if (draw_chance(random, 15)) main.environment.push_back({"MUSTER_SIM_IGNORE_SIGTERM", "true"});
  if (has_host_port(name)) main.port_mappings.push_back(PortMapping{80, host_port, Protocol::tcp, {}, {}});
  if (draw_chance(random, 35)) {
    main.health_check = HealthCheck{{"CMD", "true"}, 5, 2, 2, 0};
    main.environment.push_back({"MUSTER_SIM_HEALTHY_AFTER", str(draw_number(random, 1, 3000), "ms")});
  }
  if (draw_chance(random, 25)) {
    ContainerDefinition beside;
    beside.name = "beside";
    beside.image = "beside:v1";
    beside.essential = draw_chance(random, 50);
    beside.memory = 16;
    main.depends_on.push_back(ContainerDependency{"beside", DependencyCondition::start});
    out.spec.container_definitions.push_back(std::move(beside));
  }
  if (draw_chance(random, 30)) main.secrets.push_back({"TOKEN", str(secret_name, ":token")});
  out.spec.container_definitions.push_back(std::move(main));
  return out;
}

// Every one of its tasks ends soon after it has begun to run.
TaskDefinition bad(TaskDefinition definition) {
  definition.spec.container_definitions.back().environment.push_back({std::string(dies_young), "700ms"});
  return definition;
}

bool is_bad(const TaskDefinition& definition) {
  const auto& variables = definition.spec.container_definitions.back().environment;
  return std::ranges::any_of(variables, [](const KeyValuePair& each) { return each.name == dies_young; });
}

// Steps that end by themselves, or that somebody must end.
void draw_strategy(Random& random, DeploymentConfiguration& configuration) {
  switch (draw_number(random, 0, 2)) {
    case 0: return;
    case 1: configuration.strategy = DeploymentStrategy::canary; break;
    default: configuration.strategy = DeploymentStrategy::linear; break;
  }
  configuration.canary_configuration = CanaryConfiguration{static_cast<std::int32_t>(draw_number(random, 1, 60)), 0};
  configuration.linear_configuration = LinearConfiguration{static_cast<std::int32_t>(draw_number(random, 10, 60)), 0};
  configuration.pause_after_step = draw_chance(random, 50);
}

// The one Secret of the world, there from before the first definition that refers to it.
Write create_secret() {
  Secret secret = make<Secret>();
  secret.metadata.ns = "default";
  secret.metadata.name = secret_name;
  secret.data["token"] = encode_base64("token");
  return create(share(std::move(secret)));
}

// Creates the definition, or replaces its spec.
Write define(const State& state, TaskDefinition wanted) {
  const auto stored = state.get<TaskDefinition>("default", wanted.metadata.name);
  if (stored == nullptr) return create(share(std::move(wanted)));
  TaskDefinition next = *stored;
  next.spec = wanted.spec;
  return update(share(std::move(next)));
}

}  // namespace

User::User(std::uint64_t seed, std::int64_t hosts, Forgetful agents, Commit commit)
    : random_(seed),
      hosts_(hosts),
      agents_(agents),
      commit_(std::move(commit)),
      weights_(draw_swarm(random_, 10)),
      breaker_random_(seed + 1),
      breakers_(draw_chance(breaker_random_, 30)),
      hold_random_(seed + 2),
      holds_(draw_chance(hold_random_, 30)) {}

std::string User::begin(const State& state) {
  std::string out;
  const std::int64_t count = draw_number(random_, 2, 3);
  for (std::int64_t i = 0; i < count; ++i) {
    if (const std::string done = create_service(state); !done.empty()) out += str(out.empty() ? "" : "; ", done);
  }
  return out;
}

std::string User::act(const State& state) {
  if (holds_ && draw_chance(hold_random_, 20)) return hold(state);
  switch (draw_weighted(random_, weights_)) {
    case 0: return create_service(state);
    case 1: return scale(state);
    case 2: return change_image(state);
    case 3: return change_percentages(state);
    case 4: return restart(state);
    case 5: return delete_service(state);
    case 6: return run_task(state);
    case 7: return stop_task(state);
    case 8: return drain(state);
    default: return delete_lost_instance(state);
  }
}

void User::undo(const State& state) {
  for (const auto& service : live_services(state)) {
    const bool stepwise = service->spec.deployment_configuration.strategy.has_value();
    if (!service->spec.paused && !stepwise) continue;
    Service next = *service;
    next.spec.paused = false;
    next.spec.deployment_configuration.strategy.reset();
    commit_({update(share(std::move(next)))});
  }
  for (const auto& instance : state.list<ContainerInstance>()) {
    if (instance->spec.status == InstanceState::active) continue;
    ContainerInstance next = *instance;
    next.spec.status = InstanceState::active;
    commit_({update(share(std::move(next)))});
  }
  for (const auto& service : live_services(state)) {
    const std::string& name = service->metadata.name;
    const auto newest = state.get<TaskDefinition>("default", name);
    if (newest == nullptr) continue;
    // Faults may have made a good one fail too often.
    const Condition* stalled = find_condition(service->status.conditions, "Stalled");
    const bool given_up =
        stalled != nullptr && (stalled->reason == "RolledBack" || stalled->reason == "DeploymentFailed");
    if (given_up || is_bad(*newest)) commit_({define(state, definition(random_, name, ++versions_))});
  }
}

std::string User::create_service(const State& state) {
  const std::string name(names[static_cast<std::size_t>(draw_number(random_, 0, names.size() - 1))]);
  if (state.get<Service>("default", name) != nullptr) return {};
  auto service = make<Service>();
  service.metadata.ns = "default";
  service.metadata.name = name;
  service.spec.task_definition = name;
  if (name == "cache" && draw_chance(random_, 50)) {
    service.spec.scheduling_strategy = SchedulingStrategy::daemon;
  } else {
    service.spec.desired_count =
        static_cast<std::int32_t>(draw_number(random_, 1, has_host_port(name) ? hosts_ - 1 : 6));
    service.spec.deployment_configuration = draw_percentages(random_, service.spec.desired_count);
    if (breakers_) {
      DeploymentCircuitBreaker& breaker = service.spec.deployment_configuration.deployment_circuit_breaker;
      breaker.enable = true;
      breaker.rollback = draw_chance(breaker_random_, 80);
    }
    if (holds_ && draw_chance(hold_random_, 50)) {
      service.spec.deployment_configuration.progress_deadline = std::chrono::seconds(draw_number(hold_random_, 10, 60));
    }
    if (holds_) draw_strategy(hold_random_, service.spec.deployment_configuration);
    if (draw_chance(random_, 30)) service.spec.placement_strategy.push_back({StrategyType::binpack, "memory"});
    if (draw_chance(random_, 30)) service.spec.placement_strategy.push_back({StrategyType::spread, "instanceId"});
  }
  std::string text = str("create service ", name, " of ", service.spec.desired_count, ", ",
                         service.spec.deployment_configuration.minimum_healthy_percent, "/",
                         service.spec.deployment_configuration.maximum_percent, " %");
  std::vector<Write> writes;
  if (state.get<Secret>("default", secret_name) == nullptr) writes.push_back(create_secret());
  writes.push_back(define(state, definition(random_, name, ++versions_)));
  writes.push_back(create(share(std::move(service))));
  commit_(std::move(writes));
  return text;
}

std::string User::scale(const State& state) {
  const auto service = draw_one(random_, live_services(state));
  if (service == nullptr || service->spec.scheduling_strategy == SchedulingStrategy::daemon) return {};
  Service next = *service;
  next.spec.desired_count =
      static_cast<std::int32_t>(draw_number(random_, 0, has_host_port(service->metadata.name) ? hosts_ - 1 : 8));
  if (deadlocks(next.spec.desired_count, next.spec.deployment_configuration)) return {};
  std::string text = str("scale ", next.metadata.name, " to ", next.spec.desired_count);
  commit_({update(share(std::move(next)))});
  return text;
}

std::string User::change_image(const State& state) {
  const auto service = draw_one(random_, live_services(state));
  if (service == nullptr) return {};
  TaskDefinition next = definition(random_, service->metadata.name, ++versions_);
  const bool fails = breakers_ && draw_chance(breaker_random_, 50);
  commit_({define(state, fails ? bad(std::move(next)) : std::move(next))});
  return str("new ", fails ? "bad " : "", "revision of ", service->metadata.name);
}

std::string User::change_percentages(const State& state) {
  const auto service = draw_one(random_, live_services(state));
  if (service == nullptr || service->spec.scheduling_strategy == SchedulingStrategy::daemon) return {};
  Service next = *service;
  const DeploymentConfiguration before = next.spec.deployment_configuration;
  const DeploymentConfiguration drawn = draw_percentages(random_, next.spec.desired_count);
  next.spec.deployment_configuration = before;
  next.spec.deployment_configuration.minimum_healthy_percent = drawn.minimum_healthy_percent;
  next.spec.deployment_configuration.maximum_percent = drawn.maximum_percent;
  next.spec.deployment_configuration.minimum_healthy_time = drawn.minimum_healthy_time;
  std::string text =
      str("percentages of ", next.metadata.name, ": ", next.spec.deployment_configuration.minimum_healthy_percent, "/",
          next.spec.deployment_configuration.maximum_percent);
  commit_({update(share(std::move(next)))});
  return text;
}

std::string User::restart(const State& state) {
  const auto service = draw_one(random_, live_services(state));
  if (service == nullptr) return {};
  Service next = *service;
  next.metadata.annotations[std::string(labels::restarted_at)] = str("restart-", ++versions_);
  commit_({update(share(std::move(next)))});
  return str("restart ", service->metadata.name);
}

std::string User::delete_service(const State& state) {
  const auto service = draw_one(random_, live_services(state));
  if (service == nullptr) return {};
  Write write;
  write.verb = Verb::remove;
  write.key = key_of(*service);
  write.propagation = draw_chance(random_, 30) ? Propagation::foreground : Propagation::background;
  commit_({std::move(write)});
  return str("delete service ", service->metadata.name);
}

std::string User::run_task(const State& state) {
  auto job = make<TaskDefinition>();
  job.metadata.ns = "default";
  job.metadata.name = "job";
  ContainerDefinition main;
  main.name = "main";
  main.image = "job:v1";
  main.memory = 64;
  main.environment.push_back({"MUSTER_SIM_RUN_FOR", str(draw_number(random_, 50, 5000), "ms")});
  main.environment.push_back({"MUSTER_SIM_EXIT_CODE", draw_chance(random_, 25) ? "3" : "0"});
  job.spec.container_definitions.push_back(std::move(main));
  auto run = make<TaskRun>();
  run.metadata.ns = "default";
  run.metadata.name = str("run-", ++runs_);
  run.spec.task_definition = "job";
  run.spec.count = static_cast<std::int32_t>(draw_number(random_, 1, 3));
  run.spec.retries = static_cast<std::int32_t>(draw_number(random_, 0, 3));
  if (draw_chance(random_, 30)) run.spec.time_to_live = std::chrono::seconds(10);
  std::string text = str("run ", run.spec.count, " tasks: ", run.metadata.name);
  commit_({define(state, std::move(job)), create(share(std::move(run)))});
  return text;
}

std::string User::stop_task(const State& state) {
  std::vector<std::shared_ptr<const Task>> live;
  for (auto& task : state.list<Task>()) {
    if (!is_stopped(*task) && !wants_stop(*task)) live.push_back(std::move(task));
  }
  const auto task = draw_one(random_, live);
  if (task == nullptr) return {};
  if (draw_chance(random_, 30)) {
    Write write;
    write.verb = Verb::remove;
    write.key = key_of(*task);
    commit_({std::move(write)});
    return str("delete task ", task->metadata.name);
  }
  Task next = *task;
  next.spec.desired_status = DesiredStatus::stopped;
  next.spec.stop_code = StopCode::user_initiated;
  next.spec.stopped_reason = "Task stopped by the user";
  commit_({update(share(std::move(next)))});
  return str("stop task ", task->metadata.name);
}

std::string User::drain(const State& state) {
  const auto instance = draw_one(random_, state.list<ContainerInstance>());
  if (instance == nullptr) return {};
  ContainerInstance next = *instance;
  const bool active = next.spec.status == InstanceState::active;
  next.spec.status = active ? InstanceState::draining : InstanceState::active;
  commit_({update(share(std::move(next)))});
  return str(active ? "drain " : "activate ", instance->metadata.name);
}

std::string User::hold(const State& state) {
  const auto service = draw_one(hold_random_, live_services(state));
  if (service == nullptr) return {};
  Service next = *service;
  const auto& deployments = service->status.deployments;
  const bool rolling = !deployments.empty() && deployments.front().rollout_state == RolloutState::in_progress;
  std::string text;
  const auto set = rolling ? state.get<TaskSet>("default", deployments.front().task_set) : nullptr;
  if (set != nullptr && next.spec.deployment_configuration.strategy && draw_chance(hold_random_, 60)) {
    const std::int32_t step = set->status.step + 1;
    next.metadata.annotations[std::string(labels::promote)] = str(deployments.front().id, '/', step);
    text = str("promote ", next.metadata.name, " after step ", step);
  } else if (rolling && draw_chance(hold_random_, 40)) {
    next.metadata.annotations[std::string(labels::abort)] = deployments.front().id;
    text = str("abort the rollout of ", next.metadata.name);
  } else {
    next.spec.paused = !next.spec.paused;
    text = str(next.spec.paused ? "pause " : "resume ", next.metadata.name);
  }
  commit_({update(share(std::move(next)))});
  return text;
}

std::string User::delete_lost_instance(const State& state) {
  if (agents_ == Forgetful::yes) return {};
  for (const auto& instance : state.list<ContainerInstance>()) {
    if (instance->status.connection != Connection::lost) continue;
    Write write;
    write.verb = Verb::remove;
    write.key = key_of(*instance);
    commit_({std::move(write)});
    return str("delete the lost instance ", instance->metadata.name);
  }
  return {};
}

}  // namespace muster::simulation
