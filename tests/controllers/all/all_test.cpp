// All controllers together over a state whose every write passes admission, with hosts that only do as they are told:
// what a user applies runs, what he deletes vanishes, and every plan is a batch that admission takes.
#include "controllers/all/all.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "api/admission/admission.h"
#include "api/types/service.h"
#include "api/types/task_run.h"
#include "tests/support/builders.h"

namespace muster {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Together : public ::testing::Test {
 protected:
  Together() {
    for (auto& controller : make_controllers(controller_names()))
      runners_.push_back(Runner{std::move(controller), {}, {}});
    for (Runner& each : runners_) each.controller->start(state_, each.keys);
    a_namespace ns("default");
    commit({create(ns.shared())});
    commit({create(a_cluster("default").shared())});
    for (const char* name : {"i-0", "i-1", "i-2"}) add_host(name);
  }

  void add_host(const std::string& name) {
    const an_instance instance(name);
    commit({create(instance.shared())});
    edit_status<ContainerInstance>("", name, [&](ContainerInstance& i) {
      i.status = instance.object().status;
      i.status.agent.since = i.status.agent.last_heard = now_;
    });
  }
  void define(const std::string& family, const std::string& image) {
    const a_revision shape(family, 1);
    TaskDefinition definition = a_definition(family).object();
    definition.spec = shape.object().spec;
    definition.spec.container_definitions[0].image = image;
    const auto stored = state_.get<TaskDefinition>("default", family);
    if (stored == nullptr) {
      commit({create(share(definition))});
    } else {
      definition.metadata = stored->metadata;
      commit({update(share(definition))});
    }
  }
  Admission commit(const std::vector<Write>& writes) {
    AdmissionContext context;
    context.now = now_;
    context.new_uid = [this] {
      ++uids_;
      return hex(stable_hash("high", uids_), 16) + hex(stable_hash("low", uids_), 16);
    };
    auto admitted = admit(state_, writes, context);
    if (!admitted.ok()) {
      EXPECT_TRUE(admitted.error().code == Code::conflict || admitted.error().code == Code::already_exists)
          << admitted.error().text();
      return {};
    }
    for (const Change& change : admitted->changes) {
      for (Runner& each : runners_) each.controller->observe(change, state_, each.keys);
    }
    return std::move(admitted).value();
  }
  template <class T, class Edit>
  void edit(std::string_view ns, const std::string& name, Edit change) {
    T next = *state_.get<T>(ns, name);
    change(next);
    commit({update(share(std::move(next)))});
  }
  template <class T, class Edit>
  void edit_status(std::string_view ns, const std::string& name, Edit change) {
    T next = *state_.get<T>(ns, name);
    change(next);
    commit({update_status(share(std::move(next)))});
  }
  // Plans until nobody has anything to do now.
  void settle() {
    for (int round = 0; round < 5'000; ++round) {
      Runner* busy = nullptr;
      for (Runner& each : runners_) {
        if (!each.keys.empty()) busy = &each;
      }
      if (busy == nullptr) return;
      const Key key = *busy->keys.begin();
      busy->keys.erase(busy->keys.begin());
      const Plan plan = busy->controller->plan(state_, key, Context{now_, static_cast<std::uint64_t>(round)});
      std::vector<Write> writes;
      for (const Action& action : plan.actions) {
        if (const auto* made = std::get_if<Create>(&action)) writes.push_back(create(made->object));
        if (const auto* spec = std::get_if<Update>(&action)) writes.push_back(update(spec->object));
        if (const auto* status = std::get_if<UpdateStatus>(&action)) writes.push_back(update_status(status->object));
        if (const auto* gone = std::get_if<Delete>(&action)) writes.push_back(remove(*gone->object));
      }
      if (!writes.empty()) commit(writes);
      if (plan.requeue_after == Duration::zero()) busy->keys.insert(key);
      if (plan.requeue_after.has_value()) busy->timers[key] = now_ + *plan.requeue_after;
    }
    ADD_FAILURE() << "the controllers do not come to rest";
  }
  void pass(Duration time) {
    now_ += time;
    for (Runner& each : runners_) {
      for (const auto& [key, at] : each.timers) {
        if (at <= now_) each.keys.insert(key);
      }
    }
    settle();
  }
  // The hosts do what they are told.
  void rest() {
    for (int i = 0; i < 100; ++i) {
      settle();
      const std::int64_t before = state_.revision();
      for (const auto& task : state_.list<Task>()) {
        if (is_stopped(*task) || task->spec.container_instance.empty()) continue;
        edit_status<Task>(task->metadata.ns, task->metadata.name, [&](Task& t) {
          if (wants_stop(t)) {
            t.status.last_status = LastStatus::stopped;
            t.status.stop_code = t.spec.stop_code;
            t.status.stopped_at = now_;
          } else if (t.status.last_status == LastStatus::pending) {
            t.status.last_status = LastStatus::running;
            t.status.started_at = now_;
          }
        });
      }
      if (state_.revision() == before) return;
    }
    ADD_FAILURE() << "the cluster does not come to rest";
  }
  std::map<std::string, int> running() const {
    std::map<std::string, int> out;
    for (const auto& task : state_.list<Task>()) {
      if (!is_stopped(*task) && !wants_stop(*task) && task->status.last_status == LastStatus::running) {
        ++out[task->spec.container_instance];
      }
    }
    return out;
  }

