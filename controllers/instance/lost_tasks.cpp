#include "controllers/instance/lost_tasks.h"

#include <memory>
#include <utility>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "controllers/base/health.h"

namespace muster::instance {
namespace {

// Leaves room for the instance's own status and its events.
constexpr std::size_t slice = 1'000;

bool can_be_lost(const Task& task) {
  return !is_stopped(task) && !is_lost(task);
}

// Calls for each task bound to the instance that fits, at most a slice of them.
template <class Fits, class Call>
void each_task(const State& state, const std::string& instance, const Fits& fits, const Call& call) {
  std::size_t count = 0;
  state.each(Index::instance, instance, [&](const ObjectPtr& object) {
    const Task* task = as<Task>(object.get());
    if (task == nullptr || !fits(*task)) return true;
    call(*task);
    return ++count < slice;
  });
}

void set_lost(Task& task, std::string_view status, std::string_view reason, std::string message, Time now) {
  Condition condition;
  condition.type = "Lost";
  condition.status = std::string(status);
  condition.observed_generation = task.metadata.generation;
  condition.reason = std::string(reason);
  condition.message = std::move(message);
  set_condition(task.status.conditions, std::move(condition), now);
}

}  // namespace

bool has_tasks_to_lose(const State& state, const std::string& instance) {
  bool found = false;
  state.each(Index::instance, instance, [&](const ObjectPtr& object) {
    const Task* task = as<Task>(object.get());
    found = task != nullptr && can_be_lost(*task);
    return !found;
  });
  return found;
}

void mark_lost(const State& state, const std::string& instance, const Judgement& judgement, const Context& context,
               Plan& out) {
  const std::string message =
      str("container instance ", instance, " is lost: not connected since ", format_time(judgement.silent_since));
  each_task(state, instance, can_be_lost, [&](const Task& task) {
    auto lost = std::make_shared<Task>(task);
    set_lost(*lost, "True", "InstanceLost", message, context.now);
    out.actions.emplace_back(UpdateStatus{std::move(lost)});
  });
}

void mark_found(const State& state, const std::string& instance, const Context& context, Plan& out) {
  each_task(
      state, instance, [](const Task& task) { return is_lost(task); },
      [&](const Task& task) {
        auto found = std::make_shared<Task>(task);
        set_lost(*found, "False", "InstanceReturned", str("container instance ", instance, " has returned"),
                 context.now);
        out.actions.emplace_back(UpdateStatus{std::move(found)});
      });
}

void stop_tasks_of_deleted(const State& state, const std::string& instance, const Context& context, Plan& out) {
  each_task(
      state, instance, [](const Task& task) { return !is_stopped(task); },
      [&](const Task& task) {
        auto stopped = std::make_shared<Task>(task);
        auto& status = stopped->status;
        status.last_status = LastStatus::stopped;
        status.stop_code = task.spec.stop_code == StopCode::none ? StopCode::user_initiated : task.spec.stop_code;
        status.stopped_reason = str("Container instance ", instance, " was deregistered");
        status.stopped_at = context.now;
        out.actions.emplace_back(UpdateStatus{std::move(stopped)});
      });
}

Losses losses_of(const State& state, const Cluster& cluster, Time now) {
  Losses out;
  out.braking = is_true(cluster.status.conditions, mass_loss);
  state.each(Index::cluster, cluster.metadata.name, [&](const ObjectPtr& object) {
    const auto* instance = as<ContainerInstance>(object.get());
    if (instance == nullptr) return true;
    ++out.instances;
    const Judgement judgement = judge(*instance, cluster.spec.lost_after, now);
    if (judgement.connection == Connection::suspect) ++out.suspects;
    if (judgement.connection != Connection::lost) return true;
    LostInstance lost;
    lost.name = instance->metadata.name;
    lost.lost_at = judgement.since;
    const Condition* released = find_condition(instance->status.conditions, tasks_lost);
    if (released != nullptr && released->status == "True") lost.released_at = released->last_transition_time;
    lost.has_tasks = !is_set(lost.released_at) && has_tasks_to_lose(state, lost.name);
    out.lost.push_back(std::move(lost));
    return true;
  });
  return out;
}

}  // namespace muster::instance
