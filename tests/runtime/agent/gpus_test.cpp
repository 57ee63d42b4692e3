// Which GPUs a host has, and which of them a container gets.
#include "runtime/agent/gpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/runtime/agent/host.h"
#include "tests/support/temporary_directory.h"

namespace muster::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct GpuFolders : ::testing::Test {
  // As NVIDIA's driver writes /proc/driver/nvidia/gpus/0000:3b:00.0/information.
  void add(const std::string& bus, const std::string& uuid, int minor) {
    std::filesystem::create_directories(root / ("proc/" + bus));
    std::ofstream(root / ("proc/" + bus + "/information"))
        << "Model: \t\t NVIDIA A100\nIRQ:   \t\t 231\nGPU UUID: \t " << uuid << "\nBus Location: \t 0000:3b:00.0\n"
        << "Device Minor: \t " << minor << "\n";
  }
  void add_device(const std::string& name) {
    std::filesystem::create_directories(root / "dev");
    std::ofstream(root / ("dev/" + name)) << "";
  }
  Gpus found() const { return host_gpus(root / "proc", root / "dev"); }

  muster::testing::TemporaryDirectory root;
};

TEST_F(GpuFolders, AreNamedAsTheDriverNamesThemInTheOrderOfTheirDevices) {
  EXPECT_THAT(found(), IsEmpty());
  add("0000:af:00.0", "GPU-bbbb-2", 1);
  add("0000:3b:00.0", "GPU-aaaa-1", 0);
  for (const char* name : {"nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"}) add_device(name);
  EXPECT_THAT(found(), ElementsAre("GPU-aaaa-1", "GPU-bbbb-2"));
}

TEST_F(GpuFolders, AreNumbersWhereTheDriverNamesNone) {
  for (const char* name : {"nvidia10", "nvidia2", "nvidiactl", "nvidia-modeset"}) add_device(name);
  add("0000:3b:00.0",
      "GPU-?"
      "?"
      "?-?",
      2);
  EXPECT_THAT(found(), ElementsAre("2", "10"));
}

TEST(Gpus, AreReadFromAnOption) {
  EXPECT_EQ(*parse_gpus("0, 1,GPU-a-b"), (Gpus{"0", "1", "GPU-a-b"}));
  for (const char* wrong : {"", "0,", "0,0", "a b", "x\"y"}) EXPECT_FALSE(parse_gpus(wrong).ok()) << wrong;
}

TEST(Gpus, AreChosenInOrderFromThoseThatNobodyHas) {
  EXPECT_EQ(*choose_gpus({"a", "b", "c"}, {"b"}, 2), (Gpus{"a", "c"}));
  const auto none = choose_gpus({"a", "b", "c"}, {"b"}, 3);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().message, "ResourceInitializationError: needs 3 GPUs, and 2 of the host's 3 are free");
}

// ---- at the agent

class AgentGpus : public testing::AgentTest {
 protected:
  AgentGpus() {
    answer_delay = std::chrono::microseconds(10);
    options.gpus = {"GPU-a", "GPU-b", "GPU-c"};
    options.data_dir = disk / "agent";
  }
  static ContainerDefinition wants(const std::string& name, const std::string& count) {
    ContainerDefinition definition = testing::container(name);
    definition.resource_requirements = {{ResourceType::gpu, count}};
    return definition;
  }
  // What the task's container has been given, as the server was told and as the engine was asked.
  Gpus given(const std::string& uid, const std::string& name = "app") {
    Gpus told;
    for (const ContainerStatus& each : server.status(uid).containers) {
      if (each.name == name) told = each.gpu_ids;
    }
    EXPECT_EQ(created[host_name(uid, name)].gpu_ids, told);
    return told;
  }

  muster::testing::TemporaryDirectory disk;
};

TEST_F(AgentGpus, AreToldToTheServerAndGivenToOneContainerEach) {
  boot();
  settle();
  EXPECT_THAT(server.hellos.at(0).resources,
              ::testing::Contains(InstanceResource{"GPU", "STRINGSET", 0, {"GPU-a", "GPU-b", "GPU-c"}}));
  server.define("web:1", {wants("app", "1"), wants("side", "1"), testing::container("plain")});
  const std::string first = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(first).last_status, LastStatus::running);
  EXPECT_THAT(given(first, "plain"), IsEmpty());
  Gpus both = given(first, "app");
  const Gpus other = given(first, "side");
  both.insert(both.end(), other.begin(), other.end());
  EXPECT_THAT(both, ::testing::UnorderedElementsAre("GPU-a", "GPU-b"));

  server.define("one:1", {wants("app", "1")});
  const std::string second = server.run("one:1");
  settle();
  EXPECT_THAT(given(second), ElementsAre("GPU-c"));
  const std::string third = server.run("one:1");
  settle();
  EXPECT_EQ(server.status(third).stopped_reason,
            "ResourceInitializationError: needs 1 GPUs, and 0 of the host's 3 are free");
  server.stop(first);
  settle();
  const std::string fourth = server.run("one:1");
  settle();
  EXPECT_THAT(given(fourth), ElementsAre("GPU-a")) << "free as soon as the task has stopped";
}

TEST_F(AgentGpus, StayWithTheirTaskWhenTheAgentStartsAnew) {
  boot();
  settle();
  server.define("one:1", {wants("app", "1")});
  const std::string first = server.run("one:1");
  settle();
  crash();
  server.cut("crash");
  boot();
  settle();
  const std::string second = server.run("one:1");
  settle();
  EXPECT_THAT(given(first), ElementsAre("GPU-a"));
  EXPECT_THAT(given(second), ElementsAre("GPU-b"));
}

TEST_F(AgentGpus, StayWithTheirTaskWhenTheDiskIsLost) {
  boot();
  settle();
  server.define("one:1", {wants("app", "2")});
  const std::string first = server.run("one:1");
  settle();
  crash();
  server.cut("crash");
  options.data_dir = disk / "another";
  boot();
  settle();
  server.define("two:1", {wants("app", "1")});
  const std::string second = server.run("two:1");
  settle();
  EXPECT_THAT(given(second), ElementsAre("GPU-c"));
  EXPECT_EQ(server.status(first).last_status, LastStatus::running);
}

TEST_F(AgentGpus, AreOverridden) {
  boot();
  settle();
  server.define("one:1", {wants("app", "1")});
  const std::string uid = server.run("one:1", [](Task& task) {
    ContainerOverride& changed = task.spec.overrides.container_overrides.emplace_back();
    changed.name = "app";
    changed.resource_requirements = {{ResourceType::gpu, "2"}};
  });
  settle();
  EXPECT_THAT(given(uid), ElementsAre("GPU-a", "GPU-b"));
}

}  // namespace
}  // namespace muster::agent
