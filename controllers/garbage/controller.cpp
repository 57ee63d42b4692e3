#include "api/types/cluster.h"
#include "api/types/task.h"
#include "controllers/garbage/garbage.h"
#include "controllers/garbage/namespaces.h"
#include "controllers/garbage/owners.h"
#include "controllers/garbage/revisions.h"
#include "controllers/garbage/tasks.h"

namespace muster::garbage {

namespace {

class GarbageController final : public Controller {
 public:
  std::string_view name() const override { return "garbage"; }

  void start(const State& state, Keys& keys) override {
    owners_.start(state, keys);
    references_.start(state, keys);
    namespaces_.start(state, keys);
  }

  void observe(const Change& change, const State& after, Keys& keys) override {
    owners_.observe(change, after, keys);
    references_.observe(change, after, keys);
    namespaces_.observe(change, keys);
    if (change.object().kind == &kind_of<ContainerInstance>() && change.after == nullptr) {
      add_deleting_tasks(change.before->metadata.name, after, keys);
    }
  }

  Plan plan(const State& state, const Key& key, const Context& context) override {
    Plan plan;
    for (const std::string& uid : owners_.gone(key)) {
      collect_dependents(state, owners_, uid, plan);
      // One object may depend on several of them: one after the other.
      if (plan.actions.empty()) continue;
      plan.look_again(Duration::zero());
      return plan;
    }
    const ObjectPtr object = state.find(key);
    if (object == nullptr) return plan;
    if (object->kind == &kind_of<Namespace>()) {
      empty_namespace(state, object, context.now, plan);
    } else if (object->kind == &kind_of<TaskDefinitionRevision>()) {
      forget_revision(state, references_, object, plan);
    }
    if (!plan.actions.empty() || !object->metadata.deleting()) return plan;
    finish_owner(state, owners_, object, plan);
    if (const auto task = as<Task>(object); task != nullptr && plan.actions.empty()) {
      delete_task(state, task, DeletedBy::user, plan);
    }
    return plan;
  }

 private:
  static void add_deleting_tasks(std::string_view instance, const State& after, Keys& keys) {
    after.each(Index::instance, instance, [&](const ObjectPtr& object) {
      if (object->metadata.deleting()) keys.insert(key_of(*object));
      return true;
    });
  }

  Owners owners_;
  References references_;
  Namespaces namespaces_;
};

}  // namespace

}  // namespace muster::garbage

namespace muster {

std::unique_ptr<Controller> make_garbage_controller() {
  return std::make_unique<garbage::GarbageController>();
}

}  // namespace muster
