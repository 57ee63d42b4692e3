#include "api/projection/node.h"

#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace muster::projection {
namespace {

using namespace muster::testing;

std::string cell(const view::Node& node, std::string_view column) {
  for (const Column& each : node.kind->columns) {
    if (each.name == column) return each.cell(node, t0);
  }
  return "no such column";
}

ContainerInstance host() {
  an_instance instance("host");
  instance.cpu(3584).memory(8192).attribute("ecs.cpu-architecture", "x86_64").attribute("ecs.os-type", "linux");
  instance.attribute("ecs.os-family", "LINUX").attribute("ecs.availability-zone", "a").label("rack", "7");
  return instance
      .with([](ContainerInstance& o) {
        o.status.address = "10.0.0.7";
        o.status.version_info = {"0.1.0", "docker 20.10"};
      })
      .object();
}

TEST(Nodes, what_they_say) {
  const view::Node node = node_of(host());
  EXPECT_EQ(node.status.capacity, (Labels{{"cpu", "3500m"}, {"memory", "8192Mi"}}));
  EXPECT_EQ(node.status.allocatable, node.status.capacity);
  EXPECT_EQ(node.metadata.labels, (Labels{{"kubernetes.io/arch", "amd64"},
                                          {"kubernetes.io/hostname", "host"},
                                          {"kubernetes.io/os", "linux"},
                                          {"rack", "7"},
                                          {"topology.kubernetes.io/zone", "a"}}));
  EXPECT_EQ(node.status.addresses, (std::vector<view::NodeAddress>{{"InternalIP", "10.0.0.7"}, {"Hostname", "host"}}));
  EXPECT_EQ(node.status.node_info.kubelet_version, "v0.1.0");
  EXPECT_EQ(cell(node, "Version"), "v0.1.0");
  EXPECT_EQ(cell(node, "Container-Runtime"), "docker 20.10");
  EXPECT_EQ(cell(node, "Roles"), "<none>");
}

TEST(Nodes, have_gpus) {
  ContainerInstance with = host();
  with.status.registered_resources.push_back(InstanceResource{"GPU", "STRINGSET", 0, {"GPU-a", "GPU-b"}});
  EXPECT_EQ(node_of(with).status.capacity.at("nvidia.com/gpu"), "2");
}

TEST(Nodes, states) {
  const struct {
    an_instance instance;
    const char *ready, *status;
  } rows[] = {
      {an_instance("host"), "True", "Ready"},
      {an_instance("host").unschedulable(), "True", "Ready,SchedulingDisabled"},
      {an_instance("host").draining(), "True", "Ready"},
      {an_instance("host").connection(Connection::suspect), "Unknown", "NotReady"},
      {an_instance("host").connection(Connection::away), "Unknown", "NotReady"},
      {an_instance("host").connection(Connection::lost).unschedulable(), "Unknown", "NotReady,SchedulingDisabled"},
      {an_instance("host").connection(Connection::returning), "False", "NotReady"},
  };
  for (const auto& row : rows) {
    const view::Node node = node_of(row.instance.object());
    EXPECT_EQ(node.status.conditions.front().status, row.ready) << row.status;
    EXPECT_EQ(cell(node, "Status"), row.status);
  }
}

TEST(Nodes, what_is_written_is_the_instances) {
  const ContainerInstance stored = host();
  view::Node node = node_of(stored);
  node.spec.unschedulable = true;
  node.spec.taints = {{"dedicated", "db", TaintEffect::no_execute}};
  node.metadata.labels["rack"] = "8";
  node.metadata.annotations["note"] = "x";
  const auto written = write_back(node, stored);
  ASSERT_TRUE(written.ok()) << written.error().text();
  EXPECT_TRUE(written->spec.unschedulable);
  EXPECT_EQ(written->spec.status, InstanceState::active) << "cordon is not drain";
  EXPECT_EQ(written->spec.taints, node.spec.taints);
  EXPECT_EQ(written->metadata.labels, (Labels{{"rack", "8"}})) << "made labels are not stored";
  EXPECT_EQ(written->metadata.annotations, (Labels{{"note", "x"}}));
  EXPECT_EQ(written->metadata.uid, stored.metadata.uid);
}

TEST(Nodes, writing_what_was_read_changes_nothing) {
  const ContainerInstance stored = host();
  const auto written = write_back(node_of(stored), stored);
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(written->metadata, stored.metadata);
  EXPECT_EQ(written->spec, stored.spec);
}

TEST(Nodes, refuse_other_changes) {
  const ContainerInstance stored = host();
  const auto refused = [&](const char* field, auto edit) {
    view::Node node = node_of(stored);
    edit(node);
    const auto written = write_back(node, stored);
    ASSERT_FALSE(written.ok()) << field;
    EXPECT_EQ(written.error().code, Code::invalid);
    EXPECT_EQ(written.error().causes.front().field, field);
    EXPECT_NE(written.error().message.find("a view of containerinstances.muster.dev"), std::string::npos);
  };
  refused("metadata.finalizers", [](view::Node& node) { node.metadata.finalizers = {"a/b"}; });
  refused("spec.providerID", [](view::Node& node) { node.spec.provider_id = "other"; });
  refused("metadata.labels[kubernetes.io/arch]",
          [](view::Node& node) { node.metadata.labels["kubernetes.io/arch"] = "arm64"; });
  refused("metadata.labels[kubernetes.io/hostname]",
          [](view::Node& node) { node.metadata.labels.erase("kubernetes.io/hostname"); });
}

}  // namespace
}  // namespace muster::projection
