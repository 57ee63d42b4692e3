// HTTP as plain values: no header of Beast leaves runtime/http.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/error.h"

namespace muster::http {

// Field names compare without case; the order of arrival is kept.
using Headers = std::vector<std::pair<std::string, std::string>>;
// The first value of the field, or empty.
std::string_view header(const Headers& headers, std::string_view name);

struct Request {
  std::string method = "GET";
  std::string target = "/";  // path and query, still percent-encoded
  Headers headers;
  std::string body;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

// A target taken apart: decoded path segments and decoded query parameters (the first of a repeated name wins).
struct Target {
  std::string path;                   // decoded, begins with '/'
  std::vector<std::string> segments;  // decoded, without the empty ones
  std::map<std::string, std::string, std::less<>> query;
  std::string_view param(std::string_view name) const;  // empty when absent
  bool has(std::string_view name) const;
};
Result<Target> parse_target(std::string_view target);
// All values of a query parameter of a good target, decoded, in order.
std::vector<std::string> all_params(std::string_view target, std::string_view name);
std::string percent_encode(std::string_view text);

}  // namespace muster::http
