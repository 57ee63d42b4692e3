#include "controllers/service/images.h"

#include <algorithm>
#include <string>

#include "api/base/text.h"

namespace muster::service {

namespace {

std::uint64_t mixed(std::uint64_t hash, const std::string& name, const std::string& digest, const std::string& id) {
  return stable_hash(digest.empty() ? id : digest, stable_hash(name, hash));
}

bool is_known(const ContainerStatus& container) {
  return !container.image_digest.empty() || !container.image_id.empty();
}

const ContainerStatus* find(const Task& task, const std::string& container) {
  const auto found = std::find_if(task.status.containers.begin(), task.status.containers.end(),
                                  [&](const ContainerStatus& each) { return each.name == container; });
  return found == task.status.containers.end() ? nullptr : &*found;
}

}  // namespace

std::vector<ContainerImage> establish_images(const std::vector<ContainerImage>& established,
                                             const TaskDefinitionSpec& definition,
                                             const std::vector<TaskFacts>& tasks) {
  std::vector<ContainerImage> out;
  for (const ContainerDefinition& container : definition.container_definitions) {
    if (container.version_consistency == VersionConsistency::disabled) continue;
    const auto known = std::find_if(established.begin(), established.end(),
                                    [&](const ContainerImage& each) { return each.container_name == container.name; });
    if (known != established.end()) {
      out.push_back(*known);
      continue;
    }
    for (const TaskFacts& each : tasks) {
      if (each.task == nullptr || each.images == 0) continue;
      const ContainerStatus* status = find(*each.task, container.name);
      if (status == nullptr || !is_known(*status)) continue;
      ContainerImage image;
      image.container_name = container.name;
      image.image = container.image;
      image.image_digest = status->image_digest;
      if (image.image_digest.empty()) image.image_id = status->image_id;
      out.push_back(std::move(image));
      break;
    }
  }
  return out;
}

std::uint64_t images_hash(const Task& task) {
  std::uint64_t hash = 0;
  for (const ContainerStatus& each : task.status.containers) {
    if (is_known(each)) hash = mixed(hash, each.name, each.image_digest, each.image_id);
  }
  return hash;
}

std::uint64_t images_hash(const std::vector<ContainerImage>& established) {
  std::uint64_t hash = 0;
  for (const ContainerImage& each : established) {
    hash = mixed(hash, each.container_name, each.image_digest, each.image_id);
  }
  return hash;
}

bool differs(const Task& task, const std::vector<ContainerImage>& established) {
  return std::any_of(established.begin(), established.end(), [&](const ContainerImage& image) {
    const ContainerStatus* status = find(task, image.container_name);
    if (status == nullptr || !is_known(*status)) return false;
    return image.image_digest.empty() ? image.image_id != status->image_id : image.image_digest != status->image_digest;
  });
}

}  // namespace muster::service
