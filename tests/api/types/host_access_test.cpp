// What amounts to root on the host, and what a namespace allows of it.
#include "api/types/host_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/kinds.h"

namespace muster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TaskDefinitionSpec powerful() {
  TaskDefinitionSpec spec;
  ContainerDefinition plain, strong;
  plain.linux_parameters.emplace().capabilities = Capabilities{{"CHOWN", "NET_BIND_SERVICE"}, {"ALL"}};
  plain.docker_security_options = {"no-new-privileges"};
  strong.privileged = true;
  strong.linux_parameters.emplace().capabilities = Capabilities{{"SYS_ADMIN"}, {}};
  strong.linux_parameters->devices = {Device{"/dev/fuse", {}, {}}};
  strong.docker_security_options = {"apparmor:unconfined"};
  spec.container_definitions = {plain, strong};
  spec.network_mode = NetworkMode::host;
  spec.pid_mode = PidMode::host;
  spec.ipc_mode = IpcMode::host;
  Volume fresh{"fresh", HostVolume{}, {}}, path{"path", HostVolume{"/etc"}, {}}, shared{"shared", {}, DockerVolume{}},
      bound{"bound", {}, DockerVolume{}};
  shared.docker->scope = VolumeScope::shared;
  bound.docker->driver_opts = {{"o", "bind"}, {"device", "/"}};
  spec.volumes = {fresh, path, shared, bound};
  return spec;
}

Namespace with(std::string_view annotation) {
  auto ns = make<Namespace>();
  ns.metadata.name = "prod";
  if (!annotation.empty()) ns.metadata.annotations[std::string(host_access_annotation)] = annotation;
  return ns;
}

std::vector<std::string> refused(const Namespace& ns) {
  std::vector<Cause> causes;
  check_host_access(powerful(), ns, Findings(causes, "spec"));
  std::vector<std::string> fields;
  for (const Cause& cause : causes) fields.push_back(cause.field);
  return fields;
}

TEST(HostAccess, everything_that_amounts_to_root_is_named) {
  EXPECT_THAT(refused(with("")),
              ElementsAre("spec.containerDefinitions[1].privileged",
                          "spec.containerDefinitions[1].linuxParameters.capabilities.add",
                          "spec.containerDefinitions[1].linuxParameters.devices",
                          "spec.containerDefinitions[1].dockerSecurityOptions", "spec.networkMode",
                          "spec.volumes[1].host.sourcePath", "spec.volumes[2].dockerVolumeConfiguration.scope",
                          "spec.volumes[3].dockerVolumeConfiguration.driverOpts", "spec.pidMode", "spec.ipcMode"));
  EXPECT_THAT(refused(with("all")), IsEmpty());
  EXPECT_EQ(refused(with("none")), refused(with("")));
  EXPECT_THAT(host_access_of(TaskDefinitionSpec{}), IsEmpty());
}

TEST(HostAccess, each_word_allows_its_own) {
  EXPECT_THAT(refused(with("privileged, capabilities,devices,securityOptions,hostNetwork,sharedVolumes")),
              ElementsAre("spec.volumes[1].host.sourcePath", "spec.volumes[3].dockerVolumeConfiguration.driverOpts",
                          "spec.pidMode", "spec.ipcMode"));
  EXPECT_THAT(refused(with("privileged,hostPaths,devices,capabilities,securityOptions,hostNetwork,hostPid,hostIpc")),
              ElementsAre("spec.volumes[2].dockerVolumeConfiguration.scope"));
}

TEST(HostAccess, a_refusal_says_what_to_write) {
  std::vector<Cause> causes;
  TaskDefinitionSpec spec;
  spec.network_mode = NetworkMode::host;
  spec.pid_mode = PidMode::host;
  check_host_access(spec, with("devices"), Findings(causes, "spec"));
  ASSERT_EQ(causes.size(), 2U);
  EXPECT_EQ(
      causes[0].message,
      "Forbidden: gives power over the host (hostNetwork), which namespace \"prod\" does not allow; who may write "
      "Namespaces can allow it by its annotation muster.dev/host-access=devices,hostNetwork,hostPid");
  EXPECT_THAT(refused_host_access(spec, with("hostPid")), HasSubstr("networkMode, which gives power over the host"));
  EXPECT_THAT(refused_host_access(spec, with("hostPid")), HasSubstr("=hostNetwork,hostPid"));
  EXPECT_EQ(refused_host_access(spec, with("hostPid,hostNetwork")), "");
}

TEST(HostAccess, only_known_words_are_stored) {
  const auto valid = [](std::string_view text) { return validate_object(with(text)); };
  EXPECT_TRUE(valid("all").ok());
  EXPECT_TRUE(valid("none").ok());
  EXPECT_TRUE(valid("devices, hostPid").ok());
  const Status status = valid("devices,hostpid");
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().text(), HasSubstr("metadata.annotations[muster.dev/host-access]"));
  EXPECT_THAT(status.error().text(), HasSubstr("hostNetwork"));
  EXPECT_FALSE(HostAllowance::of(with("devices,hostpid")).allows(HostAccess::devices)) << "one that slipped in";
}

}  // namespace
}  // namespace muster
