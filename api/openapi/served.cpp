#include "api/openapi/served.h"

#include <algorithm>
#include <array>

#include "api/base/text.h"

namespace muster::openapi {

std::vector<Served> served(const Kind& kind) {
  const GroupVersionKind itself{kind.group, kind.version, kind.kind};
  std::vector<Served> out;
  if (kind.source != nullptr) {
    out.push_back({&kind, "", itself, kind.verbs});
    if (kind.kind != "Pod") return out;
    out.push_back({&kind, "attach", {"", "v1", "PodAttachOptions"}, {"create", "get"}});
    out.push_back({&kind, "eviction", {"policy", "v1", "Eviction"}, {"create"}});
    out.push_back({&kind, "exec", {"", "v1", "PodExecOptions"}, {"create", "get"}});
    out.push_back({&kind, "log", itself, {"get"}});
    out.push_back({&kind, "portforward", {"", "v1", "PodPortForwardOptions"}, {"create", "get"}});
    return out;
  }
  static const std::vector<std::string_view> all = {"create", "delete", "deletecollection", "get",
                                                    "list",   "patch",  "update",           "watch"};
  out.push_back({&kind, "", itself, kind.verbs.empty() ? all : kind.verbs});
  if (kind.has_status) out.push_back({&kind, "status", itself, {"get", "patch", "update"}});
  if (kind.kind == "ServiceAccount") {
    out.push_back({&kind, "token", {"authentication.k8s.io", "v1", "TokenRequest"}, {"create"}});
  }
  if (kind.has_scale) out.push_back({&kind, "scale", {"autoscaling", "v1", "Scale"}, {"get", "patch", "update"}});
  if (kind.kind == "Task") {
    for (const std::string_view each : {"attach", "exec", "portforward"})
      out.push_back({&kind, each, itself, {"create", "get"}});
    out.push_back({&kind, "log", itself, {"get"}});
  }
  return out;
}

bool is_stream(const Served& served) {
  static constexpr std::array<std::string_view, 3> streams = {"attach", "exec", "portforward"};
  return std::ranges::find(streams, served.subresource) != streams.end();
}

std::string GroupVersion::path() const {
  return group.empty() ? str("api/", version) : str("apis/", group, "/", version);
}

std::string GroupVersion::name() const {
  return group.empty() ? std::string(version) : str(group, "/", version);
}

std::vector<GroupVersion> group_versions() {
  std::vector<GroupVersion> out;
  const auto add = [&](std::string_view group, std::string_view version) {
    const bool known = std::ranges::any_of(
        out, [&](const GroupVersion& each) { return each.group == group && each.version == version; });
    if (!known) out.push_back({group, version});
  };
  for (const Kind& kind : served_kinds()) add(kind.group, kind.version);
  std::ranges::stable_sort(out, {}, [](const GroupVersion& each) { return !each.group.empty(); });
  for (const access::Review& review : access::all_reviews()) add(review.group, review.version);
  return out;
}

std::vector<const access::Review*> reviews_of(const GroupVersion& group_version) {
  std::vector<const access::Review*> out;
  for (const access::Review& review : access::all_reviews()) {
    if (review.group == group_version.group && review.version == group_version.version) out.push_back(&review);
  }
  return out;
}

std::vector<const Kind*> kinds_of(const GroupVersion& group_version) {
  std::vector<const Kind*> out;
  for (const Kind& kind : served_kinds()) {
    if (kind.group == group_version.group && kind.version == group_version.version) out.push_back(&kind);
  }
  return out;
}

}  // namespace muster::openapi
