// The same container in the words of the drivers and of controllers/task.
#include "runtime/agent/translate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::agent {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;

TEST(Translation, bindings_leave_out_what_only_repeats_ipv4) {
  drivers::ContainerState state;
  state.ports = {{80, 4000, "tcp", "0.0.0.0"}, {80, 4000, "tcp", "::"}, {53, 5000, "udp", "::"}, {9, 0, "tcp", ""}};
  EXPECT_THAT(from_driver("app", state).bindings, ElementsAre(NetworkBinding{"0.0.0.0", 80, 4000, Protocol::tcp},
                                                              NetworkBinding{"::", 53, 5000, Protocol::udp}));
}

TEST(Translation, a_config_keeps_its_meaning) {
  task::ContainerConfig config;
  config.name = "n";
  config.image = "i";
  config.network_mode = NetworkMode::none;
  config.ports = {PortMapping{53, 5353, Protocol::udp, {}, {}}};
  config.health_check = HealthCheck{{"CMD", "true"}, 10, 2, 4, 7};
  drivers::ContainerConfig made = to_driver(config);
  EXPECT_FALSE(made.command.has_value());
  EXPECT_FALSE(made.entry_point.has_value());
  EXPECT_EQ(made.network_mode, "none");
  EXPECT_THAT(made.ports, ElementsAre(drivers::PortMapping{53, 5353, "udp", ""}));
  EXPECT_EQ(made.health_check, (drivers::HealthCheck{{"CMD", "true"}, seconds(10), seconds(2), seconds(7), 4}));
  config.command = {"run"};
  made = to_driver(config);
  EXPECT_EQ(made.command, std::vector<std::string>{"run"});
}

TEST(Translation, a_range_is_one_binding_and_many_ports) {
  task::ContainerConfig config;
  PortMapping range;
  range.container_port_range = "8000-8002";
  range.host_port = 40000;
  config.ports = {range, PortMapping{80, 0, Protocol::tcp, {}, {}}};
  EXPECT_THAT(to_driver(config).ports,
              ElementsAre(drivers::PortMapping{8000, 40000, "tcp", ""}, drivers::PortMapping{8001, 40001, "tcp", ""},
                          drivers::PortMapping{8002, 40002, "tcp", ""}, drivers::PortMapping{80, 0, "tcp", ""}));
  std::vector<NetworkBinding> bindings = {{"0.0.0.0", 80, 9, Protocol::tcp},
                                          {"0.0.0.0", 8001, 40001, Protocol::tcp},
                                          {"0.0.0.0", 8000, 40000, Protocol::tcp},
                                          {"0.0.0.0", 8002, 40002, Protocol::tcp},
                                          {"0.0.0.0", 8001, 7, Protocol::udp}};
  gather_ranges(config.ports, bindings);
  EXPECT_THAT(bindings, ElementsAre(NetworkBinding{"0.0.0.0", 80, 9, Protocol::tcp},
                                    NetworkBinding{"0.0.0.0", 0, 0, Protocol::tcp, "8000-8002", "40000-40002"},
                                    NetworkBinding{"0.0.0.0", 8001, 7, Protocol::udp}));
}

TEST(Translation, powers_keep_their_meaning) {
  task::ContainerConfig config;
  config.devices = {Device{"/dev/a", "/dev/b", {DevicePermission::mknod, DevicePermission::read}},
                    Device{"/dev/c", "/dev/c", {}}};
  config.pid_mode = "host";
  config.ipc_mode = "none";
  config.log = LogConfiguration{"local", {{"max-size", "1m"}}, {}};
  const drivers::ContainerConfig made = to_driver(config);
  ASSERT_EQ(made.devices.size(), 2U);
  EXPECT_EQ(made.devices[0].permissions, "rm");
  EXPECT_EQ(made.devices[1].permissions, "rwm");
  EXPECT_EQ(made.pid_mode, "host");
  EXPECT_EQ(made.ipc_mode, "none");
  ASSERT_TRUE(made.log);
  EXPECT_EQ(made.log->driver, "local");
}

TEST(Translation, a_containers_name_tells_its_task) {
  EXPECT_EQ(task_uid_of("muster-web-3-app-0123"), "0123");
  EXPECT_EQ(task_uid_of("nothing"), "");
}

}  // namespace
}  // namespace muster::agent
