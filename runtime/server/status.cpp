#include "runtime/server/status.h"

#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::server {
namespace {

std::string_view reason_of(Code code) {
  switch (code) {
    case Code::malformed: return "BadRequest";
    case Code::invalid: return "Invalid";
    case Code::not_found: return "NotFound";
    case Code::already_exists: return "AlreadyExists";
    case Code::conflict: return "Conflict";
    case Code::gone: return "Expired";
    case Code::unauthorized: return "Unauthorized";
    case Code::forbidden: return "Forbidden";
    case Code::not_allowed: return "MethodNotAllowed";
    case Code::unsupported: return "UnsupportedMediaType";
    case Code::too_large: return "RequestEntityTooLarge";
    case Code::too_many: return "TooManyRequests";
    case Code::unavailable: return "ServiceUnavailable";
    case Code::timeout: return "Timeout";
    case Code::internal: return "InternalError";
  }
  return "InternalError";
}

void member(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, value);
}

}  // namespace

int http_code(Code code) {
  switch (code) {
    case Code::malformed: return 400;
    case Code::invalid: return 422;
    case Code::not_found: return 404;
    case Code::already_exists:
    case Code::conflict: return 409;
    case Code::gone: return 410;
    case Code::unauthorized: return 401;
    case Code::forbidden: return 403;
    case Code::not_allowed: return 405;
    case Code::unsupported: return 415;
    case Code::too_large: return 413;
    case Code::too_many: return 429;
    case Code::unavailable: return 503;
    case Code::timeout: return 504;
    case Code::internal: return 500;
  }
  return 500;
}

std::string status_json(const Error& error, const Subject& subject) {
  std::string out = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure")";
  member(out, "message", error.message);
  member(out, "reason", reason_of(error.code));
  std::string details = "{";
  if (!subject.name.empty()) member(details, "name", subject.name);
  if (subject.kind != nullptr) {
    if (!subject.kind->group.empty()) member(details, "group", subject.kind->group);
    // Kubernetes names the kind in validation errors and the resource everywhere else.
    member(details, "kind", error.code == Code::invalid ? subject.kind->kind : subject.kind->plural);
  }
  if (!error.causes.empty()) {
    details += details.size() > 1 ? ",\"causes\":[" : "\"causes\":[";
    for (const Cause& cause : error.causes) {
      if (details.back() != '[') details += ',';
      details += '{';
      member(details, "reason", cause.reason.empty() ? "FieldValueInvalid" : cause.reason);
      member(details, "message", cause.message);
      if (!cause.field.empty()) member(details, "field", cause.field);
      details += '}';
    }
    details += ']';
    // Kubernetes: clients list again after that many seconds.
    const bool ahead = error.causes.front().reason == "ResourceVersionTooLarge";
    if (ahead) details += R"(,"retryAfterSeconds":1)";
  }
  details += '}';
  if (details.size() > 2) out += str(",\"details\":", details);
  out += str(",\"code\":", http_code(error.code), "}");
  return out;
}

http::Response json_response(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

http::Response text_response(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(body);
  return response;
}

http::Response error_response(const Error& error, const Subject& subject) {
  http::Response response = json_response(http_code(error.code), status_json(error, subject) + "\n");
  if (error.code == Code::too_many || error.code == Code::unavailable)
    response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response removed_response(const Object& object) {
  std::string details = "{";
  member(details, "name", object.metadata.name);
  if (!object.kind->group.empty()) member(details, "group", object.kind->group);
  member(details, "kind", object.kind->plural);
  member(details, "uid", object.metadata.uid);
  details += '}';
  return json_response(
      200, str(R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":)", details, "}\n"));
}

http::Response not_acceptable(const std::vector<std::string>& offers) {
  std::string message;
  append_json_string(message, "only the following media types are accepted: " + join(offers, ", "));
  http::Response response =
      json_response(406, str(R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)",
                             message, R"(,"reason":"NotAcceptable","code":406})", "\n"));
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

}  // namespace muster::server