  struct Runner {
    std::unique_ptr<Controller> controller;
    Keys keys;
    std::map<Key, Time> timers;
  };
  State state_;
  Time now_ = t0;
  std::uint64_t uids_ = 0;
  std::vector<Runner> runners_;
};

TEST_F(Together, are_made_by_name) {
  EXPECT_EQ(make_controllers(controller_names()).size(), 7U);
  const auto some = make_controllers({"garbage", "service", "nonsense"});
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some[0]->name(), "service");
  EXPECT_EQ(some[1]->name(), "garbage");
  const std::vector<std::string> names = controller_names();
  const auto all = make_controllers(names);
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(all[i]->name(), names[i]);
}

TEST_F(Together, a_service_runs_spread_over_the_hosts) {
  define("web", "busybox:1");
  commit({create(a_service("web").desired(6).shared())});
  rest();
  EXPECT_EQ(running(), (std::map<std::string, int>{{"i-0", 2}, {"i-1", 2}, {"i-2", 2}}));
  EXPECT_TRUE(is_true(state_.get<Service>("default", "web")->status.conditions, "Ready"));
}

TEST_F(Together, a_new_image_rolls_out_and_the_old_revision_is_kept_for_undo) {
  define("web", "busybox:1");
  commit({create(a_service("web").desired(4).shared())});
  rest();
  define("web", "busybox:2");
  rest();
  const auto service = state_.get<Service>("default", "web");
  EXPECT_EQ(service->status.task_definition, "web:2");
  EXPECT_TRUE(is_true(service->status.conditions, "Ready"));
  EXPECT_NE(state_.get<TaskDefinitionRevision>("default", "web:1"), nullptr);
  edit<Service>("default", "web", [](Service& s) { s.spec.task_definition = "web:1"; });
  rest();
  EXPECT_EQ(state_.get<Service>("default", "web")->status.task_definition, "web:1");
  EXPECT_EQ(running().size(), 3U);
}

TEST_F(Together, placement_changes_reach_the_set_without_a_rollout) {
  define("web", "busybox:1");
  commit({create(a_service("web").desired(2).shared())});
  rest();
  edit<Service>("default", "web", [](Service& s) {
    s.spec.placement_strategy.push_back(PlacementStrategy{StrategyType::binpack, "memory"});
  });
  rest();
  const auto sets = state_.list<TaskSet>();
  ASSERT_EQ(sets.size(), 1U);
  EXPECT_EQ(sets[0]->spec.placement_strategy.size(), 1U);
  EXPECT_TRUE(is_true(state_.get<Service>("default", "web")->status.conditions, "Ready"));
}

TEST_F(Together, a_daemon_runs_on_each_host) {
  define("log", "busybox:1");
  commit({create(a_service("log").daemon().desired(1).shared())});
  rest();
  EXPECT_EQ(running(), (std::map<std::string, int>{{"i-0", 1}, {"i-1", 1}, {"i-2", 1}}));
  add_host("i-3");
  rest();
  EXPECT_EQ(running().size(), 4U);
}

TEST_F(Together, draining_empties_a_host) {
  define("web", "busybox:1");
  define("log", "busybox:1");
  commit({create(a_service("web").desired(6).shared())});
  commit({create(a_service("log").daemon().shared())});
  rest();
  edit<ContainerInstance>("", "i-1", [](ContainerInstance& i) { i.spec.status = InstanceState::draining; });
  rest();
  EXPECT_EQ(running().count("i-1"), 0U);
  EXPECT_EQ(running()["i-0"] + running()["i-2"], 8);
}

