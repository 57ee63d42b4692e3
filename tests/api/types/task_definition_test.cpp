// What a task reserves, as ECS's scheduler counts it.
#include "api/types/task_definition.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

ContainerDefinition container(std::int32_t cpu, std::optional<std::int32_t> memory,
                              std::optional<std::int32_t> reservation) {
  ContainerDefinition out;
  out.cpu = cpu;
  out.memory = memory;
  out.memory_reservation = reservation;
  return out;
}

PortMapping port(std::int32_t in_container, std::int32_t on_host, Protocol protocol = Protocol::tcp) {
  PortMapping out;
  out.container_port = in_container;
  out.host_port = on_host;
  out.protocol = protocol;
  return out;
}

TEST(Resources, SumOverContainersWithTheReservationFirst) {
  TaskDefinitionSpec spec;
  spec.container_definitions = {container(100, 64, std::nullopt), container(0, 128, 32),
                                container(28, std::nullopt, 16)};
  const Resources resources = resources_of(spec);
  EXPECT_EQ(resources.cpu, 128);
  EXPECT_EQ(resources.memory_mib, 64 + 32 + 16);
}

TEST(Resources, TheSizeOfTheTaskWins) {
  TaskDefinitionSpec spec;
  spec.container_definitions = {container(100, 64, std::nullopt)};
  spec.memory = "1GB";
  EXPECT_EQ(resources_of(spec).memory_mib, 1024);
  EXPECT_EQ(resources_of(spec).cpu, 100);
  spec.cpu = "0.5 vCPU";
  EXPECT_EQ(resources_of(spec).cpu, 512);
}

TEST(Resources, OnlyFixedPortsCount) {
  TaskDefinitionSpec spec;
  ContainerDefinition first = container(0, 64, std::nullopt);
  first.port_mappings = {port(80, 0), port(81, 8081), port(53, 5353, Protocol::udp)};
  ContainerDefinition second = container(0, 64, std::nullopt);
  second.port_mappings = {port(82, 8000)};
  spec.container_definitions = {first, second};
  EXPECT_EQ(resources_of(spec).tcp_ports, (std::vector<std::int32_t>{8000, 8081}));
  EXPECT_EQ(resources_of(spec).udp_ports, (std::vector<std::int32_t>{5353}));
  spec.network_mode = NetworkMode::host;
  EXPECT_EQ(resources_of(spec).tcp_ports, (std::vector<std::int32_t>{80, 8000, 8081}));
  spec.network_mode = NetworkMode::none;
  EXPECT_TRUE(resources_of(spec).tcp_ports.empty());
}

}  // namespace
}  // namespace muster
