#include "api/projection/endpoint_slice.h"

#include <gtest/gtest.h>

#include "api/projection/projection.h"
#include "api/types/pod.h"
#include "tests/support/builders.h"

namespace muster::projection {
namespace {

using namespace muster::testing;

a_task ready_task(const std::string& name = "web-0") {
  a_task task(name);
  task.uid("0123456789abcdef0123456789abcdef").on("host").running().group("service:web");
  task.with([](Task& o) {
    ContainerStatus container;
    container.name = "app";
    container.network_bindings = {{"0.0.0.0", 80, 32768, Protocol::tcp}, {"::", 80, 32768, Protocol::tcp}};
    o.status.containers.push_back(container);
  });
  return task;
}

an_instance host(Connection connection = Connection::connected) {
  an_instance instance("host");
  instance.connection(connection).attribute("ecs.availability-zone", "a");
  instance.with([](ContainerInstance& o) { o.status.address = "10.0.0.7"; });
  return instance;
}

TEST(Slices, where_a_task_answers) {
  const auto slice = slice_of(ready_task().object(), nullptr, &host().object());
  ASSERT_TRUE(slice);
  EXPECT_EQ(slice->metadata.name, "web-0");
  EXPECT_EQ(slice->metadata.generate_name, "web-");
  EXPECT_EQ(slice->metadata.labels.at("kubernetes.io/service-name"), "web");
  EXPECT_EQ(slice->address_type, "IPv4");
  ASSERT_EQ(slice->endpoints.size(), 1U);
  const view::Endpoint& endpoint = slice->endpoints.front();
  EXPECT_EQ(endpoint.addresses, std::vector<std::string>{"10.0.0.7"});
  EXPECT_TRUE(endpoint.conditions.ready);
  EXPECT_EQ(endpoint.node_name, "host");
  EXPECT_EQ(endpoint.zone, "a");
  EXPECT_EQ(endpoint.target_ref.uid, "81234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(slice->ports, (std::vector<view::EndpointPort>{{"tcp-80", "TCP", 32768}}))
      << "once for both versions of IP";
}

TEST(Slices, are_only_of_tasks_that_take_traffic) {
  TaskDefinitionSpec checked;
  checked.container_definitions.emplace_back().health_check.emplace();
  const auto none = [](const a_task& task, const an_instance& instance,
                       const TaskDefinitionSpec* definition = nullptr) {
    return !slice_of(task.object(), definition, &instance.object());
  };
  EXPECT_FALSE(none(ready_task(), host()));
  EXPECT_TRUE(none(ready_task().group("family:web"), host()));
  EXPECT_TRUE(none(a_task("t").group("service:web").on("host"), host())) << "pending";
  EXPECT_TRUE(none(ready_task().asked_to_stop(), host()));
  EXPECT_TRUE(none(ready_task().deleting(t0), host()));
  EXPECT_TRUE(none(ready_task().lost(), host()));
  EXPECT_TRUE(none(ready_task().stopped(StopCode::none), host()));
  for (const Connection each : {Connection::suspect, Connection::away, Connection::lost, Connection::returning})
    EXPECT_TRUE(none(ready_task(), host(each)));
  EXPECT_TRUE(none(ready_task(), host(), &checked)) << "no word of its health yet";
  EXPECT_FALSE(none(ready_task().health(HealthStatus::healthy), host(), &checked));
}

// What a watcher of slices is told of the changes of a state.
class Following : public ::testing::Test {
 protected:
  std::vector<std::string> put(const ObjectPtr& object) {
    auto copy = object->kind->copy(*object);
    copy->metadata.resource_version = ++revision_;
    return follow_one(Change{state_.find(key_of(*object)), copy});
  }
  std::vector<std::string> erase(const ObjectPtr& object) {
    ++revision_;
    return follow_one(Change{state_.find(key_of(*object)), nullptr});
  }

  std::vector<std::string> follow_one(const Change& change) {
    std::vector<std::string> out;
    for (const ViewChange& each : follow(kind_of<view::EndpointSlice>(), state_, {change}, {revision_})) {
      EXPECT_EQ(each.change.object().metadata.resource_version, revision_);
      const char* word = each.change.after == nullptr ? "-" : each.change.before == nullptr ? "+" : "~";
      out.push_back(str(word, each.change.object().metadata.name));
    }
    if (change.after != nullptr) {
      state_.put(change.after);
    } else {
      state_.erase(key_of(*change.before));
    }
    return out;
  }

  State state_;
  std::int64_t revision_ = 0;
};
using Told = std::vector<std::string>;

TEST_F(Following, tasks_come_and_go) {
  EXPECT_EQ(put(share(host().object())), Told{});
  EXPECT_EQ(put(share(a_task("web-0").group("service:web").on("host").object())), Told{});
  EXPECT_EQ(put(share(ready_task().object())), Told{"+web-0"});
  EXPECT_EQ(put(share(ready_task().with([](Task& o) { o.status.pull_started_at = t0; }).object())), Told{"~web-0"})
      << "its resourceVersion shows";
  EXPECT_EQ(put(share(ready_task().with([](Task& o) { o.status.containers.clear(); }).object())), Told{"~web-0"});
  EXPECT_EQ(put(share(ready_task().asked_to_stop().object())), Told{"-web-0"});
  EXPECT_EQ(put(share(ready_task().stopped(StopCode::none).object())), Told{});
}

TEST_F(Following, a_host_leaves_the_resource_version_alone) {
  ContainerInstance instance = host().object();
  instance.metadata.resource_version = 900;
  put(share(instance));
  Task task = ready_task().object();
  task.metadata.resource_version = 7;
  put(share(task));
  EXPECT_EQ(project(kind_of<view::EndpointSlice>(), state_, task)->metadata.resource_version, 7)
      << "else it would change without an event";
}

TEST_F(Following, a_suspect_host_takes_its_tasks_along) {
  put(share(host().object()));
  put(share(ready_task("web-0").object()));
  put(share(ready_task("web-1").object()));
  EXPECT_EQ(put(share(host().with([](ContainerInstance& o) { o.status.running_tasks_count = 2; }).object())), Told{});
  EXPECT_EQ(put(share(host(Connection::suspect).object())), (Told{"-web-0", "-web-1"}));
  EXPECT_EQ(put(share(ready_task("web-2").object())), Told{});
  EXPECT_EQ(put(share(host().object())), (Told{"+web-0", "+web-1", "+web-2"}));
  EXPECT_EQ(erase(share(host().object())), (Told{"-web-0", "-web-1", "-web-2"}));
}

// In one commit, one after the other.
TEST_F(Following, changes_build_on_each_other) {
  put(share(host().object()));
  put(share(ready_task().object()));
  const std::vector<Change> changes = {
      {state_.get<ContainerInstance>({}, "host"), share(host(Connection::suspect).object())},
      {state_.get<Task>("default", "web-0"), share(ready_task().stopped(StopCode::none).object())}};
  const auto told = follow(kind_of<view::EndpointSlice>(), state_, changes, {10, 11});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told.front().revision, 10);
  EXPECT_EQ(told.front().change.after, nullptr);
}

TEST_F(Following, a_pod_follows_its_task_alone) {
  put(share(host().object()));
  const ObjectPtr before = share(ready_task().object());
  put(before);
  const ObjectPtr after =
      share(ready_task().asked_to_stop().with([](Task& o) { o.metadata.resource_version = 9; }).object());
  const auto told = follow(kind_of<view::Pod>(), state_, {{before, after}, {after, nullptr}}, {9, 10});
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].change.after->metadata.resource_version, 9);
  EXPECT_EQ(told[1].change.after, nullptr);
  EXPECT_EQ(told[1].change.before->metadata.resource_version, 10) << "the deletion's revision";
}

}  // namespace
}  // namespace muster::projection
