#include "runtime/drivers/cgroup/hierarchy.h"

#include <gtest/gtest.h>

#include "tests/support/source_dir.h"

namespace muster::cgroup {
namespace {

TEST(Hierarchy, IsWhatIsMounted) {
  const std::string trees = testing::source_dir() / "tests/runtime/drivers/cgroup";
  EXPECT_EQ(mounted_version(trees + "/v1/sys"), 1);
  EXPECT_EQ(mounted_version(trees + "/v2/sys"), 2);
  EXPECT_EQ(mounted_version(trees + "/nothing"), 0);
}

TEST(Hierarchy, HasAFolderForEachGroup) {
  EXPECT_EQ(folder_of("/cg", "", "/muster/x"), "/cg/muster/x");
  EXPECT_EQ(folder_of("/cg", "memory", "muster"), "/cg/memory/muster");
  EXPECT_EQ(folder_of("/cg", "memory", "/"), "/cg/memory");
}

TEST(Membership, IsOneGroupAController) {
  const Membership all =
      parse_membership("4:memory:/docker/x\n2:cpu,cpuacct:/docker/a:b\n1:name=systemd:/\n0::/u\nx\n1:\n");
  EXPECT_EQ(all.unified, "/u");
  const std::map<std::string, std::string, std::less<>> controllers{
      {"memory", "/docker/x"}, {"cpu", "/docker/a:b"}, {"cpuacct", "/docker/a:b"}, {"name=systemd", "/"}};
  EXPECT_EQ(all.controllers, controllers);
}

TEST(Membership, OfAContainerEndsWithItsOwnGroup) {
  EXPECT_EQ(group_of("/docker/abc", "abc"), "/docker/abc");
  EXPECT_EQ(group_of("/system.slice/docker-abc.scope/init/x", "abc"), "/system.slice/docker-abc.scope");
  EXPECT_EQ(group_of("/docker/def", "abc"), "");
  EXPECT_EQ(group_of("/docker/abc", ""), "");
  EXPECT_EQ(group_of("/../docker/abc", "abc"), "") << "of another control group namespace";
  EXPECT_EQ(group_of("/docker/abc (deleted)", "abc"), "");
}

}  // namespace
}  // namespace muster::cgroup
