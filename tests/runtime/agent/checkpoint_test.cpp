// What an agent keeps on disk comes back as it was, whatever happened to single files.
#include "runtime/agent/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace muster::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Time noon{std::chrono::seconds(1'767'225'600)};

SavedTask saved_task(const std::string& uid) {
  SavedTask task{"default", "web-0-0", uid, {}, {}};
  task.spec.task_definition = "web:1";
  task.spec.desired_status = DesiredStatus::stopped;
  task.spec.stop_code = StopCode::user_initiated;
  task.spec.stopped_reason = "enough \"now\"";
  task.spec.overrides.container_overrides.resize(1);
  task.spec.overrides.container_overrides[0].name = "app";
  task.spec.overrides.container_overrides[0].command = {"a", ""};
  task.memory.status.last_status = LastStatus::stopping;
  task.memory.status.stopping_at = noon;
  task.memory.status.containers.resize(1);
  task.memory.status.containers[0].name = "app";
  task.memory.status.containers[0].exit_code = 0;
  task.memory.containers.resize(1);
  task.memory.containers[0].created = task.memory.containers[0].ran = true;
  task.memory.containers[0].failures = 2;
  task.memory.containers[0].not_before = noon;
  return task;
}

SavedRevision saved_revision(const std::string& uid) {
  SavedRevision revision{"default", "web:1", uid, {}};
  revision.spec.family = "web";
  revision.spec.network_mode = NetworkMode::host;
  revision.spec.container_definitions.resize(1);
  ContainerDefinition& container = revision.spec.container_definitions[0];
  container.name = "app";
  container.image = "busybox";
  container.essential = false;
  container.memory = 64;
  container.environment = {{"A", ""}};
  container.health_check = HealthCheck{{"CMD", "true"}, 10, 5, 3, 0};
  return revision;
}

class CheckpointTest : public ::testing::Test {
 protected:
  std::unique_ptr<Checkpoint> open() {
    auto opened = Checkpoint::open(folder.path() + "/agent");
    EXPECT_TRUE(opened.ok());
    return std::move(opened).value();
  }
  muster::testing::TempDir folder;
};

TEST_F(CheckpointTest, everything_comes_back) {
  const task::Identity identity{"cluster-1", "instance-1", "default", "host-1"};
  {
    const auto checkpoint = open();
    checkpoint->save(identity);
    checkpoint->save(saved_task("aa"));
    checkpoint->save(saved_task("bb"));
    checkpoint->save(saved_revision("rr"));
  }
  Saved saved = open()->load();
  EXPECT_EQ(saved.identity, identity);
  EXPECT_THAT(saved.tasks, ElementsAre(saved_task("aa"), saved_task("bb")));
  EXPECT_THAT(saved.revisions, ElementsAre(saved_revision("rr")));
}

TEST_F(CheckpointTest, the_last_word_holds_and_what_is_removed_is_gone) {
  const auto checkpoint = open();
  checkpoint->save(saved_task("aa"));
  SavedTask changed = saved_task("aa");
  changed.memory.status.last_status = LastStatus::stopped;
  checkpoint->save(changed);
  checkpoint->save(saved_task("bb"));
  checkpoint->remove_task("bb");
  checkpoint->remove_task("never there");
  checkpoint->save(saved_revision("rr"));
  checkpoint->remove_revision("rr");
  EXPECT_THAT(checkpoint->load().tasks, ElementsAre(changed));
  EXPECT_THAT(checkpoint->load().revisions, IsEmpty());
}

TEST_F(CheckpointTest, one_bad_file_spoils_nothing_else) {
  const auto checkpoint = open();
  checkpoint->save(task::Identity{"c", "i", "default", "host-1"});
  checkpoint->save(saved_task("aa"));
  const std::string tasks = folder.path() + "/agent/tasks/";
  for (const char* name : {"empty.json", "list.json", "types.json", "binary.json"}) std::ofstream file(tasks + name);
  std::ofstream(tasks + "list.json") << "[1]";
  std::ofstream(tasks + "types.json") << R"({"namespace":1,"name":{},"uid":"x"})";
  std::ofstream(tasks + "binary.json") << std::string("\0\xff\xfe", 3);
  std::ofstream(tasks + "aa.json.next") << "an unfinished write";
  EXPECT_THAT(checkpoint->load().tasks, ElementsAre(saved_task("aa")));
  EXPECT_TRUE(std::filesystem::exists(tasks + "list.json.corrupt"));
  EXPECT_THAT(checkpoint->load().tasks, ElementsAre(saved_task("aa"))) << "set aside only once";
  std::ofstream(folder.path() + "/agent/identity.json") << "{";
  EXPECT_EQ(checkpoint->load().identity, task::Identity{});
}

TEST_F(CheckpointTest, a_uid_never_leads_out_of_the_folder) {
  const auto checkpoint = open();
  checkpoint->save(saved_task("../identity"));
  checkpoint->save(saved_task("../../escaped"));
  checkpoint->remove_task("../lock");
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/agent/identity.json"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/escaped.json"));
  EXPECT_THAT(checkpoint->load().tasks, IsEmpty());
}

TEST_F(CheckpointTest, what_is_set_aside_is_not_read_again_but_kept) {
  const auto checkpoint = open();
  checkpoint->save(task::Identity{"c", "i", "default", "host-1"});
  checkpoint->save(saved_task("aa"));
  checkpoint->set_aside();
  const Saved saved = checkpoint->load();
  EXPECT_EQ(saved.identity, task::Identity{});
  EXPECT_THAT(saved.tasks, IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/agent/former/tasks/aa.json"));
  checkpoint->save(saved_task("bb"));
  EXPECT_THAT(checkpoint->load().tasks, ElementsAre(saved_task("bb")));
  checkpoint->set_aside();
  EXPECT_THAT(checkpoint->load().tasks, IsEmpty());
}

TEST_F(CheckpointTest, former_identities_are_kept_until_there_are_none) {
  const auto checkpoint = open();
  const std::vector<task::Identity> formers = {{"c", "i", "default", "host-1"}, {"c", "j", "default", "host-1"}};
  checkpoint->save(formers);
  checkpoint->set_aside();
  EXPECT_EQ(checkpoint->load().formers, formers);
  checkpoint->save(std::vector<task::Identity>());
  EXPECT_THAT(checkpoint->load().formers, IsEmpty());
}

TEST_F(CheckpointTest, files_are_for_their_owner_only) {
  const auto checkpoint = open();
  checkpoint->save(saved_task("aa"));
  const auto mode = std::filesystem::status(folder.path() + "/agent/tasks/aa.json").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(Checkpoint, without_a_folder_nothing_is_kept) {
  const auto checkpoint = Checkpoint::open("");
  ASSERT_TRUE(checkpoint.ok());
  (*checkpoint)->save(saved_task("aa"));
  (*checkpoint)->set_aside();
  EXPECT_THAT((*checkpoint)->load().tasks, IsEmpty());
  EXPECT_EQ((*checkpoint)->failures(), 0u);
}

}  // namespace
}  // namespace muster::agent