TEST_F(Together, deleting_a_service_stops_its_tasks_before_they_vanish) {
  define("web", "busybox:1");
  commit({create(a_service("web").desired(3).shared())});
  rest();
  commit({remove(*state_.get<Service>("default", "web"))});
  settle();
  EXPECT_TRUE(state_.list<TaskSet>().empty());
  const auto tasks = state_.list<Task>();
  ASSERT_EQ(tasks.size(), 3U);
  for (const auto& task : tasks) EXPECT_TRUE(wants_stop(*task));
  rest();
  EXPECT_TRUE(state_.list<Task>().empty());
}

TEST_F(Together, a_service_deleted_in_the_foreground_goes_last) {
  define("web", "busybox:1");
  commit({create(a_service("web").desired(3).shared())});
  rest();
  Write gone = remove(*state_.get<Service>("default", "web"));
  gone.propagation = Propagation::foreground;
  commit({gone});
  settle();
  EXPECT_NE(state_.get<Service>("default", "web"), nullptr);
  rest();
  EXPECT_TRUE(state_.list<Task>().empty());
  EXPECT_EQ(state_.get<Service>("default", "web"), nullptr);
}

TEST_F(Together, a_deleted_task_is_stopped_and_replaced) {
  define("web", "busybox:1");
  commit({create(a_service("web").desired(2).shared())});
  rest();
  const auto victim = state_.list<Task>()[0];
  commit({remove(*victim)});
  rest();
  EXPECT_EQ(state_.get<Task>("default", victim->metadata.name), nullptr);
  EXPECT_EQ(running().size(), 2U);
}

TEST_F(Together, a_deleted_family_leaves_only_what_runs_and_its_counter) {
  for (const char* image : {"a", "b", "c"}) define("web", image);
  commit({create(a_service("web").definition("web:1").desired(1).shared())});
  rest();
  commit({remove(*state_.get<TaskDefinition>("default", "web"))});
  rest();
  EXPECT_NE(state_.get<TaskDefinitionRevision>("default", "web:1"), nullptr);
  EXPECT_EQ(state_.get<TaskDefinitionRevision>("default", "web:2"), nullptr);
  EXPECT_NE(state_.get<TaskDefinitionRevision>("default", "web:3"), nullptr);
  define("web", "d");
  EXPECT_NE(state_.get<TaskDefinitionRevision>("default", "web:4"), nullptr);
}

TEST_F(Together, a_deleted_namespace_takes_everything_along) {
  commit({create(a_namespace("shop").shared())});
  define("web", "busybox:1");
  TaskDefinition definition = a_definition("web").in("shop").object();
  definition.spec = a_revision("web", 1).object().spec;
  commit({create(share(definition))});
  commit({create(a_service("web").in("shop").desired(2).shared())});
  rest();
  EXPECT_EQ(running().size(), 2U);
  commit({remove(*state_.get<Namespace>("", "shop"))});
  rest();
  EXPECT_EQ(state_.get<Namespace>("", "shop"), nullptr);
  EXPECT_TRUE(state_.list<Task>("shop").empty());
  EXPECT_TRUE(state_.list<Service>("shop").empty());
  EXPECT_NE(state_.get<TaskDefinition>("default", "web"), nullptr);
}

TEST_F(Together, a_run_ends_and_expires_with_its_tasks) {
  define("job", "busybox:1");
  commit({create(a_task_run("once").definition("job").count(2).time_to_live(seconds(60)).shared())});
  settle();
  for (const auto& task : state_.list<Task>()) {
    ASSERT_FALSE(task->spec.container_instance.empty());
    edit_status<Task>("default", task->metadata.name, [&](Task& t) {
      ContainerStatus container;
      container.name = "main";
      container.exit_code = 0;
      container.last_status = ContainerLastStatus::stopped;
      t.status.containers = {container};
      t.status.last_status = LastStatus::stopped;
      t.status.stop_code = StopCode::essential_container_exited;
      t.status.stopped_at = now_;
    });
  }
  settle();
  EXPECT_TRUE(is_true(state_.get<TaskRun>("default", "once")->status.conditions, "Succeeded"));
  pass(seconds(60));
  EXPECT_EQ(state_.get<TaskRun>("default", "once"), nullptr);
  EXPECT_TRUE(state_.list<Task>().empty());
}

}  // namespace
}  // namespace muster
