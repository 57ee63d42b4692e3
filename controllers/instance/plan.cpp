#include <algorithm>
#include <utility>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "controllers/instance/brake.h"
#include "controllers/instance/instance.h"
#include "controllers/instance/liveness.h"
#include "controllers/instance/lost_tasks.h"
#include "controllers/instance/tally.h"

namespace muster {
namespace instance {
namespace {

Key key_of_instance(std::string name) {
  return Key{&kind_of<ContainerInstance>(), {}, std::move(name)};
}
Key key_of_cluster(std::string name) {
  return Key{&kind_of<Cluster>(), {}, std::move(name)};
}

// What users are told about a change of the verdict; an empty reason: nothing.
Note transition_note(const ObjectPtr& regarding, const ContainerInstance& before, const Judgement& judgement,
                     const std::string& message) {
  Note note;
  note.regarding = regarding;
  note.message = message;
  const Connection was = before.status.connection;
  const bool first = find_condition(before.status.conditions, "Ready") == nullptr;
  switch (judgement.connection) {
    case Connection::connected:
      note.reason = first || was == Connection::returning || was == Connection::connected ? "Connected" : "Returned";
      break;
    case Connection::returning:
      if (!first && was != Connection::connected) note.reason = "Returned";
      break;
    case Connection::away: note.reason = "Away"; break;
    case Connection::suspect:
    case Connection::lost:
      note.reason = std::string(connection_name(judgement.connection));
      note.type = NoteType::warning;
      break;
  }
  return note;
}

class InstanceController final : public Controller {
 public:
  std::string_view name() const override { return "instance"; }

  void start(const State& state, Keys& keys) override {
    tallies_ = Tallies();
    instances_.clear();
    clusters_.clear();
    const auto fold = [&](const ObjectPtr& object) {
      tallies_.observe(Change{nullptr, object});
      return true;
    };
    state.each(kind_of<Service>(), {}, fold);
    state.each(kind_of<ContainerInstance>(), {}, [&](const ObjectPtr& object) {
      instances_[object->metadata.name].soil();
      keys.insert(key_of(*object));
      return fold(object);
    });
    state.each(kind_of<Cluster>(), {}, [&](const ObjectPtr& object) {
      clusters_[object->metadata.name].soil();
      keys.insert(key_of(*object));
      return true;
    });
    state.each(kind_of<Task>(), {}, [&](const ObjectPtr& object) {
      const auto& bound_to = as<Task>(object.get())->spec.container_instance;
      // Left over by an instance that was deleted while nobody looked.
      if (!bound_to.empty() && instances_.count(bound_to) == 0) keys.insert(key_of_instance(bound_to));
      return fold(object);
    });
  }

  void observe(const Change& change, const State& after, Keys& keys) override {
    for (const auto& cluster : tallies_.observe(change)) {
      if (clusters_[cluster].soil()) keys.insert(key_of_cluster(cluster));
    }
    const Object& object = change.object();
    if (object.kind == &kind_of<Task>()) {
      observe_task(as<Task>(change.before.get()), as<Task>(change.after.get()), after, keys);
    } else if (object.kind == &kind_of<ContainerInstance>()) {
      observe_instance(change, keys);
    } else if (object.kind == &kind_of<Cluster>()) {
      observe_cluster(change, after, keys);
    }
  }

  Plan plan(const State& state, const Key& key, const Context& context) override {
    if (key.kind == &kind_of<Cluster>()) return plan_cluster(state, key.name, context);
    const auto instance = state.get<ContainerInstance>({}, key.name);
    if (instance != nullptr) return plan_instance(state, instance, context);
    instances_.erase(key.name);
    Plan out;
    stop_tasks_of_deleted(state, key.name, context, out);
    return out;
  }

 private:
  void observe_task(const Task* before, const Task* after, const State& state, Keys& keys) {
    const Task& task = after != nullptr ? *after : *before;
    const std::string& bound_to = task.spec.container_instance;
    if (bound_to.empty()) return;
    const bool same = before != nullptr && after != nullptr && before->spec.container_instance == bound_to &&
                      phase_of(*before) == phase_of(*after) && is_stopped(*before) == is_stopped(*after);
    const bool marked = before != nullptr && after != nullptr && is_lost(*before) != is_lost(*after);
    if (same && !marked) return;
    const auto instance = state.get<ContainerInstance>({}, bound_to);
    const bool away = instance == nullptr || instance->status.connection == Connection::lost;
    const bool soiled = instance != nullptr && instances_[bound_to].soil();
    if (soiled || away || marked) keys.insert(key_of_instance(bound_to));
  }

