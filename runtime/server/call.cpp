#include "runtime/server/call.h"

#include <algorithm>
#include <array>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/types/builtin.h"
#include "runtime/server/accept.h"
#include "runtime/server/views.h"

namespace muster::server {
namespace {

Error unknown_path() {
  return Error{Code::not_found, "the server could not find the requested resource", {}};
}

// Kubernetes: present and neither "false" nor "0" is true.
bool flag(const http::Target& target, std::string_view name) {
  return target.has(name) && target.param(name) != "false" && target.param(name) != "0";
}

// /api/v1/... and /apis/GROUP/VERSION/..., then [namespaces/NS/]PLURAL[/NAME[/SUBRESOURCE...]].
Status parse_path(Call& call) {
  const std::vector<std::string>& parts = call.target.segments;
  std::size_t at = 0;
  std::string_view group;
  if (parts.size() >= 2 && parts[0] == "api") {
    at = 1;
  } else if (parts.size() >= 3 && parts[0] == "apis") {
    group = parts[1];
    at = 2;
  } else {
    return unknown_path();
  }
  const std::string_view version = parts[at++];
  if (at >= parts.size()) return unknown_path();
  // A namespace itself is a resource of the core group: /api/v1/namespaces/NAME[/status].
  const bool scoped = parts[at] == "namespaces" && parts.size() >= at + 3 &&
                      !(group.empty() && parts[at + 2] == "status") && !(group.empty() && parts[at + 2] == "finalize");
  if (scoped) {
    call.ns = parts[at + 1];
    at += 2;
  }
  call.kind = find_resource(group, version, parts[at++]);
  if (call.kind == nullptr) return unknown_path();
  if (scoped && call.kind->scope == muster::Scope::cluster) return unknown_path();
  if (at < parts.size()) call.name = parts[at++];
  if (at < parts.size()) call.subresource = parts[at++];
  for (; at < parts.size(); ++at) {
    if (!call.rest.empty()) call.rest += '/';
    call.rest += parts[at];
  }
  if (!call.name.empty() && call.kind->scope == muster::Scope::namespaced && call.ns.empty()) return unknown_path();
  return {};
}

// Events are about what is stored: who asks for those of a view is given those of its source.
void look_behind_views(Call& call) {
  if (call.kind != &kind_of<Event>()) return;
  const std::string kind(call.fields.value_of("involvedObject.kind"));
  for (const Kind& view : served_kinds()) {
    if (!is_view(view) || view.kind != kind) continue;
    for (Requirement& each : call.fields.requirements) {
      if (each.values.empty()) continue;
      std::string& value = each.values.front();
      if (each.key == "involvedObject.kind") value = view.source().kind;
      if (each.key == "involvedObject.apiVersion") value = view.source().api_version();
      if (each.key == "involvedObject.uid") value = projection::source_uid(view, value);
    }
  }
}

Status parse_options(Call& call) {
  const http::Target& target = call.target;
  call.watch = flag(target, "watch");
  call.bookmarks = flag(target, "allowWatchBookmarks");
  if (target.has("dryRun")) {
    if (target.param("dryRun") != "All")
      return Error{Code::invalid, "dryRun: Unsupported value: supported values: \"All\"", {}};
    call.dry_run = true;
  }
  const std::string_view validation = target.param("fieldValidation");
  if (validation == "Strict") call.unknown = Unknown::error;
  if (validation == "Ignore") call.unknown = Unknown::ignore;
  if (!validation.empty() && validation != "Strict" && validation != "Ignore" && validation != "Warn") {
    return Error{Code::invalid,
                 str("fieldValidation: Unsupported value: \"", validation,
                     "\": supported values: \"Ignore\", \"Strict\", \"Warn\""),
                 {}};
  }
  call.manager = target.param("fieldManager");
  call.manager_given = !call.manager.empty();
  if (call.manager.size() > 128 || std::ranges::any_of(call.manager, [](char c) { return c < ' ' || c > '~'; })) {
    return Error{Code::invalid, "fieldManager: Invalid value: must be at most 128 printable characters", {}};
  }
  if (target.has("force")) call.force = flag(target, "force");
  TRY(call.labels, parse_label_selector(target.param("labelSelector")));
  TRY(call.fields, parse_field_selector(target.param("fieldSelector"), *call.kind));
  look_behind_views(call);
  if (target.has("limit") && !target.param("limit").empty()) {
    const auto limit = parse_int(target.param("limit"));
    if (!limit || *limit < 0)
      return Error{Code::malformed, str("limit: \"", target.param("limit"), "\" is not a number of objects"), {}};
    call.limit = static_cast<std::size_t>(*limit);
  }
  call.continue_token = target.param("continue");
  if (!target.param("resourceVersion").empty()) {
    call.revision = parse_int(target.param("resourceVersion"));
    if (!call.revision || *call.revision < 0) {
      return Error{
          Code::malformed,
          str("resourceVersion: Invalid value: \"", target.param("resourceVersion"), "\": must be a decimal number"),
          {}};
    }
  }
  call.revision_match = target.param("resourceVersionMatch");
  if (target.has("sendInitialEvents")) call.send_initial_events = flag(target, "sendInitialEvents");
  if (!target.param("timeoutSeconds").empty()) {
    const auto seconds = parse_int(target.param("timeoutSeconds"));
    if (!seconds || *seconds < 0 || *seconds > 86'400)
      return Error{Code::malformed, "timeoutSeconds: must be 0 to 86400", {}};
    if (*seconds > 0) call.timeout = std::chrono::seconds(*seconds);
  }
  call.include_object = target.param("includeObject");
  const std::string_view included = call.include_object;
  if (!included.empty() && included != "None" && included != "Metadata" && included != "Object") {
    return Error{Code::malformed, str("includeObject: \"", included, "\" is none of None, Metadata, Object"), {}};
  }
  return {};
}

// Kubernetes: without a fieldManager, what stands before the slash of the User-Agent.
std::string agent_name(const http::Headers& headers) {
  const std::string_view agent = http::header(headers, "User-Agent");
  std::string name;
  for (const char c : agent.substr(0, std::min(agent.find('/'), std::size_t{128}))) {
    if (c >= ' ' && c <= '~') name += c;
  }
  return name.empty() ? "unknown" : name;
}

// The form that the client likes best; nothing when it takes none of ours.
std::optional<Call::Form> form_of(const http::Headers& headers) {
  static constexpr std::string_view group = "meta.k8s.io";
  static constexpr std::array<MediaType, 5> offers = {{{"application/json", "", "", ""},
                                                       {"application/json", group, "v1", "Table"},
                                                       {"application/json", group, "v1", "PartialObjectMetadata"},
                                                       {"application/json", group, "v1", "PartialObjectMetadataList"},
                                                       {"application/yaml", "", "", ""}}};
  const auto chosen = negotiate(http::header(headers, "Accept"), offers);
  if (!chosen) return std::nullopt;
  if (*chosen == 0 || *chosen == 4) return Call::Form::object;
  return *chosen == 1 ? Call::Form::table : Call::Form::metadata;
}

}  // namespace

std::string_view verb_of(const Call& call) {
  if (call.watch) return "watch";
  if (call.method == "GET") return call.name.empty() ? "list" : "get";
  if (call.method == "POST") return "create";
  if (call.method == "PUT") return "update";
  if (call.method == "PATCH") return "patch";
  if (call.method == "DELETE") return call.name.empty() ? "deletecollection" : "delete";
  return "other";
}

Result<Call> parse_call(const http::Request& request) {
  Call call;
  call.method = request.method;
  TRY(call.target, http::parse_target(request.target));
  TRY_VOID(parse_path(call));
  TRY_VOID(parse_options(call));
  const auto form = form_of(request.headers);
  call.acceptable = form.has_value();
  call.form = form.value_or(Call::Form::object);
  if (!call.manager_given) call.manager = agent_name(request.headers);
  return call;
}

}  // namespace muster::server
