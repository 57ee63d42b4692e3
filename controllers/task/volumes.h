// The volumes of a task as the container engine has them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controllers/task/desired.h"

namespace muster::task {

enum class Provision {
  make,    // the task's own: made before its containers, removed after them
  ensure,  // shared: made when it is missing
  expect,  // shared: must be there
};

struct VolumeConfig {
  std::string name;  // on the host
  Provision provision = Provision::make;
  std::string driver = "local";
  std::map<std::string, std::string> driver_options, labels;
  bool operator==(const VolumeConfig&) const = default;
};

// Those of the engine that containers of the task mount, in the definition's order; not paths of the host. The
// definition must be known.
std::vector<VolumeConfig> volume_configs(const DesiredTask& desired, const Identity& identity);
// What containers mount under that name: a path of the host, or the name of a volume.
std::string volume_source(const DesiredTask& desired, const std::string& volume);
// The labels by which the volumes of a task are found, whatever its definition was.
std::map<std::string, std::string> volume_labels(const DesiredTask& desired, const Identity& identity);
// Whether the task may have left volumes on the host: it has some of its own, or nobody knows its definition.
bool may_have_volumes(const DesiredTask& desired);

// At most 60 bytes that begin like the name and differ where it does.
std::string shortened(const std::string& name);

}  // namespace muster::task
