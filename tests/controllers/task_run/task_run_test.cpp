#include "controllers/task_run/task_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cluster.h"
#include "tests/support/shell.h"

namespace muster {
namespace {

using namespace testing;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

class Runs : public ::testing::Test {
 protected:
  Runs() {
    world.add(a_revision("job", 1));
    world.add(a_revision("job", 2));
    shell.add(make_task_run_controller());
  }
  std::shared_ptr<const TaskRun> run() const { return world.get<TaskRun>("r"); }
  std::vector<std::shared_ptr<const Task>> live() const {
    std::vector<std::shared_ptr<const Task>> out;
    for (const auto& task : world.all<Task>()) {
      if (!is_stopped(*task) && !wants_stop(*task)) out.push_back(task);
    }
    return out;
  }
  void end(const std::string& name, std::int32_t exit_code, StopCode code = StopCode::essential_container_exited) {
    world.edit<Task>(name, [&](Task& t) {
      ContainerStatus container;
      container.name = "main";
      container.exit_code = exit_code;
      container.last_status = ContainerLastStatus::stopped;
      t.status.containers = {container};
      t.status.stop_code = code;
      t.status.stopped_reason = "Essential container in task exited";
      t.status.last_status = LastStatus::stopped;
      t.status.stopped_at = world.now;
    });
    shell.settle();
  }
  std::string condition(std::string_view type) const {
    const Condition* found = find_condition(run()->status.conditions, type);
    return found == nullptr ? "" : found->status;
  }

