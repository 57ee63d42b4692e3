#include "runtime/server/discovery_lists.h"

#include <algorithm>

#include "api/access/review.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/base/version.h"

namespace muster::server {
namespace {

using openapi::GroupVersion;
using openapi::GroupVersionKind;
using openapi::Served;

std::string quote(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

template <class Texts>
std::string quote_all(const Texts& words) {
  std::string out = "[";
  for (const auto& word : words) {
    if (out.size() > 1) out += ',';
    append_json_string(out, word);
  }
  return out + "]";
}

std::string response_kind(const GroupVersionKind& kind) {
  return str("{\"group\":", quote(kind.group), ",\"version\":", quote(kind.version), ",\"kind\":", quote(kind.kind),
             "}");
}

std::string names_of(const Kind& kind) {
  std::string out;
  if (!kind.short_names.empty()) out += ",\"shortNames\":" + quote_all(kind.short_names);
  if (!kind.categories.empty()) out += ",\"categories\":" + quote_all(kind.categories);
  return out;
}

std::string aggregated_resource(const Kind& kind) {
  std::string out;
  std::string subresources;
  for (const Served& each : openapi::served(kind)) {
    const std::string what =
        str("\"responseKind\":", response_kind(each.response), ",\"verbs\":", quote_all(each.verbs));
    if (each.subresource.empty()) {
      out = str("{\"resource\":", quote(kind.plural),
                ",\"scope\":", kind.scope == Scope::namespaced ? "\"Namespaced\"" : "\"Cluster\"",
                ",\"singularResource\":", quote(kind.singular), names_of(kind), ",", what);
    } else {
      subresources +=
          str(subresources.empty() ? "" : ",", "{\"subresource\":", quote(each.subresource), ",", what, "}");
    }
  }
  if (!subresources.empty()) out += str(",\"subresources\":[", subresources, "]");
  return out + "}";
}

std::string review_names(const access::Review& review) {
  return str(",\"singularName\":", quote(review.singular),
             ",\"namespaced\":", review.scope == Scope::namespaced ? "true" : "false",
             ",\"kind\":", quote(review.kind));
}

std::string aggregated_review(const access::Review& review) {
  return str("{\"resource\":", quote(review.plural),
             ",\"scope\":", review.scope == Scope::namespaced ? "\"Namespaced\"" : "\"Cluster\"",
             ",\"singularResource\":", quote(review.singular),
             ",\"responseKind\":", response_kind({review.group, review.version, review.kind}),
             ",\"verbs\":[\"create\"]}");
}

// The versions of a group, the preferred one first.
std::vector<GroupVersion> versions_of(std::string_view group) {
  std::vector<GroupVersion> out = openapi::group_versions();
  std::erase_if(out, [&](const GroupVersion& each) { return each.group != group; });
  return out;
}

bool is_preferred(const GroupVersion& group_version) {
  return versions_of(group_version.group).front().version == group_version.version;
}

std::string aggregated_version(const GroupVersion& group_version) {
  std::string resources;
  for (const access::Review* review : openapi::reviews_of(group_version))
    resources += str(resources.empty() ? "" : ",", aggregated_review(*review));
  for (const Kind* kind : openapi::kinds_of(group_version))
    resources += str(resources.empty() ? "" : ",", aggregated_resource(*kind));
  return str("{\"version\":", quote(group_version.version), ",\"resources\":[", resources,
             "],\"freshness\":\"Current\"}");
}

std::string aggregated_group(std::string_view group) {
  std::string versions;
  for (const GroupVersion& each : versions_of(group))
    versions += str(versions.empty() ? "" : ",", aggregated_version(each));
  return str("{\"metadata\":{", group.empty() ? "" : str("\"name\":", quote(group)), "},\"versions\":[", versions,
             "]}");
}

std::string listed_resource(const Served& served) {
  const Kind& kind = *served.kind;
  const bool itself = served.subresource.empty();
  std::string out = str(
      "{\"name\":", quote(itself ? std::string(kind.plural) : str(kind.plural, "/", served.subresource)),
      ",\"singularName\":", quote(itself ? kind.singular : ""), ",\"namespaced\":", kind.scope == Scope::namespaced);
  if (served.response.group != kind.group || served.response.version != kind.version)
    out += str(",\"group\":", quote(served.response.group), ",\"version\":", quote(served.response.version));
  out += str(",\"kind\":", quote(served.response.kind), ",\"verbs\":", quote_all(served.verbs));
  if (itself) out += names_of(kind);
  return out + "}";
}

// Without its braces: it stands in a list and alone.
std::string group_members(const GroupVersion& group_version) {
  std::string entries;
  std::string preferred;
  for (const GroupVersion& each : versions_of(group_version.group)) {
    const std::string entry = str("{\"groupVersion\":", quote(each.name()), ",\"version\":", quote(each.version), "}");
    if (preferred.empty()) preferred = entry;
    entries += str(entries.empty() ? "" : ",", entry);
  }
  return str("\"name\":", quote(group_version.group), ",\"versions\":[", entries, "],\"preferredVersion\":", preferred);
}

}  // namespace

std::string aggregated_discovery(Groups groups, std::string_view version) {
  std::string items;
  for (const GroupVersion& each : openapi::group_versions()) {
    if (each.group.empty() != (groups == Groups::core) || !is_preferred(each)) continue;
    items += str(items.empty() ? "" : ",", aggregated_group(each.group));
  }
  return str(R"({"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/)", version,
             R"(","metadata":{},"items":[)", items, "]}");
}

std::string api_versions() {
  return R"({"kind":"APIVersions","apiVersion":"v1","versions":["v1"],"serverAddressByClientCIDRs":[]})";
}

std::string api_group_list() {
  std::string groups;
  for (const GroupVersion& each : openapi::group_versions()) {
    if (!each.group.empty() && is_preferred(each)) groups += str(groups.empty() ? "{" : ",{", group_members(each), "}");
  }
  return str(R"({"kind":"APIGroupList","apiVersion":"v1","groups":[)", groups, "]}");
}

std::string api_group(const GroupVersion& group_version) {
  return str(R"({"kind":"APIGroup","apiVersion":"v1",)", group_members(group_version), "}");
}

std::string api_resource_list(const GroupVersion& group_version) {
  std::string resources;
  for (const Kind* kind : openapi::kinds_of(group_version)) {
    for (const Served& each : openapi::served(*kind))
      resources += str(resources.empty() ? "" : ",", listed_resource(each));
  }
  for (const access::Review* review : openapi::reviews_of(group_version)) {
    resources += str(resources.empty() ? "" : ",", "{\"name\":", quote(review->plural), review_names(*review),
                     ",\"verbs\":[\"create\"]}");
  }
  return str(R"({"kind":"APIResourceList","apiVersion":"v1","groupVersion":)", quote(group_version.name()),
             ",\"resources\":[", resources, "]}");
}

std::string version_info() {
  return str(R"({"major":"1","minor":"33","gitVersion":"v1.33.0+muster.)", version(), R"(","gitCommit":)",
             quote(build_revision()),
             R"(,"gitTreeState":"clean","buildDate":"1970-01-01T00:00:00Z","goVersion":"none","compiler":)",
             quote(compiler()), R"(,"platform":"linux/)", machine(), "\"}");
}

std::string path_list(const std::vector<std::string>& paths) {
  return str("{\"paths\":", quote_all(paths), "}");
}

}  // namespace muster::server
