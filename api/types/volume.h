// The volumes of a task definition, and where its containers see them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/types/meta.h"

namespace muster {

struct HostVolume {
  std::string source_path;  // on the host; empty: a fresh volume of the task
  bool operator==(const HostVolume&) const = default;
};

enum class VolumeScope { task, shared };
struct DockerVolume {
  VolumeScope scope = VolumeScope::task;
  bool autoprovision = false;  // of a shared one: made when it is missing
  std::string driver = "local";
  Labels driver_opts, labels;
  bool operator==(const DockerVolume&) const = default;
};

// Without host and docker, or with an empty host: a fresh volume of the task.
struct Volume {
  std::string name;
  std::optional<HostVolume> host;
  std::optional<DockerVolume> docker;
  bool operator==(const Volume&) const = default;
};

struct MountPoint {
  std::string source_volume;
  std::string container_path;
  bool read_only = false;
  bool operator==(const MountPoint&) const = default;
};

struct VolumeFrom {
  std::string source_container;
  bool read_only = false;
  bool operator==(const VolumeFrom&) const = default;
};

}  // namespace muster
