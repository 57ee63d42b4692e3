// The bytes of an answer's head, and the answers that the server gives by itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/base/time.h"
#include "runtime/http/message.h"

namespace muster::http {

enum class Framing { length, chunked, until_close, none };

struct HeadOptions {
  Framing framing = Framing::length;
  bool keep_alive = true;
  bool http_1_1 = true;
  std::string_view date;  // IMF-fixdate
};

// Ends with the empty line. Framing and connection headers of the response are replaced by those of the options;
// control characters in values become spaces, so that no value can begin a line of its own.
std::string response_head(const Response& response, const HeadOptions& options);

// "Sun, 22 Nov 2026 20:00:00 GMT".
std::string http_date(Time time);

// A Kubernetes Status object as JSON with the status code.
Response status_response(int status, std::string_view message);

// True for answers that never have a body (1xx, 204, 304).
bool bodyless(int status);

}  // namespace muster::http