  void observe_instance(const Change& change, Keys& keys) {
    keys.insert(key_of(change.object()));
    if (change.after == nullptr) return;
    const auto* before = as<ContainerInstance>(change.before.get());
    const auto* after = as<ContainerInstance>(change.after.get());
    if (before == nullptr || before->status.registered_resources != after->status.registered_resources) {
      instances_[after->metadata.name].soil();
    }
    // The brake looks at all verdicts.
    if (before == nullptr || before->status.connection != after->status.connection) {
      keys.insert(key_of_cluster(after->spec.cluster));
    }
  }

  void observe_cluster(const Change& change, const State& after, Keys& keys) {
    const auto* before = as<Cluster>(change.before.get());
    const auto* now = as<Cluster>(change.after.get());
    if (now == nullptr) {
      clusters_.erase(before->metadata.name);
      return;
    }
    keys.insert(key_of(*now));
    if (before == nullptr) clusters_[now->metadata.name].soil();
    if (before != nullptr && before->spec.lost_after == now->spec.lost_after) return;
    after.each(Index::cluster, now->metadata.name, [&](const ObjectPtr& object) {
      keys.insert(key_of(*object));
      return true;
    });
  }

  Plan plan_instance(const State& state, const std::shared_ptr<const ContainerInstance>& instance,
                     const Context& context) {
    Plan out;
    const auto cluster = state.get<Cluster>({}, instance->spec.cluster);
    const Duration lost_after = cluster != nullptr ? cluster->spec.lost_after : ClusterSpec().lost_after;
    const Judgement judgement = judge(*instance, lost_after, context.now);
    if (judgement.until) out.look_again(*judgement.until - context.now);

    auto next = std::make_shared<ContainerInstance>(*instance);
    auto& status = next->status;
    status.connection = judgement.connection;
    status.observed_generation = instance->metadata.generation;
    const Condition* known = find_condition(instance->status.conditions, "Ready");
    const Condition ready = ready_condition(*instance, judgement);
    const bool turned = known == nullptr || known->reason != ready.reason || known->message != ready.message ||
                        instance->status.connection != judgement.connection;
    if (turned) set_condition(status.conditions, ready, context.now);
    if (known == nullptr || known->reason != ready.reason) {
      if (Note note = transition_note(instance, *instance, judgement, ready.message); !note.reason.empty()) {
        out.actions.emplace_back(std::move(note));
      }
    }
    mark_tasks(state, *instance, judgement, cluster.get(), *next, context, out);
    refresh_numbers(state, *instance, *next, context, out);
    if (!(status == instance->status)) out.actions.emplace_back(UpdateStatus{std::move(next)});
    return out;
  }

  // Declares the tasks of a lost instance lost when the brake lets it, and those of one that has returned found.
  void mark_tasks(const State& state, const ContainerInstance& instance, const Judgement& judgement,
                  const Cluster* cluster, ContainerInstance& next, const Context& context, Plan& out) {
    if (judgement.connection == Connection::connected) {
      remove_condition(next.status.conditions, tasks_lost);
      mark_found(state, instance.metadata.name, context, out);
      return;
    }
    if (judgement.connection != Connection::lost || !has_tasks_to_lose(state, instance.metadata.name)) return;
    if (!is_true(next.status.conditions, tasks_lost)) {
      const Duration wait = wait_of(state, instance, cluster, context);
      if (wait > Duration::zero()) {
        out.look_again(std::min(wait, release_interval));
        return;
      }
      Condition released;
      released.type = std::string(tasks_lost);
      released.status = "True";
      released.observed_generation = instance.metadata.generation;
      released.reason = "InstanceLost";
      released.message = "its tasks are declared lost and replaced";
      set_condition(next.status.conditions, std::move(released), context.now);
    }
    mark_lost(state, instance.metadata.name, judgement, context, out);
  }

