// What containers may name of their host: its paths, its kernel's parameters, its engine's drivers. All pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace muster {

// A path of the host: absolute, without a part ".." and without ':', which separates the parts of a mount.
bool is_host_path(std::string_view text);
// The same for a directory or file in a container, other than "/".
bool is_mount_path(std::string_view text);
// A capability of the kernel in ECS's spelling, without CAP_; or ALL.
bool is_capability(std::string_view text);
// One that every container has which asks for none.
bool is_default_capability(std::string_view text);
// A parameter of the kernel that each container has for itself.
bool is_system_control(std::string_view text);
// Of these, one of System V's or POSIX's inter-process communication; the others are of the network.
bool is_ipc_control(std::string_view text);
// A log driver of the Docker Engine.
bool is_log_driver(std::string_view text);
// A volume driver's name, as in "local" or "vieux/sshfs:latest".
bool is_volume_driver(std::string_view text);
// A name that the engine takes for a volume: ECS's rule, beginning with a letter or digit, of two at least.
bool is_volume_name(std::string_view text);
// no-new-privileges, apparmor:PROFILE or label:OPTION; '=' is as good as ':'.
bool is_security_option(std::string_view text);

// "8000-8009": the first lower than the last.
struct PortSpan {
  std::int32_t first = 0, last = 0;
  std::int32_t size() const { return last - first + 1; }
};
std::optional<PortSpan> parse_port_span(std::string_view text);
bool is_port_span(std::string_view text);

}  // namespace muster
