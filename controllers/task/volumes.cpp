#include "controllers/task/volumes.h"

#include <algorithm>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "controllers/task/container_config.h"

namespace muster::task {
namespace {

constexpr std::size_t name_part_bytes = 60;

bool is_path(const Volume& volume) {
  return volume.host && !volume.host->source_path.empty();
}

bool is_shared(const Volume& volume) {
  return volume.docker && volume.docker->scope == VolumeScope::shared;
}

bool is_mounted(const TaskDefinitionSpec& spec, const std::string& volume) {
  return std::ranges::any_of(spec.container_definitions, [&](const ContainerDefinition& container) {
    return std::ranges::any_of(container.mount_points,
                               [&](const MountPoint& mount) { return mount.source_volume == volume; });
  });
}

std::string host_name(const DesiredTask& desired, const Volume& volume) {
  if (is_shared(volume)) return volume.name;
  return str("muster-", shortened(family_of(desired.spec.task_definition)), '-',
             revision_number(desired.spec.task_definition), '-', shortened(volume.name), '-', desired.uid);
}

VolumeConfig config_of(const DesiredTask& desired, const Identity& identity, const Volume& volume) {
  VolumeConfig config;
  config.name = host_name(desired, volume);
  if (volume.docker) {
    config.driver = volume.docker->driver;
    config.driver_options = {volume.docker->driver_opts.begin(), volume.docker->driver_opts.end()};
    config.labels = {volume.docker->labels.begin(), volume.docker->labels.end()};
  }
  if (is_shared(volume)) {
    config.provision = volume.docker->autoprovision ? Provision::ensure : Provision::expect;
    return config;
  }
  for (auto& [key, value] : volume_labels(desired, identity)) config.labels[key] = value;
  config.labels[std::string(label::instance)] = identity.instance;
  config.labels[std::string(label::ns)] = desired.ns;
  config.labels[std::string(label::task)] = desired.name;
  return config;
}

}  // namespace

// Docker names begin with a letter or digit and hold letters, digits, '_', '.' and '-': so do ECS's, when shortened.
std::string shortened(const std::string& name) {
  if (name.size() <= name_part_bytes) return name;
  return str(name.substr(0, name_part_bytes - 9), '-', hex(stable_hash(name), 8));
}

std::map<std::string, std::string> volume_labels(const DesiredTask& desired, const Identity& identity) {
  return {{std::string(label::cluster_uid), identity.cluster_uid}, {std::string(label::task_uid), desired.uid}};
}

std::vector<VolumeConfig> volume_configs(const DesiredTask& desired, const Identity& identity) {
  MUSTER_ASSERT(desired.definition != nullptr);
  std::vector<VolumeConfig> out;
  for (const Volume& volume : desired.definition->volumes) {
    if (is_path(volume) || !is_mounted(*desired.definition, volume.name)) continue;
    out.push_back(config_of(desired, identity, volume));
  }
  return out;
}

std::string volume_source(const DesiredTask& desired, const std::string& volume) {
  const auto found = std::ranges::find(desired.definition->volumes, volume, &Volume::name);
  MUSTER_ASSERT(found != desired.definition->volumes.end());
  return is_path(*found) ? found->host->source_path : host_name(desired, *found);
}

bool may_have_volumes(const DesiredTask& desired) {
  if (desired.definition == nullptr) return true;
  return std::ranges::any_of(desired.definition->volumes,
                             [](const Volume& volume) { return !is_path(volume) && !is_shared(volume); });
}

}  // namespace muster::task
