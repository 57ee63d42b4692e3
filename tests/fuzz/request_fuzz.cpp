// Any bytes as an HTTP request to the resource API, without sockets: it is understood the same whether it comes at once
// or in pieces, its target survives being written again, and whatever the server takes out of it before it looks at its
// objects (call, accepted types, impersonation, body, options) ends with a value or an error.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/assert.h"
#include "api/base/limits.h"
#include "api/base/text.h"
#include "runtime/http/request_parser.h"
#include "runtime/server/accept.h"
#include "runtime/server/body.h"
#include "runtime/server/delete_options.h"
#include "runtime/server/impersonation.h"
#include "runtime/server/pages.h"

namespace muster::server {
namespace {

constexpr std::size_t header_bytes = 64U << 10U;

struct Parsed {
  int refused = 0;
  bool whole = false;
  http::Request request;
};

// The header comes as a block, as the connection gives it; the body so many bytes at a time.
Parsed parse(std::string_view header, std::string_view body, std::size_t step) {
  static const http::RequestParser::PathLimits larger_bodies = {{"/apis/muster.dev/v1beta1/commits", 1U << 20U}};
  http::RequestParser parser(header_bytes, 64U << 10U, larger_bodies);
  Parsed out;
  auto refusal = parser.put_header(header);
  std::size_t taken = 0;
  for (std::size_t seen = 0; !refusal && !parser.is_done() && seen < body.size();) {
    seen = body.size() - seen > step ? seen + step : body.size();
    std::string_view waiting = body.substr(taken, seen - taken);
    refusal = parser.put_body(waiting);
    taken = seen - waiting.size();
  }
  out.refused = refusal ? refusal->status : 0;
  out.whole = !refusal && parser.is_done();
  out.request = std::move(parser.request);
  return out;
}

void check_target(const http::Request& request) {
  const auto target = http::parse_target(request.target);
  if (!target.ok()) return;
  std::string again;
  for (const std::string& segment : target->segments) {
    MUSTER_ASSERT(!segment.empty());
    again += "/" + http::percent_encode(segment);
  }
  const auto same = http::parse_target(again.empty() ? "/" : again);
  MUSTER_ASSERT(same.ok() && same->segments == target->segments);
}

void check_call(const http::Request& request) {
  for (const MediaRange& range : parse_accept(http::header(request.headers, "Accept"))) {
    MUSTER_ASSERT(range.quality > 0 && range.quality <= 1000);
  }
  if (auto user = impersonated(request.headers); user.ok() && *user) complete_groups(**user);
  const auto call = parse_call(request);
  if (!call.ok()) {
    MUSTER_ASSERT(!call.error().message.empty());
    return;
  }
  MUSTER_ASSERT(call->kind != nullptr && !verb_of(*call).empty());
  if (const auto token = read_page_token(call->continue_token); token.ok()) {
    const auto same = read_page_token(write_page_token(*token));
    MUSTER_ASSERT(same.ok() && same->revision == token->revision && same->ns == token->ns &&
                  same->name == token->name && same->remaining == token->remaining);
  }
  (void)read_delete_options(*call, request);
  (void)read_eviction(*call, request);
  std::vector<Warning> warnings;
  (void)read_configuration(*call, request, warnings);
  warnings.clear();
  auto document = read_document(*call, request, warnings);
  if (!document.ok()) return;
  const auto decoded = decode_body(*call, std::move(document).value(), std::move(warnings));
  if (!decoded.ok()) return;
  MUSTER_ASSERT(decoded->object->kind == call->kind);
  MUSTER_ASSERT(call->name.empty() || decoded->object->metadata.name == call->name);
  MUSTER_ASSERT(decoded->object->metadata.ns == (call->kind->scope == muster::Scope::cluster ? "" : call->ns));
}

}  // namespace
}  // namespace muster::server

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster::server;  // NOLINT: one function
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos || end + 4 > header_bytes) return 0;
  const std::string_view header = bytes.substr(0, end + 4);
  const std::string_view body = bytes.substr(end + 4);
  const Parsed parsed = parse(header, body, body.size() + 1);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
    const Parsed pieces = parse(header, body, step);
    MUSTER_ASSERT(pieces.refused == parsed.refused && pieces.whole == parsed.whole);
    MUSTER_ASSERT(!parsed.whole || pieces.request.body == parsed.request.body);
    MUSTER_ASSERT(!parsed.whole || pieces.request.headers == parsed.request.headers);
  }
  if (!parsed.whole) return 0;
  check_target(parsed.request);
  check_call(parsed.request);
  return 0;
}
