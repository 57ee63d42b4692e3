#include "api/types/linux_parameters.h"

#include "api/types/describe_kind.h"
#include "api/types/patterns.h"

namespace muster {
namespace {

// OpenAPI's numbers are doubles: the highest that is exact in one.
constexpr std::int64_t highest_limit = (std::int64_t{1} << 53) - 1;

}  // namespace

template <>
Type Describe<Tmpfs>::type() {
  return object<Tmpfs>(
      "Tmpfs", "A file system in memory, empty at each start of the container.",
      field<&Tmpfs::container_path>("containerPath", "The directory in the container.")
          .required()
          .max_length(4096)
          .pattern(patterns::mount_directory),
      field<&Tmpfs::size>("size", "MiB that it may hold; they count as memory of the container.")
          .required()
          .range(1, 1'073'741'824),
      field<&Tmpfs::mount_options>("mountOptions", "Options of the mount, as in \"noexec\" or \"mode=1777\".")
          .pattern(patterns::tmpfs_option)
          .max_items(32)
          .atomic());
}

template <>
Type Describe<Ulimit>::type() {
  return object<Ulimit>(
      "Ulimit", "A limit of the kernel for each process of the container.",
      field<&Ulimit::name>("name", "What is limited, as in \"nofile\".").required().pattern(patterns::ulimit_name),
      field<&Ulimit::soft_limit>("softLimit", "The limit that holds at first; -1 is unlimited.")
          .range(-1, highest_limit)
          .keep_zero(),
      field<&Ulimit::hard_limit>("hardLimit", "Up to where a process may raise its own; -1 is unlimited.")
          .range(-1, highest_limit)
          .keep_zero());
}

template <>
Type Describe<Capabilities>::type() {
  return object<Capabilities>("Capabilities",
                              "Capabilities of the kernel by their names without CAP_, as in NET_ADMIN; or ALL.",
                              field<&Capabilities::add>("add", "Given to the container beside those that it has.")
                                  .pattern(patterns::capability)
                                  .max_items(64)
                                  .atomic(),
                              field<&Capabilities::drop>("drop", "Taken from the container.")
                                  .pattern(patterns::capability)
                                  .max_items(64)
                                  .atomic());
}

template <>
Type Describe<DevicePermission>::type() {
  return enumeration<DevicePermission>("DevicePermission", "What may be done with a device.",
                                       {"read", "write", "mknod"});
}

template <>
Type Describe<Device>::type() {
  return object<Device>(
      "Device", "A device of the host.",
      field<&Device::host_path>("hostPath", "Its path on the host.").required().pattern(patterns::host_path),
      field<&Device::container_path>("containerPath", "Its path in the container; the host's when absent.")
          .pattern(patterns::mount_path),
      field<&Device::permissions>("permissions", "What the container may do with it; all when absent.")
          .max_items(3)
          .atomic());
}

template <>
Type Describe<SystemControl>::type() {
  return object<SystemControl>("SystemControl", "A parameter of the kernel, as sysctl knows it.",
                               field<&SystemControl::ns>("namespace", "Its name, as in net.core.somaxconn.")
                                   .required()
                                   .pattern(patterns::system_control),
                               field<&SystemControl::value>("value", "Its value.").required().max_length(1024));
}

template <>
Type Describe<LinuxParameters>::type() {
  return object<LinuxParameters>(
      "LinuxParameters", "Options of the Linux kernel for the container.",
      field<&LinuxParameters::init_process_enabled>(
          "initProcessEnabled", "Runs a small init as process 1, which forwards signals and reaps children."),
      field<&LinuxParameters::shared_memory_size>("sharedMemorySize", "MiB of /dev/shm.").range(1, 1'073'741'824),
      field<&LinuxParameters::tmpfs>("tmpfs", "File systems in memory.").max_items(32).keyed_by("containerPath"),
      field<&LinuxParameters::max_swap>("maxSwap",
                                        "MiB of swap that the container may use beside its memory, which must be "
                                        "limited; 0 is none. Absent: the container engine's default.")
          .range(0, 1'073'741'824),
      field<&LinuxParameters::swappiness>("swappiness",
                                          "How readily the kernel swaps; without maxSwap it is ignored, as it is on "
                                          "hosts with version 2 of control groups.")
          .range(0, 100),
      field<&LinuxParameters::capabilities>("capabilities", "Powers of root that the container has or lacks."),
      field<&LinuxParameters::devices>("devices", "Devices of the host that the container may use.")
          .max_items(100)
          .atomic());
}

}  // namespace muster
