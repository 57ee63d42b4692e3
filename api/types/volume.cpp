#include "api/types/volume.h"

#include "api/types/describe_kind.h"
#include "api/types/patterns.h"

namespace muster {

template <>
Type Describe<HostVolume>::type() {
  return object<HostVolume>("HostVolume", "A path of the host.",
                            field<&HostVolume::source_path>(
                                "sourcePath",
                                "The path; a directory is made there when nothing is. Absent: a fresh volume, removed "
                                "with the task.")
                                .pattern(patterns::host_path));
}

template <>
Type Describe<VolumeScope>::type() {
  return enumeration<VolumeScope>("VolumeScope",
                                  "task: made for the task and removed with its containers. shared: of the host, and "
                                  "kept; all tasks that name it see the same.",
                                  {"task", "shared"});
}

template <>
Type Describe<DockerVolume>::type() {
  return object<DockerVolume>(
      "DockerVolume", "A volume of the container engine.", field<&DockerVolume::scope>("scope", "Whose it is."),
      field<&DockerVolume::autoprovision>("autoprovision",
                                          "Of a shared volume: it is made when the host has none of that name; "
                                          "otherwise the task fails there."),
      field<&DockerVolume::driver>("driver", "The engine's volume driver.").pattern(patterns::volume_driver),
      field<&DockerVolume::driver_opts>("driverOpts", "Options of the driver.").max_items(64).max_length(4096),
      field<&DockerVolume::labels>("labels",
                                   "Labels of the volume in the container engine. Keys that begin with "
                                   "com.amazonaws.ecs. or muster.dev/ are reserved.")
          .max_items(64)
          .max_length(4096));
}

template <>
Type Describe<Volume>::type() {
  return object<Volume>(
      "Volume",
      "Data that containers of the task mount. With neither host nor dockerVolumeConfiguration it is a fresh "
      "volume, removed with the task.",
      field<&Volume::name>("name", "The name that mountPoints refer to; a shared volume's name on the host.")
          .required()
          .pattern(patterns::ecs_name),
      field<&Volume::host>("host", "A path of the host."),
      field<&Volume::docker>("dockerVolumeConfiguration", "A volume of the container engine."));
}

template <>
Type Describe<MountPoint>::type() {
  return object<MountPoint>(
      "MountPoint", "Where the container sees a volume.",
      field<&MountPoint::source_volume>("sourceVolume", "A volume of the task definition.").required(),
      field<&MountPoint::container_path>("containerPath", "The directory or file in the container.")
          .required()
          .pattern(patterns::mount_path),
      field<&MountPoint::read_only>("readOnly", "The container can only read it."));
}

template <>
Type Describe<VolumeFrom>::type() {
  return object<VolumeFrom>(
      "VolumeFrom", "All volumes of another container, at the same places.",
      field<&VolumeFrom::source_container>("sourceContainer", "A container of the same task definition.").required(),
      field<&VolumeFrom::read_only>("readOnly", "The container can only read them."));
}

}  // namespace muster
