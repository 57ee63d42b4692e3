#include "runtime/drivers/cgroup/hierarchy.h"

#include <unistd.h>

#include "api/base/text.h"

namespace muster::cgroup {

int mounted_version(const std::string& root) {
  if (::access((root + "/cgroup.controllers").c_str(), F_OK) == 0) return 2;
  return ::access((root + "/memory").c_str(), F_OK) == 0 ? 1 : 0;
}

std::string folder_of(const std::string& root, std::string_view controller, std::string_view group) {
  std::string path = root;
  if (!controller.empty()) path += str('/', controller);
  if (group.starts_with('/')) group.remove_prefix(1);
  return group.empty() ? path : str(path, '/', group);
}

Membership parse_membership(std::string_view text) {
  // "ID:CONTROLLER,CONTROLLER:PATH"; of version 2 the id is 0 and the controllers are none.
  Membership out;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (controllers.empty()) {
      out.unified = group;
      continue;
    }
    for (const std::string_view controller : split(controllers, ',')) out.controllers[std::string(controller)] = group;
  }
  return out;
}

std::string group_of(std::string_view group, std::string_view id) {
  if (id.empty()) return {};
  for (const std::string_view part : split(group, '/')) {
    // The group is elsewhere than below the root that this process sees, or it is gone: "/docker/ID (deleted)".
    if (part == ".." || part.ends_with(" (deleted)")) return {};
  }
  const std::size_t at = group.find(id);
  if (at == std::string_view::npos) return {};
  return std::string(group.substr(0, group.find('/', at)));
}

}  // namespace muster::cgroup