  Duration wait_of(const State& state, const ContainerInstance& instance, const Cluster* cluster,
                   const Context& context) {
    if (cluster == nullptr || !brake_matters(*cluster)) return Duration::zero();
    return wait_for_release(losses_of(state, *cluster, context.now), instance.metadata.name, context.now);
  }

  // Few have vanished and nobody waits: no need to look at every instance.
  bool brake_matters(const Cluster& cluster) {
    return tallies_.of(cluster.metadata.name).vanished > 2 || is_true(cluster.status.conditions, mass_loss);
  }

  void refresh_numbers(const State& state, const ContainerInstance& instance, ContainerInstance& next,
                       const Context& context, Plan& out) {
    Refresh& refresh = instances_[instance.metadata.name];
    if (refresh.state() == Refresh::State::clean) return;
    // Counting reads all tasks of the instance: only when the outcome may be written.
    const Duration wait = refresh.wait(context.now, refresh_interval(tallies_.of(instance.spec.cluster).instances));
    const bool written_anyway = !(next.status == instance.status);
    if (wait > Duration::zero() && !written_anyway) return out.look_again(wait);
    ContainerInstance counted = next;
    fill_numbers(state, counted);
    if (counted.status == next.status) return refresh.clean();
    next.status = std::move(counted.status);
    refresh.written(context.now);
  }

  Plan plan_cluster(const State& state, const std::string& name, const Context& context) {
    Plan out;
    const auto cluster = state.get<Cluster>({}, name);
    if (cluster == nullptr) return out;
    auto next = std::make_shared<Cluster>(*cluster);
    next->status.observed_generation = cluster->metadata.generation;
    watch_losses(state, cluster, *next, context, out);
    refresh_cluster(*cluster, *next, context, out);
    if (!(next->status == cluster->status)) out.actions.emplace_back(UpdateStatus{std::move(next)});
    return out;
  }

  void watch_losses(const State& state, const std::shared_ptr<const Cluster>& cluster, Cluster& next,
                    const Context& context, Plan& out) {
    if (!brake_matters(*cluster)) return;
    const Losses losses = losses_of(state, *cluster, context.now);
    const bool engaged = brake_engaged(losses, context.now);
    if (engaged) out.look_again(release_interval);
    if (engaged == losses.braking) return;
    Condition condition;
    condition.type = std::string(mass_loss);
    condition.status = engaged ? "True" : "False";
    condition.observed_generation = cluster->metadata.generation;
    condition.reason = engaged ? "ManyInstancesVanished" : "Recovered";
    condition.message = engaged ? str(vanished(losses, context.now), " of ", losses.instances,
                                      " instances vanished within ", format_duration(loss_window),
                                      ": the network is the likelier culprit, so the tasks of one instance every ",
                                      format_duration(release_interval), " are declared lost and replaced")
                                : "no instance's tasks wait to be replaced";
    out.actions.emplace_back(Note{cluster, engaged ? NoteType::warning : NoteType::normal,
                                  engaged ? "MassLoss" : "MassLossOver", condition.message});
    set_condition(next.status.conditions, std::move(condition), context.now);
  }

  void refresh_cluster(const Cluster& cluster, Cluster& next, const Context& context, Plan& out) {
    Refresh& refresh = clusters_[cluster.metadata.name];
    if (refresh.state() == Refresh::State::clean) return;
    const ClusterTally& tally = tallies_.of(cluster.metadata.name);
    ClusterStatus counted = next.status;
    counted.registered_container_instances_count = tally.instances;
    counted.running_tasks_count = tally.running;
    counted.pending_tasks_count = tally.pending;
    counted.active_services_count = tally.services;
    if (counted == next.status) return refresh.clean();
    const Duration wait = refresh.wait(context.now, refresh_interval(0));
    if (wait > Duration::zero() && next.status == cluster.status) return out.look_again(wait);
    next.status = std::move(counted);
    refresh.written(context.now);
  }

  Tallies tallies_;
  std::map<std::string, Refresh> instances_, clusters_;
};

}  // namespace
}  // namespace instance

std::unique_ptr<Controller> make_instance_controller() {
  return std::make_unique<instance::InstanceController>();
}

}  // namespace muster
