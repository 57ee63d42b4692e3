#include "api/base/text.h"
#include "controllers/task_run/plan.h"
#include "controllers/task_run/task_run.h"

namespace muster::task_run {

namespace {

class TaskRunController final : public Controller {
 public:
  std::string_view name() const override { return "task-run"; }

  void start(const State& state, Keys& keys) override {
    state.each(kind_of<TaskRun>(), {}, [&](const ObjectPtr& object) {
      keys.insert(key_of(*object));
      return true;
    });
  }

  void observe(const Change& change, const State& after, Keys& keys) override {
    const Object& object = change.object();
    if (object.kind == &kind_of<TaskRun>()) {
      keys.insert(key_of(object));
    } else if (object.kind == &kind_of<Task>()) {
      const OwnerReference* owner = controller_of(object.metadata);
      if (owner != nullptr && owner->kind == kind_of<TaskRun>().kind) {
        keys.insert(Key{&kind_of<TaskRun>(), object.metadata.ns, owner->name});
      }
    } else if (object.kind == &kind_of<TaskDefinitionRevision>() && change.before == nullptr) {
      add_followers(object, after, keys);
    }
  }

  Plan plan(const State& state, const Key& key, const Context& context) override {
    const auto run = state.get<TaskRun>(key.ns, key.name);
    return run == nullptr ? Plan{} : task_run::plan(state, *run, context);
  }

 private:
  // Runs that wait for their definition.
  static void add_followers(const Object& revision, const State& after, Keys& keys) {
    const std::string family = revision.metadata.name.substr(0, revision.metadata.name.find(':'));
    after.each(Index::definition, str(revision.metadata.ns, "/", family), [&](const ObjectPtr& object) {
      const auto* run = as<TaskRun>(object.get());
      if (run != nullptr && run->status.task_definition.empty()) keys.insert(key_of(*run));
      return true;
    });
  }
};

}  // namespace

}  // namespace muster::task_run

namespace muster {

std::unique_ptr<Controller> make_task_run_controller() {
  return std::make_unique<task_run::TaskRunController>();
}

}  // namespace muster