  World world;
  Hosts hosts{world, 2};
  Shell shell{world};
};

TEST_F(Runs, make_their_tasks_of_one_revision) {
  world.add(a_task_run("r").definition("job").count(2).with([](TaskRun& r) { r.spec.started_by = "me"; }));
  shell.settle();
  ASSERT_EQ(live().size(), 2U);
  const Task& task = *live()[1];
  EXPECT_EQ(task.metadata.name, derived_name(*run(), "1", 0));
  EXPECT_EQ(task.spec.task_definition, "job:2");
  EXPECT_EQ(task.spec.group, "family:job");
  EXPECT_EQ(task.spec.started_by, "me");
  EXPECT_EQ(controller_of(task.metadata)->uid, run()->metadata.uid);
  EXPECT_EQ(run()->status.task_definition, "job:2");
  EXPECT_EQ(run()->status.pending_count, 2);
  EXPECT_EQ(condition("Succeeded"), "Unknown");
  EXPECT_EQ(condition("Reconciling"), "True");
  world.add(a_revision("job", 3));
  shell.settle();
  EXPECT_EQ(world.all<Task>().size(), 2U) << "a newer revision changes no run";
}

TEST_F(Runs, succeed_when_all_have) {
  world.add(a_task_run("r").definition("job").count(2));
  shell.settle();
  hosts.work();
  shell.settle();
  EXPECT_EQ(run()->status.running_count, 2);
  const auto tasks = live();
  end(tasks[0]->metadata.name, 0);
  EXPECT_FALSE(is_set(run()->status.completed_at));
  end(tasks[1]->metadata.name, 0);
  EXPECT_EQ(run()->status.succeeded_count, 2);
  EXPECT_EQ(run()->status.exit_code, 0);
  EXPECT_EQ(run()->status.completed_at, world.now);
  EXPECT_EQ(condition("Succeeded"), "True");
  EXPECT_EQ(condition("Ready"), "True");
  EXPECT_EQ(condition("Reconciling"), "");
  shell.restart();
  const auto before = world.state.revision();
  shell.settle();
  EXPECT_EQ(world.state.revision(), before);
}

TEST_F(Runs, fail_without_retries_once_the_others_have_ended) {
  world.add(a_task_run("r").definition("job").count(2));
  shell.settle();
  hosts.work();
  const auto tasks = live();
  end(tasks[0]->metadata.name, 3);
  EXPECT_FALSE(is_set(run()->status.completed_at)) << "the other one still runs";
  end(tasks[1]->metadata.name, 0);
  EXPECT_EQ(run()->status.failed_count, 1);
  EXPECT_EQ(run()->status.succeeded_count, 1);
  EXPECT_EQ(run()->status.exit_code, 3);
  EXPECT_EQ(condition("Succeeded"), "False");
  EXPECT_EQ(condition("Stalled"), "True");
  EXPECT_THAT(find_condition(run()->status.conditions, "Succeeded")->message,
              HasSubstr("Essential container in task exited"));
}

TEST_F(Runs, retry_over_the_whole_run_with_back_off) {
  world.add(a_task_run("r").definition("job").count(1).retries(2));
  shell.settle();
  end(live()[0]->metadata.name, 1);
  ASSERT_EQ(live().size(), 1U) << "the first retry at once";
  EXPECT_EQ(live()[0]->spec.attempt, 1);
  end(live()[0]->metadata.name, 1);
  EXPECT_TRUE(live().empty());
  shell.advance(seconds(1));
  ASSERT_EQ(live().size(), 1U);
  end(live()[0]->metadata.name, 0);
  EXPECT_EQ(condition("Succeeded"), "True");
  EXPECT_EQ(run()->status.failed_count, 2);
  EXPECT_EQ(run()->status.exit_code, 0);
}

TEST_F(Runs, retries_end) {
  world.add(a_task_run("r").definition("job").count(2).retries(1));
  shell.settle();
  for (int i = 0; i < 5 && !live().empty(); ++i) {
    end(live()[0]->metadata.name, 1);
    shell.advance(minutes(1));
  }
  EXPECT_EQ(world.all<Task>().size(), 3U);
  EXPECT_EQ(condition("Succeeded"), "False");
}

TEST_F(Runs, a_stop_by_a_user_is_not_retried) {
  world.add(a_task_run("r").definition("job").retries(5));
  shell.settle();
  const std::string name = live()[0]->metadata.name;
  world.edit<Task>(name, [](Task& t) {
    t.spec.desired_status = DesiredStatus::stopped;
    t.spec.stop_code = StopCode::user_initiated;
  });
  end(name, 143, StopCode::user_initiated);
  EXPECT_EQ(world.all<Task>().size(), 1U);
  EXPECT_EQ(condition("Succeeded"), "False");
  EXPECT_EQ(run()->status.exit_code, 143);
}

TEST_F(Runs, only_essential_containers_decide) {
  world.add(a_revision("two", 1).with([](TaskDefinitionRevision& r) {
    ContainerDefinition side;
    side.name = "side";
    side.essential = false;
    r.spec.container_definitions.push_back(side);
  }));
  world.add(a_task_run("r").definition("two"));
  shell.settle();
  world.edit<Task>(live()[0]->metadata.name, [&](Task& t) {
    ContainerStatus main, side;
    main.name = "main";
    main.exit_code = 0;
    side.name = "side";
    side.exit_code = 137;
    t.status.containers = {side, main};
    t.status.last_status = LastStatus::stopped;
    t.status.stop_code = StopCode::essential_container_exited;
  });
  shell.settle();
  EXPECT_EQ(condition("Succeeded"), "True");
}

TEST_F(Runs, a_task_that_never_started_has_failed) {
  world.add(a_task_run("r").definition("job"));
  shell.settle();
  world.edit<Task>(live()[0]->metadata.name, [](Task& t) {
    t.status.last_status = LastStatus::stopped;
    t.status.stop_code = StopCode::task_failed_to_start;
    t.status.stopped_reason = "CannotPullContainerError: not found";
  });
  shell.settle();
  EXPECT_EQ(condition("Succeeded"), "False");
  EXPECT_FALSE(run()->status.exit_code.has_value());
}

TEST_F(Runs, a_lost_task_is_retried_and_stopped_on_its_host) {
  world.add(a_task_run("r").definition("job").retries(1));
  shell.settle();
  hosts.work();
  const auto first = live()[0];
  hosts.lose(first->spec.container_instance);
  shell.settle();
  EXPECT_TRUE(wants_stop(*world.get<Task>(first->metadata.name)));
  EXPECT_EQ(live().size(), 1U);
}

TEST_F(Runs, a_lost_task_without_retries_is_waited_for) {
  world.add(a_task_run("r").definition("job"));
  shell.settle();
  hosts.work();
  const auto first = live()[0];
  hosts.lose(first->spec.container_instance);
  shell.settle();
  EXPECT_EQ(world.all<Task>().size(), 1U);
  EXPECT_EQ(run()->status.running_count, 0);
  EXPECT_FALSE(is_set(run()->status.completed_at));
}

TEST_F(Runs, are_deleted_after_their_time_to_live) {
  world.add(a_task_run("r").definition("job").time_to_live(minutes(5)));
  shell.settle();
  end(live()[0]->metadata.name, 0);
  shell.advance(minutes(5) - seconds(1));
  EXPECT_NE(run(), nullptr);
  shell.advance(seconds(1));
  EXPECT_EQ(run(), nullptr);
}

TEST_F(Runs, wait_for_their_definition) {
  world.add(a_task_run("r").definition("later"));
  shell.settle();
  EXPECT_EQ(condition("Stalled"), "True");
  world.add(a_revision("later", 1));
  shell.settle();
  EXPECT_EQ(live().size(), 1U);
  EXPECT_EQ(condition("Stalled"), "");
}

TEST_F(Runs, with_an_override_of_no_container_say_so_until_a_revision_has_it) {
  world.add(a_task_run("r").definition("job").with([](TaskRun& r) {
    r.spec.overrides.container_overrides.resize(1);
    r.spec.overrides.container_overrides[0].name = "wheel";
  }));
  shell.settle();
  EXPECT_TRUE(live().empty());
  EXPECT_EQ(condition("Stalled"), "True");
  const Condition* ready = find_condition(run()->status.conditions, "Ready");
  EXPECT_EQ(ready->reason, "InvalidOverride");
  EXPECT_THAT(ready->message, HasSubstr("spec.overrides.containerOverrides[0].name"));
  EXPECT_THAT(ready->message, HasSubstr("\"wheel\": is not a container of the task definition job:2"));
  ASSERT_EQ(world.notes.size(), 1U);
  world.add(a_revision("job", 3).with(
      [](TaskDefinitionRevision& r) { r.spec.container_definitions.front().name = "wheel"; }));
  shell.settle();
  ASSERT_EQ(live().size(), 1U);
  EXPECT_EQ(live()[0]->spec.task_definition, "job:3");
  EXPECT_EQ(condition("Stalled"), "");
}

TEST_F(Runs, of_many_tasks_are_started_in_batches) {
  world.add(a_task_run("r").definition("job").count(2500));
  shell.settle();
  EXPECT_EQ(live().size(), 2500U);
  EXPECT_EQ(shell.conflicts, 0);
}

TEST_F(Runs, being_deleted_start_nothing) {
  world.add(a_task_run("r").definition("job").finalizer("foregroundDeletion"));
  world.remove<TaskRun>("r");
  shell.settle();
  EXPECT_TRUE(world.all<Task>().empty());
}

}  // namespace
}  // namespace muster
