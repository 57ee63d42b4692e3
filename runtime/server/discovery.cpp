#include "runtime/server/discovery.h"

#include <set>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/kinds.h"
#include "runtime/base/version.h"

namespace muster::server {
namespace {

std::string quote(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string quote_all(const std::vector<std::string_view>& words) {
  std::string out = "[";
  for (const std::string_view word : words) {
    if (out.size() > 1) out += ',';
    append_json_string(out, word);
  }
  return out + "]";
}

std::string resource_json(const Kind& kind) {
  std::string out = str("{\"name\":", quote(kind.plural), ",\"singularName\":", quote(kind.singular),
                        ",\"namespaced\":", kind.scope == Scope::namespaced, ",\"kind\":", quote(kind.kind),
                        R"(,"verbs":["create","delete","get","list","patch","update","watch"])");
  if (!kind.short_names.empty()) out += ",\"shortNames\":" + quote_all(kind.short_names);
  if (!kind.categories.empty()) out += ",\"categories\":" + quote_all(kind.categories);
  out += '}';
  const auto sub = [&](std::string_view name, std::string_view extra, std::string_view of) {
    out += str(",{\"name\":", quote(str(kind.plural, "/", name)),
               ",\"singularName\":\"\",\"namespaced\":", kind.scope == Scope::namespaced, extra,
               ",\"kind\":", quote(of), R"(,"verbs":["get","patch","update"]})");
  };
  if (kind.has_status) sub("status", "", kind.kind);
  if (kind.has_scale) sub("scale", R"(,"group":"autoscaling","version":"v1")", "Scale");
  return out;
}

std::optional<std::string> resource_list(std::string_view group, std::string_view version) {
  std::string resources;
  std::string api_version;
  for (const Kind& kind : all_kinds()) {
    if (kind.group != group || kind.version != version) continue;
    api_version = kind.api_version();
    if (!resources.empty()) resources += ',';
    resources += resource_json(kind);
  }
  if (resources.empty()) return std::nullopt;
  return str(R"({"kind":"APIResourceList","apiVersion":"v1","groupVersion":)", quote(api_version), ",\"resources\":[",
             resources, "]}");
}

std::string group_json(std::string_view group, std::string_view version) {
  const std::string entry =
      str("{\"groupVersion\":", quote(str(group, "/", version)), ",\"version\":", quote(version), "}");
  return str("{\"name\":", quote(group), ",\"versions\":[", entry, "],\"preferredVersion\":", entry);
}

std::vector<std::pair<std::string_view, std::string_view>> groups() {
  std::vector<std::pair<std::string_view, std::string_view>> out;
  std::set<std::string_view> seen;
  for (const Kind& kind : all_kinds()) {
    if (!kind.group.empty() && seen.insert(kind.group).second) out.emplace_back(kind.group, kind.version);
  }
  return out;
}

std::string group_list() {
  std::string out = R"({"kind":"APIGroupList","apiVersion":"v1","groups":[)";
  for (const auto& [group, version] : groups()) {
    if (out.back() != '[') out += ',';
    out += group_json(group, version) + "}";
  }
  return out + "]}";
}

std::string version_json() {
  return str(R"({"major":"1","minor":"33","gitVersion":"v1.33.0+muster.)", version(), R"(","gitCommit":)",
             quote(build_revision()),
             R"(,"gitTreeState":"clean","buildDate":"1970-01-01T00:00:00Z","goVersion":"none","compiler":)",
             quote(compiler()), R"(,"platform":"linux/)", machine(), "\"}");
}

}  // namespace

std::optional<std::string> discovery(const std::vector<std::string>& segments) {
  if (segments.size() == 1 && segments[0] == "version") return version_json();
  if (segments.size() == 1 && segments[0] == "api")
    return R"({"kind":"APIVersions","apiVersion":"v1","versions":["v1"],"serverAddressByClientCIDRs":[]})";
  if (segments.size() == 1 && segments[0] == "apis") return group_list();
  if (segments.size() == 2 && segments[0] == "api") return resource_list("", segments[1]);
  if (segments.size() == 3 && segments[0] == "apis") return resource_list(segments[1], segments[2]);
  if (segments.size() == 2 && segments[0] == "apis") {
    for (const auto& [group, version] : groups()) {
      if (group == segments[1])
        return str(R"({"kind":"APIGroup","apiVersion":"v1",)", group_json(group, version).substr(1), "}");
    }
  }
  return std::nullopt;
}

}  // namespace muster::server
