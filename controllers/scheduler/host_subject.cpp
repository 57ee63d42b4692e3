#include "controllers/scheduler/host_subject.h"

#include "controllers/base/instance_subject.h"

namespace muster::scheduler {

bool HostSubject::agent_connected() const {
  return host_.object != nullptr && effective_connection(*host_.object) == Connection::connected;
}

std::string_view HostSubject::agent_version() const {
  return host_.object != nullptr ? std::string_view(host_.object->status.version_info.agent_version)
                                 : std::string_view();
}

Time HostSubject::registered_at() const {
  return host_.object != nullptr ? host_.object->status.registered_at : Time{};
}

bool HostSubject::has_group(std::string_view group) const {
  return any_group([&](std::string_view name) { return name == group; });
}

bool HostSubject::any_group(const std::function<bool(std::string_view)>& test) const {
  for (const auto& each : host_.groups) {
    const std::string_view name = groups_.name(each.group);
    const bool ours = name.size() > ns_.size() && name.substr(0, ns_.size()) == ns_ && name[ns_.size()] == '/';
    if (ours && test(name.substr(ns_.size() + 1))) return true;
  }
  return false;
}

}  // namespace muster::scheduler
