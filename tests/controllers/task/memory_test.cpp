// What is remembered of a task, and what outcomes make of it.
#include "controllers/task/memory.h"

#include <gtest/gtest.h>

#include "tests/controllers/task/world.h"

namespace muster::task::testing {
namespace {

TEST(TaskMemory, a_task_that_ran_by_the_servers_word_has_run) {
  TaskStatus status;
  status.last_status = LastStatus::running;
  status.started_at = noon;
  status.containers.resize(2);
  status.containers[0].name = "app";
  status.containers[1].name = "side";
  status.conditions.push_back(Condition{"Lost", "False", 0, noon, "", ""});
  const TaskMemory memory = first_memory(status);
  EXPECT_TRUE(memory.containers.at(0).ran && memory.containers.at(1).ran);
  EXPECT_TRUE(memory.status.conditions.empty()) << "conditions are others' words";
}

TEST(TaskMemory, a_pending_task_has_not_run_except_where_the_server_says_so) {
  TaskStatus status;
  status.last_status = LastStatus::pending;
  status.containers.resize(2);
  status.containers[0].last_status = ContainerLastStatus::running;
  const TaskMemory memory = first_memory(status);
  EXPECT_TRUE(memory.containers.at(0).ran);
  EXPECT_FALSE(memory.containers.at(1).ran);
}

TEST(TaskMemory, the_first_reason_of_a_container_stays) {
  TaskMemory memory;
  failed(memory, StepKind::create, "app", "CannotCreateContainerError: one", noon);
  failed(memory, StepKind::start, "app", "CannotStartContainerError: two", noon);
  EXPECT_EQ(memory.status.containers.at(0).reason, "CannotCreateContainerError: one");
}

TEST(TaskMemory, tries_again_later_and_later_up_to_a_minute) {
  TaskMemory memory;
  Duration before{};
  for (int tries = 0; tries < 12; ++tries) {
    failed(memory, StepKind::stop, "app", "no", noon);
    const Duration wait = memory.containers.at(0).not_before - noon;
    EXPECT_GE(wait, before);
    before = wait;
  }
  EXPECT_EQ(before, Duration(std::chrono::minutes(1)));
  succeeded(memory, StepKind::stop, "app", noon);
  EXPECT_EQ(memory.containers.at(0).failures, 0);
}

TEST(TaskMemory, pulls_are_timed_from_the_first_to_the_last) {
  TaskMemory memory;
  const auto at = [](int second) { return noon + std::chrono::seconds(second); };
  began(memory, StepKind::pull, "a", at(1));
  began(memory, StepKind::pull, "b", at(2));
  succeeded(memory, StepKind::pull, "b", at(5));
  succeeded(memory, StepKind::pull, "a", at(9));
  EXPECT_EQ(memory.status.pull_started_at, at(1));
  EXPECT_EQ(memory.status.pull_stopped_at, at(9));
}

TEST(TaskDefinitionNames, come_apart) {
  EXPECT_EQ(family_of("web:12"), "web");
  EXPECT_EQ(revision_number("web:12"), 12);
  EXPECT_EQ(family_of("web"), "web");
  EXPECT_EQ(revision_number("web"), 0);
}

}  // namespace
}  // namespace muster::task::testing
