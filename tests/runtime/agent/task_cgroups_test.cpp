// Control groups of tasks, on trees as kernels have them: what is written where, and what goes again. The files of a
// group are there before, because no kernel makes them here.
#include "runtime/agent/task_cgroups.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/manual_loop.h"
#include "tests/support/temporary_directory.h"

namespace muster::agent {
namespace {

namespace fs = std::filesystem;

const std::string uid = "0123456789abcdef0123456789abcdef";
constexpr std::int64_t mib = 1 << 20;

struct Tree : ::testing::Test {
  void file(const std::string& path) {
    fs::create_directories((root / path).substr(0, (root / path).rfind('/')));
    std::ofstream(root / path) << "";
  }
  std::string text(const std::string& path) const {
    std::ifstream in(root / path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  bool there(const std::string& path) const { return fs::exists(root / path); }
  // The kernel's files go with their group.
  void empty(const std::string& path) {
    for (const auto& entry : fs::directory_iterator(root / path)) {
      if (entry.is_regular_file()) fs::remove(entry.path());
    }
  }
  void v1() {
    fs::create_directories(root / "cgroup/cpu");
    file("cgroup/memory/muster/memory.use_hierarchy");
    for (const char* name : {"cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us"}) {
      file("cgroup/cpu/muster/" + uid + "/" + name);
    }
    file("cgroup/memory/muster/" + uid + "/memory.limit_in_bytes");
  }
  void v2() {
    for (const char* name : {"cgroup.controllers", "cgroup.subtree_control", "muster/cgroup.subtree_control"}) {
      file(std::string("cgroup/") + name);
    }
    for (const char* name : {"cgroup.subtree_control", "cpu.weight", "cpu.max", "memory.max"}) {
      file("cgroup/muster/" + uid + "/" + name);
    }
  }

  muster::testing::TemporaryDirectory root;
  TaskCgroups groups{CgroupHost{root / "cgroup", root / "units"}};
};

TEST_F(Tree, OfVersion1HasLimitsBelowEachController) {
  v1();
  ASSERT_TRUE(groups.prepare("cgroupfs", 1).ok());
  EXPECT_TRUE(groups.ready());
  const auto parent = groups.provide(uid, {512, 512, 64 * mib});
  ASSERT_TRUE(parent.ok()) << parent.error().message;
  EXPECT_EQ(*parent, "/muster/" + uid);
  EXPECT_EQ(text("cgroup/cpu/muster/" + uid + "/cpu.shares"), "512");
  EXPECT_EQ(text("cgroup/cpu/muster/" + uid + "/cpu.cfs_period_us"), "100000");
  EXPECT_EQ(text("cgroup/cpu/muster/" + uid + "/cpu.cfs_quota_us"), "50000");
  EXPECT_EQ(text("cgroup/memory/muster/" + uid + "/memory.limit_in_bytes"), "67108864");
  EXPECT_TRUE(groups.provide(uid, {512, 512, 64 * mib}).ok()) << "taken over when it is there";

  fs::create_directories(root / ("cgroup/pids/muster/" + uid + "/container"));  // the engine's
  empty("cgroup/cpu/muster/" + uid);
  empty("cgroup/memory/muster/" + uid);
  TaskCgroups restarted{CgroupHost{root / "cgroup", root / "units"}};
  restarted.remove(uid);
  for (const char* controller : {"cpu", "memory", "pids"}) {
    EXPECT_FALSE(there("cgroup/" + std::string(controller) + "/muster/" + uid)) << controller;
    EXPECT_TRUE(there("cgroup/" + std::string(controller) + "/muster"));
  }
}

TEST_F(Tree, OfVersion2HasThemInOneFolder) {
  v2();
  ASSERT_TRUE(groups.prepare("cgroupfs", 2).ok());
  EXPECT_EQ(text("cgroup/cgroup.subtree_control"), "+cpu +memory");
  EXPECT_EQ(text("cgroup/muster/cgroup.subtree_control"), "+cpu +memory");
  const auto parent = groups.provide(uid, {1024, 1536, 64 * mib});
  ASSERT_TRUE(parent.ok()) << parent.error().message;
  EXPECT_EQ(*parent, "/muster/" + uid);
  EXPECT_EQ(text("cgroup/muster/" + uid + "/cgroup.subtree_control"), "+cpu +memory");
  EXPECT_EQ(text("cgroup/muster/" + uid + "/cpu.weight"), "39");
  EXPECT_EQ(text("cgroup/muster/" + uid + "/cpu.max"), "150000 100000");
  EXPECT_EQ(text("cgroup/muster/" + uid + "/memory.max"), "67108864");
  empty("cgroup/muster/" + uid);
  fs::create_directories(root / ("cgroup/muster/" + uid + "/container"));
  groups.remove(uid);
  EXPECT_FALSE(there("cgroup/muster/" + uid));
}

TEST_F(Tree, LeavesOutWhatIsNotLimited) {
  v2();
  ASSERT_TRUE(groups.prepare("cgroupfs", 2).ok());
  ASSERT_TRUE(groups.provide(uid, {2, 0, 0}).ok());
  EXPECT_EQ(text("cgroup/muster/" + uid + "/cpu.max"), "");
  EXPECT_EQ(text("cgroup/muster/" + uid + "/memory.max"), "");
}

TEST_F(Tree, OfSystemdIsAUnitThatItReadsWhenItIsNeeded) {
  fs::create_directories(root / "units");
  ASSERT_TRUE(groups.prepare("systemd", 2).ok());
  const auto parent = groups.provide(uid, {512, 512, 64 * mib});
  ASSERT_TRUE(parent.ok()) << parent.error().message;
  EXPECT_EQ(*parent, "muster-" + uid + ".slice");
  const std::string unit = text("units/muster-" + uid + ".slice");
  EXPECT_EQ(unit, "[Unit]\nDescription=Muster task " + uid +
                      "\nStopWhenUnneeded=yes\n\n[Slice]\nCPUWeight=20\nCPUQuota=50.00%\nCPUQuotaPeriodSec=100ms\n"
                      "MemoryMax=67108864\n");
  groups.remove(uid);
  EXPECT_FALSE(there("units/muster-" + uid + ".slice"));
}

TEST_F(Tree, ThatIsStillInUseIsRemovedLater) {
  v2();
  ASSERT_TRUE(groups.prepare("cgroupfs", 2).ok());
  muster::testing::ManualLoop loop;
  groups.remove_until_gone(loop, uid);  // files are in it, as processes are in a group that is in use
  loop.advance(std::chrono::minutes(4));
  EXPECT_TRUE(there("cgroup/muster/" + uid));
  empty("cgroup/muster/" + uid);
  loop.advance(std::chrono::minutes(6));
  EXPECT_FALSE(there("cgroup/muster/" + uid));

  file("cgroup/muster/" + uid + "/cpu.max");
  groups.remove_until_gone(loop, uid);
  loop.advance(std::chrono::minutes(20));
  empty("cgroup/muster/" + uid);
  loop.advance(std::chrono::hours(1));
  EXPECT_TRUE(there("cgroup/muster/" + uid)) << "given up at last";
}

TEST_F(Tree, ThatCannotBeUsedIsSaid) {
  EXPECT_FALSE(groups.prepare("cgroupfs", 1).ok()) << "there is none";
  EXPECT_FALSE(groups.ready());
  EXPECT_FALSE(groups.prepare("systemd", 2).ok()) << "systemd does not run here";
  EXPECT_FALSE(groups.prepare("none", 2).ok());
  EXPECT_EQ(*groups.provide(uid, {1, 1, 1}), "");
  v2();
  ASSERT_TRUE(groups.prepare("cgroupfs", 2).ok());
  fs::remove(root / ("cgroup/muster/" + uid + "/memory.max"));
  const auto refused = groups.provide(uid, {2, 0, mib});
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().message.starts_with("ResourceInitializationError: the control group of the task"))
      << refused.error().message;
  EXPECT_FALSE(groups.provide("../../etc", {2, 0, mib}).ok());
}

}  // namespace
}  // namespace muster::agent
