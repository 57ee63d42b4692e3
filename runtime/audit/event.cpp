#include "runtime/audit/event.h"

#include <algorithm>
#include <array>

#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::audit {
namespace {

constexpr std::size_t max_uri = 2U << 10U;
constexpr int unauthorized = 401;
constexpr int forbidden = 403;

constexpr std::array<std::string_view, 36> harmless = {"allowWatchBookmarks",
                                                       "container",
                                                       "continue",
                                                       "dryRun",
                                                       "fieldManager",
                                                       "fieldSelector",
                                                       "fieldValidation",
                                                       "follow",
                                                       "force",
                                                       "gracePeriodSeconds",
                                                       "hash",
                                                       "includeObject",
                                                       "labelSelector",
                                                       "limit",
                                                       "limitBytes",
                                                       "orphanDependents",
                                                       "ports",
                                                       "pretty",
                                                       "previous",
                                                       "propagationPolicy",
                                                       "resourceVersion",
                                                       "sinceSeconds",
                                                       "sinceTime",
                                                       "stderr",
                                                       "stdin",
                                                       "stdout",
                                                       "tailLines",
                                                       "timeout",
                                                       "timeoutSeconds",
                                                       "timestamps",
                                                       "tty",
                                                       "watch",
                                                       "resourceVersionMatch",
                                                       "sendInitialEvents",
                                                       "cluster",
                                                       "instance"};

bool is_read(std::string_view verb) {
  return verb == "get" || verb == "list" || verb == "watch" || verb == "head" || verb == "options";
}

void member(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (out.back() != '{') out += ',';
  out += '"';
  out += name;
  out += "\":";
  append_json_string(out, valid_utf8(value) ? value : std::string_view("(not UTF-8)"));
}

void texts(std::string& out, std::string_view name, const std::vector<std::string>& values) {
  if (values.empty()) return;
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ":[";
  for (const std::string& value : values) {
    if (out.back() != '[') out += ',';
    append_json_string(out, value);
  }
  out += ']';
}

void user(std::string& out, std::string_view name, const access::User& who) {
  out += str(",\"", name, "\":{");
  member(out, "username", who.name);
  member(out, "uid", who.uid);
  texts(out, "groups", who.groups);
  if (!who.extra.empty()) {
    out += out.back() == '{' ? "\"extra\":{" : ",\"extra\":{";
    for (const auto& [key, values] : who.extra) texts(out, key, values);
    out += '}';
  }
  out += '}';
}

// Kubernetes' MicroTime: always six digits.
std::string micro_time(Time time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(time - whole).count();
  std::string out = format_time(whole);
  out.pop_back();  // the Z
  const std::string digits = std::to_string(rest);
  return str(out, '.', std::string(6 - std::min<std::size_t>(6, digits.size()), '0'), digits, 'Z');
}

std::string address_of(std::string_view source) {
  if (source.starts_with('[')) return std::string(source.substr(1, source.find(']') - 1));
  return source == "unix" ? std::string() : std::string(source.substr(0, source.rfind(':')));
}

}  // namespace

std::string safe_uri(std::string_view target) {
  const std::size_t question = target.find('?');
  std::string out(target.substr(0, std::min(question, max_uri)));
  if (question == std::string_view::npos) return out;
  char before = '?';
  for (const std::string_view parameter : split(target.substr(question + 1), '&')) {
    const std::size_t equals = parameter.find('=');
    const std::string_view name = parameter.substr(0, equals);
    const bool known = std::find(harmless.begin(), harmless.end(), name) != harmless.end();
    // Without a value the whole parameter may be one.
    const std::string_view shown = known ? parameter : equals == std::string_view::npos ? "..." : name;
    if (out.size() + shown.size() + 5 > max_uri) break;
    out += before;
    out += shown;
    if (!known && equals != std::string_view::npos) out += "=...";
    before = '&';
  }
  return out;
}

std::string write_event(const Event& event) {
  std::string out = R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata")";
  member(out, "auditID", event.id);
  member(out, "stage", event.stage == Event::Stage::complete ? "ResponseComplete" : "ResponseStarted");
  member(out, "requestURI", event.uri);
  member(out, "verb", event.verb);
  if (event.user != nullptr) user(out, "user", *event.user);
  if (event.user == nullptr) out += ",\"user\":{}";
  if (event.impersonated != nullptr) user(out, "impersonatedUser", *event.impersonated);
  if (const std::string address = address_of(event.source); !address.empty()) {
    out += ",\"sourceIPs\":[";
    append_json_string(out, address);
    out += ']';
  }
  member(out, "userAgent", event.user_agent);
  if (!event.resource.empty()) {
    out += ",\"objectRef\":{";
    member(out, "resource", event.resource);
    member(out, "namespace", event.ns);
    member(out, "name", event.name);
    member(out, "apiGroup", event.group);
    member(out, "apiVersion", event.version);
    member(out, "subresource", event.subresource);
    out += '}';
  }
  out += str(R"(,"responseStatus":{"metadata":{},"code":)", event.code, '}');
  member(out, "requestReceivedTimestamp", micro_time(event.received));
  member(out, "stageTimestamp", micro_time(event.answered));
  if (event.decision != Event::Decision::none) {
    out += str(R"(,"annotations":{"authorization.k8s.io/decision":")",
               event.decision == Event::Decision::allow ? "allow" : "forbid", R"(","authorization.k8s.io/reason":)");
    append_json_string(out, event.reason);
    out += '}';
  }
  return out + '}';
}

bool is_logged(const Event& event, std::string_view path, Level level) {
  if (level == Level::none) return false;
  if (event.code == unauthorized || event.code == forbidden) return true;
  if (!is_read(event.verb)) return true;
  if (event.resource == "secrets" && event.group.empty()) return true;
  const std::string_view sub = event.subresource;
  if (sub == "exec" || sub == "attach" || sub == "portforward") return true;
  if (level == Level::writes) return false;
  return path != "/metrics" && path != "/livez" && path != "/readyz" && path != "/healthz";
}

}  // namespace muster::audit
