#include "runtime/server/revision_rules.h"

#include "api/base/text.h"

namespace muster::server {
namespace {

Error forbidden(std::string_view field, std::string_view why) {
  const std::string message = str("Forbidden: ", why);
  return Error{Code::invalid, str(field, ": ", message), {Cause{std::string(field), message, "FieldValueForbidden"}}};
}

Error unsupported(std::string_view value) {
  const std::string message =
      str("Unsupported value: \"", value, "\": supported values: \"Exact\", \"NotOlderThan\", \"\"");
  return Error{Code::invalid,
               str("resourceVersionMatch: ", message),
               {Cause{"resourceVersionMatch", message, "FieldValueNotSupported"}}};
}

}  // namespace

Status check_list_options(const Call& call) {
  if (call.send_initial_events) return forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
  if (call.revision_match.empty()) return {};
  if (!call.continue_token.empty()) {
    return forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
  }
  if (!call.revision) {
    return forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  if (call.revision_match != "Exact" && call.revision_match != "NotOlderThan") return unsupported(call.revision_match);
  if (call.revision_match == "Exact" && *call.revision == 0) {
    return forbidden("resourceVersionMatch", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
  }
  return {};
}

Status check_watch_options(const Call& call) {
  if (!call.send_initial_events) {
    if (call.revision_match.empty()) return {};
    return forbidden("resourceVersionMatch",
                     "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  }
  if (call.revision_match != "NotOlderThan") {
    return forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  return {};
}

Error too_large_revision(std::int64_t wanted, std::int64_t current) {
  return Error{Code::timeout,
               str("Too large resource version: ", wanted, ", current: ", current),
               {Cause{"", "Too large resource version", "ResourceVersionTooLarge"}}};
}

bool wants_exact(const Call& call) {
  if (!call.revision || *call.revision == 0) return false;
  return call.revision_match == "Exact" || (call.revision_match.empty() && call.limit > 0);
}

bool wants_initial_events(const Call& call) {
  return call.send_initial_events.value_or(call.revision.value_or(0) == 0);
}

}  // namespace muster::server
