#include <algorithm>
#include <iterator>
#include <utility>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/types/service.h"
#include "controllers/base/naming.h"
#include "controllers/scheduler/model.h"
#include "controllers/scheduler/scheduler.h"

namespace muster {
namespace scheduler {
namespace {

// Leaves room for a task's two writes and a note.
constexpr std::size_t actions_most = limits::batch_objects - 24;
constexpr std::uint64_t visits_most = 1'000'000;  // instances read one by one in one plan
constexpr std::size_t share_least = 8;            // tasks of one demand in a row, so that few orders are built a plan

void set_placed(Task& task, std::string_view status, std::string_view reason, std::string message, Time now) {
  Condition condition;
  condition.type = "Placed";
  condition.status = std::string(status);
  condition.observed_generation = task.metadata.generation;
  condition.reason = std::string(reason);
  condition.message = std::move(message);
  set_condition(task.status.conditions, std::move(condition), now);
}

// The binding and PENDING in one batch. Both actions carry the same object, at the resourceVersion that was read: of
// the first write spec and metadata are taken, of the second the status. Admission bases a second write of an object
// inside one batch on the first.
void bind(const Task& task, const std::string& instance, const Context& context, Plan& plan) {
  auto bound = std::make_shared<Task>(task);
  bound->spec.container_instance = instance;
  auto& held = bound->metadata.finalizers;
  if (std::find(held.begin(), held.end(), finalizers::containers) == held.end())
    held.emplace_back(finalizers::containers);
  bound->status.last_status = LastStatus::pending;
  bound->status.created_at = context.now;
  set_placed(*bound, "True", "Placed", str("placed on ", instance), context.now);
  plan.actions.emplace_back(Update{bound});
  plan.actions.emplace_back(UpdateStatus{std::move(bound)});
}

void withdraw(const Task& task, const Context& context, Plan& plan) {
  auto stopped = std::make_shared<Task>(task);
  auto& status = stopped->status;
  status.last_status = LastStatus::stopped;
  status.stop_code = task.spec.stop_code == StopCode::none ? StopCode::user_initiated : task.spec.stop_code;
  status.stopped_reason = !task.spec.stopped_reason.empty() ? task.spec.stopped_reason
                          : wants_stop(task)                ? "Task stopped before it was placed"
                                                            : "Task deleted before it was placed";
  status.stopped_at = context.now;
  plan.actions.emplace_back(UpdateStatus{std::move(stopped)});
}

// One plan of one cluster.
class Round {
 public:
  Round(const State& state, Pool& pool, const Context& context) : state_(state), pool_(pool), context_(context) {}

  Plan run() {
    pool_.drop_assumptions();
    for (const auto& task : pool_.withdrawn()) {
      if (full()) break;
      withdraw(*task, context_, plan_);
    }
    pool_.tell_due(context_.now);
    serve_all();
    if (const Time next = pool_.tell_due(context_.now); is_set(next)) plan_.look_again(next - context_.now);
    pool_.trim();
    return std::move(plan_);
  }

 private:
  struct Turn {
    Demand* demand;
    Tasks::iterator next;
  };
  bool full() const { return plan_.actions.size() >= actions_most || pool_.visits() - visits_before_ > visits_most; }

  // Every demand gets its share, beginning at another one each time; then whoever has more gets what is left.
  void serve_all() {
    std::vector<Turn> turns;
    for (Demand* demand : pool_.ready()) turns.push_back(Turn{demand, demand->waiting.begin()});
    if (turns.empty()) return;
    const auto offset = static_cast<std::ptrdiff_t>(context_.seed % turns.size());
    std::rotate(turns.begin(), turns.begin() + offset, turns.end());
    const std::size_t share = std::max(share_least, actions_most / 2 / turns.size());
    for (auto& turn : turns) serve(turn, share);
    for (auto& turn : turns) serve(turn, actions_most);
    // What is left comes with the next plan: by the changes of this one, or at once if it makes none.
    if (plan_.actions.empty() && pool_.has_work()) plan_.look_again(Duration::zero());
  }

  void serve(Turn& turn, std::size_t share) {
    Demand& demand = *turn.demand;
    for (std::size_t i = 0; i < share && turn.next != demand.waiting.end() && !full(); ++i) {
      const TaskPtr task = *turn.next++;
      if (!demand.refused && place(demand, *task)) continue;
      refuse(demand, task);
    }
  }

  bool place(Demand& demand, const Task& task) {
    const std::uint64_t draw = demand.requirement.ranking.random ? stable_hash(task.metadata.uid, context_.seed) : 0;
    const HostId host = pool_.best(demand, draw);
    if (host == Hosts::npos) {
      pool_.refuse(demand, context_.now);
      return false;
    }
    const std::string& name = pool_.hosts()[host].name;
    bind(task, name, context_, plan_);
    pool_.assume(task, Hold{name, demand.requirement.group, demand.requirement.need, true});
    return true;
  }

  void refuse(Demand& demand, const TaskPtr& task) {
    const std::string& message = demand.refusal.message;
    const Condition* known = refusal_of(*task);
    if (known != nullptr && known->message == message) {
      pool_.told(demand, task);
      return;
    }
    auto refused = std::make_shared<Task>(*task);
    set_placed(*refused, "False", demand.requirement.problem.empty() ? "Unplaceable" : "Unresolved", message,
               context_.now);
    plan_.actions.emplace_back(UpdateStatus{std::move(refused)});
    note(demand, task);
  }

  // A service hears it once, other tasks each for themselves.
  void note(Demand& demand, const TaskPtr& task) {
    const std::string& message = demand.refusal.message;
    if (demand.requirement.service.empty()) {
      plan_.actions.emplace_back(Note{task, NoteType::warning, "FailedPlacement", message});
      return;
    }
    if (demand.noted == message) return;
    demand.noted = message;
    ObjectPtr regarding = state_.get<Service>(task->metadata.ns, demand.requirement.service);
    if (regarding == nullptr) regarding = task;
    const std::string reason =
        demand.refusal.instances == 0 ? "No Container Instances were found in your cluster." : str(message, ".");
    plan_.actions.emplace_back(Note{std::move(regarding), NoteType::warning, "FailedPlacement",
                                    str("(service ", demand.requirement.service,
                                        ") was unable to place a task because no container instance met all of its "
                                        "requirements. Reason: ",
                                        reason)});
  }

  const State& state_;
  Pool& pool_;
  const Context& context_;
  const std::uint64_t visits_before_ = pool_.visits();
  Plan plan_;
};

class Scheduler final : public Controller {
 public:
  std::string_view name() const override { return "scheduler"; }

  void start(const State& state, Keys& keys) override {
    model_.build(state);
    for (const auto& cluster : model_.with_work()) keys.insert(key_of_cluster(cluster));
  }

  void observe(const Change& change, const State& after, Keys& keys) override {
    for (const auto& cluster : model_.observe(change, after)) keys.insert(key_of_cluster(cluster));
  }

  Plan plan(const State& state, const Key& key, const Context& context) override {
    Pool* pool = model_.find(key.name);
    return pool != nullptr ? Round(state, *pool, context).run() : Plan{};
  }

 private:
  static Key key_of_cluster(const std::string& cluster) { return Key{&kind_of<Cluster>(), {}, cluster}; }

  Model model_;
};

}  // namespace
}  // namespace scheduler

std::unique_ptr<Controller> make_scheduler() {
  return std::make_unique<scheduler::Scheduler>();
}

}  // namespace muster
