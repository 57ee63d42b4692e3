#include "api/base/error.h"

namespace muster {

Error Error::under(std::string_view context) && {
  std::string text(context);
  text += ": ";
  text += message;
  message = std::move(text);
  return std::move(*this);
}

std::string Error::text() const {
  std::string out = message;
  for (const Cause& cause : causes) {
    // A message that says a finding already need not be followed by it.
    if (message.find(cause.message) != std::string::npos && message.find(cause.field) != std::string::npos) continue;
    out += "\n  ";
    if (!cause.field.empty()) out += cause.field + ": ";
    out += cause.message;
  }
  return out;
}

std::string_view code_name(Code code) {
  switch (code) {
    case Code::malformed: return "malformed";
    case Code::invalid: return "invalid";
    case Code::not_found: return "not_found";
    case Code::already_exists: return "already_exists";
    case Code::conflict: return "conflict";
    case Code::gone: return "gone";
    case Code::unauthorized: return "unauthorized";
    case Code::forbidden: return "forbidden";
    case Code::not_allowed: return "not_allowed";
    case Code::unsupported: return "unsupported";
    case Code::too_large: return "too_large";
    case Code::too_many: return "too_many";
    case Code::unavailable: return "unavailable";
    case Code::timeout: return "timeout";
    case Code::internal: return "internal";
  }
  return "internal";
}

bool retryable(Code code) {
  return code == Code::conflict || code == Code::too_many || code == Code::unavailable || code == Code::timeout;
}

}  // namespace muster
