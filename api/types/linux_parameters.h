// What a container asks of the Linux kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace muster {

struct Tmpfs {
  std::string container_path;
  std::int32_t size = 0;  // MiB
  std::vector<std::string> mount_options;
  bool operator==(const Tmpfs&) const = default;
};

struct Ulimit {
  std::string name;
  std::int64_t soft_limit = 0, hard_limit = 0;  // -1: unlimited
  bool operator==(const Ulimit&) const = default;
};

// Names without CAP_, or ALL.
struct Capabilities {
  std::vector<std::string> add, drop;
  bool operator==(const Capabilities&) const = default;
};

enum class DevicePermission { read, write, mknod };
struct Device {
  std::string host_path;
  std::string container_path;                 // empty: the host's
  std::vector<DevicePermission> permissions;  // none: all
  bool operator==(const Device&) const = default;
};

struct LinuxParameters {
  bool init_process_enabled = false;
  std::optional<std::int32_t> shared_memory_size;  // MiB
  std::vector<Tmpfs> tmpfs;
  std::optional<std::int32_t> max_swap;    // MiB beside the memory; absent: the engine's default
  std::optional<std::int32_t> swappiness;  // counts with max_swap only
  std::optional<Capabilities> capabilities;
  std::vector<Device> devices;
  bool operator==(const LinuxParameters&) const = default;
};

// A parameter of the kernel that each container has for itself.
struct SystemControl {
  std::string ns;  // "net.core.somaxconn"
  std::string value;
  bool operator==(const SystemControl&) const = default;
};

}  // namespace muster
