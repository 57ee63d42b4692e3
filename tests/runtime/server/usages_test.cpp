#include "runtime/server/usages.h"

#include <gtest/gtest.h>

#include "api/projection/projection.h"
#include "api/types/cluster.h"
#include "api/types/task.h"

namespace muster::server {
namespace {

std::shared_ptr<Task> task(const std::string& name, const std::string& uid, const std::string& instance) {
  auto out = std::make_shared<Task>(make<Task>());
  out->metadata.ns = "default";
  out->metadata.name = name;
  out->metadata.uid = uid;
  out->metadata.resource_version = 1;
  out->spec.container_instance = instance;
  return out;
}

class UsagesTest : public ::testing::Test {
 protected:
  UsagesTest() {
    state.put(task("web", "1", "host-1"));
    state.put(task("other", "2", "host-2"));
    auto instance = std::make_shared<ContainerInstance>(make<ContainerInstance>());
    instance->metadata.name = "host-1";
    instance->metadata.resource_version = 1;
    state.put(instance);
  }
  std::shared_ptr<const view::PodMetrics> pod(const std::string& name) const {
    const auto stored = state.get<Task>("default", name);
    return std::static_pointer_cast<const view::PodMetrics>(
        usages.filled(state, projection::project(kind_of<view::PodMetrics>(), state, *stored)));
  }
  std::shared_ptr<const view::NodeMetrics> node() const {
    const auto stored = state.get<ContainerInstance>({}, "host-1");
    return std::static_pointer_cast<const view::NodeMetrics>(
        usages.filled(state, projection::project(kind_of<view::NodeMetrics>(), state, *stored)));
  }
  static InstanceUsage usage() {
    InstanceUsage out;
    out.window = std::chrono::seconds(10);
    out.cpu_nanocores = 1'500'000'000;
    out.memory_bytes = std::int64_t{3} << 30;
    out.tasks = {{"1", {{"app", 250'000'000, 20 << 20}}}, {"2", {{"app", 1, 1 << 20}}}};
    return out;
  }
  const Time now = Time(std::chrono::seconds(1'000));
  State state;
  Usages usages;
};

TEST_F(UsagesTest, shows_what_the_agent_said_last) {
  EXPECT_EQ(pod("web"), nullptr);
  EXPECT_EQ(node(), nullptr);
  usages.take("host-1", now, usage());
  ASSERT_NE(pod("web"), nullptr);
  EXPECT_EQ(pod("web")->timestamp, now);
  EXPECT_EQ(pod("web")->window, std::chrono::seconds(10));
  ASSERT_EQ(pod("web")->containers.size(), 1U);
  EXPECT_EQ(pod("web")->containers[0].name, "app");
  EXPECT_EQ(pod("web")->containers[0].usage, (Labels{{"cpu", "250000000n"}, {"memory", "20480Ki"}}));
  EXPECT_EQ(node()->usage, (Labels{{"cpu", "1500000000n"}, {"memory", "3145728Ki"}}));
  usages.take("host-1", now, InstanceUsage{});
  EXPECT_EQ(pod("web"), nullptr) << "the task is not measured any more";
  EXPECT_NE(node(), nullptr);
  usages.drop("host-1");
  EXPECT_EQ(node(), nullptr);
}

TEST_F(UsagesTest, believes_an_agent_about_its_own_tasks_alone) {
  usages.take("host-1", now, usage());
  EXPECT_EQ(pod("other"), nullptr);
  usages.take("host-2", now, usage());
  EXPECT_NE(pod("other"), nullptr);
}

}  // namespace
}  // namespace muster::server
