// ECS's rules for volumes, mount points and volumesFrom.
#include <algorithm>
#include <set>
#include <string>

#include "api/base/text.h"
#include "api/types/checks.h"
#include "api/types/host_names.h"

namespace muster {
namespace {

// What the agent calls the volumes of tasks begins so.
constexpr std::string_view task_volumes = "muster-";

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

void check_docker(const Volume& volume, const Findings& at) {
  const DockerVolume& docker = *volume.docker;
  const Findings here = at.under("dockerVolumeConfiguration");
  if (volume.host && !volume.host->source_path.empty()) {
    at.forbidden("dockerVolumeConfiguration", "may not be used with host: a volume is one or the other");
  }
  if (docker.scope == VolumeScope::task && docker.autoprovision) {
    here.forbidden("autoprovision", "may only be used with scope shared: a volume of a task is always made");
  }
  if (docker.scope == VolumeScope::shared) {
    if (!is_volume_name(volume.name)) {
      at.invalid("name", volume.name, "a shared volume's name needs two characters, the first a letter or digit");
    } else if (volume.name.starts_with(task_volumes)) {
      at.invalid("name", volume.name,
                 str("names of shared volumes must not begin with ", task_volumes, ", which those of tasks have"));
    }
  }
  for (const auto& [key, value] : docker.driver_opts) {
    if (key.empty() || has_nul(key) || has_nul(value)) {
      here.invalid("driverOpts", key, "must have a key and no NUL character");
    }
  }
  for (const auto& [key, value] : docker.labels) {
    if (key.empty() || has_nul(key) || has_nul(value))
      here.invalid("labels", key, "must have a key and no NUL character");
    for (const std::string_view prefix : {"com.amazonaws.ecs.", "muster.dev/"}) {
      if (key.starts_with(prefix)) here.invalid("labels", key, str("keys that begin with ", prefix, " are reserved"));
    }
  }
}

std::string_view without_slashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

void check_mounts(const TaskDefinitionSpec& spec, const ContainerDefinition& container, const Findings& at) {
  std::set<std::string_view> places;
  if (container.linux_parameters) {
    for (const Tmpfs& tmpfs : container.linux_parameters->tmpfs) places.insert(without_slashes(tmpfs.container_path));
  }
  for (std::size_t i = 0; i < container.mount_points.size(); ++i) {
    const MountPoint& mount = container.mount_points[i];
    const Findings here = at.under("mountPoints", i);
    const bool known =
        std::ranges::any_of(spec.volumes, [&](const Volume& volume) { return volume.name == mount.source_volume; });
    if (!known && !mount.source_volume.empty()) here.not_found("sourceVolume", mount.source_volume);
    if (!mount.container_path.empty() && !places.insert(without_slashes(mount.container_path)).second) {
      here.duplicate("containerPath", mount.container_path);
    }
  }
}

void check_sources(const TaskDefinitionSpec& spec, const ContainerDefinition& container, const Findings& at) {
  for (std::size_t i = 0; i < container.volumes_from.size(); ++i) {
    const std::string& source = container.volumes_from[i].source_container;
    const Findings here = at.under("volumesFrom", i);
    if (source.empty()) continue;  // required says so
    const bool known = std::ranges::any_of(spec.container_definitions,
                                           [&](const ContainerDefinition& other) { return other.name == source; });
    if (source == container.name) {
      here.invalid("sourceContainer", source, "must not be the container itself");
    } else if (!known) {
      here.not_found("sourceContainer", source);
    }
  }
}

}  // namespace

void check_volumes(const TaskDefinitionSpec& spec, const Findings& findings) {
  for (std::size_t i = 0; i < spec.volumes.size(); ++i) {
    if (spec.volumes[i].docker) check_docker(spec.volumes[i], findings.under("volumes", i));
  }
  for (std::size_t i = 0; i < spec.container_definitions.size(); ++i) {
    const Findings at = findings.under("containerDefinitions", i);
    check_mounts(spec, spec.container_definitions[i], at);
    check_sources(spec, spec.container_definitions[i], at);
  }
}

}  // namespace muster
