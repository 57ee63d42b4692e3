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

TEST(Translation, a_containers_name_tells_its_task) {
  EXPECT_EQ(task_uid_of("muster-web-3-app-0123"), "0123");
  EXPECT_EQ(task_uid_of("nothing"), "");
}

}  // namespace
}  // namespace muster::agent
