#include "runtime/http/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <cctype>

#include "api/base/text.h"

namespace muster::http {

namespace beast = boost::beast;

namespace {

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

// Beast accepts folded lines; RFC 9112 section 5.2 lets a server refuse them, and proxies disagree about their meaning.
bool has_folded_line(std::string_view block) {
  for (std::size_t at = block.find('\n'); at != std::string_view::npos; at = block.find('\n', at + 1)) {
    if (at + 1 < block.size() && (block[at + 1] == ' ' || block[at + 1] == '\t')) return true;
  }
  return false;
}

Refusal refusal_of(const beast::error_code& error, std::size_t max_header, std::size_t max_body) {
  namespace http = beast::http;
  if (error == http::error::body_limit) return {413, str("the request body is larger than ", max_body, " bytes")};
  if (error == http::error::header_limit) return {431, str("the request header is larger than ", max_header, " bytes")};
  if (error == http::error::bad_version) return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  return {400, str("malformed request: ", error.message())};
}

}  // namespace

RequestParser::RequestParser(std::size_t max_header_bytes, std::size_t max_body_bytes, const PathLimits& larger_bodies)
    : max_header_bytes_(max_header_bytes), max_body_bytes_(max_body_bytes), larger_bodies_(larger_bodies) {
  // The block's size was checked before; the extra room is for trailers.
  header_limit(static_cast<std::uint32_t>(max_header_bytes + 8192));
  body_limit(max_body_bytes);
  eager(true);
}

std::optional<Refusal> RequestParser::put_header(std::string_view block) {
  if (has_folded_line(block)) return Refusal{400, "folded header lines are not allowed"};
  beast::error_code error;
  put(boost::asio::const_buffer(block.data(), block.size()), error);
  header_done_ = true;
  if (error && error != beast::http::error::need_more) return refusal_of(error, max_header_bytes_, max_body_bytes_);
  if (!is_header_done()) return Refusal{400, "malformed request"};
  return check_header();
}

std::optional<Refusal> RequestParser::put_body(std::string_view& bytes) {
  while (!is_done() && !bytes.empty()) {
    std::string_view next = bytes;
    if (encodings_ > 0) {
      const Piece piece = next_piece(bytes);
      if (piece.kind == Piece::Kind::not_there) return std::nullopt;
      if (piece.kind == Piece::Kind::malformed) return Refusal{400, "malformed request: bad chunk"};
      next = bytes.substr(0, piece.size);
    }
    beast::error_code error;
    const std::size_t used = put(boost::asio::const_buffer(next.data(), next.size()), error);
    bytes.remove_prefix(used);
    if (error && error != beast::http::error::need_more) return refusal_of(error, max_header_bytes_, max_body_bytes_);
    if (used == 0) return std::nullopt;
  }
  return std::nullopt;
}

// Beast is given a chunked body in such pieces that nothing depends on how it came: it looks for the end of an
// extension's quoted value in whatever follows the line, takes the chunk's size off the limit of the body each time it
// looks at an unfinished line, and asserts to have the end of the last chunk, "0\r\n\r\n", when it looks at one for
// the second time.
RequestParser::Piece RequestParser::next_piece(std::string_view bytes) const {
  using enum Piece::Kind;
  constexpr std::size_t longest_line = 4096;
  if (chunk_left_ > 0) return {there, static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, bytes.size()))};
  std::size_t begin = 0;
  if (had_chunk_) {
    if (bytes.size() < 2) return {not_there, 0};
    if (!bytes.starts_with("\r\n")) return {malformed, 0};
    begin = 2;
  }
  const std::size_t end = bytes.find("\r\n", begin);
  if (std::min(end, bytes.size()) - begin > longest_line) return {malformed, 0};
  if (end == std::string_view::npos) return {not_there, 0};
  const std::string_view line = bytes.substr(begin, end - begin);
  bool quoted = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '"') quoted = !quoted;
    if (quoted && line[at] == '\\') ++at;
  }
  if (quoted) return {malformed, 0};
  const std::size_t digits = std::min(line.find_first_not_of('0'), line.size());
  const bool last =
      digits > 0 && (digits == line.size() || std::isxdigit(static_cast<unsigned char>(line[digits])) == 0);
  if (!last) return {there, end + 2};
  // Trailers are a part of it.
  if (bytes.size() < end + 4) return {not_there, 0};
  return {there, bytes.size()};
}

std::optional<Refusal> RequestParser::check_header() {
  if (hosts_ > 1 || (hosts_ == 0 && http_1_1())) return Refusal{400, "exactly one Host header is required"};
  if (encodings_ > 0) {
    if (!http_1_1()) return Refusal{400, "Transfer-Encoding is not a part of HTTP/1.0"};
    if (encodings_ > 1 || to_lower(header(request.headers, "Transfer-Encoding")) != "chunked") {
      return Refusal{501, "the only transfer encoding that is served is chunked"};
    }
  }
  const std::string_view expect = header(request.headers, "Expect");
  if (!expect.empty()) {
    if (to_lower(expect) != "100-continue") return Refusal{417, "the only expectation that is served is 100-continue"};
    wants_continue_ = http_1_1();
  }
  return normalize_target();
}

std::optional<Refusal> RequestParser::normalize_target() {
  std::string& target = request.target;
  if (!target.empty() && target.front() == '/') return std::nullopt;
  if (target == "*" && request.method == "OPTIONS") return std::nullopt;
  // The absolute form, as sent to proxies: its authority replaces Host (RFC 9112 section 3.2.2).
  const std::size_t scheme = target.find("://");
  if (scheme == std::string::npos || request.method == "CONNECT") return Refusal{400, "malformed request target"};
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(target.find_first_of("/?", begin), target.size());
  for (auto& [name, value] : request.headers) {
    if (to_lower(name) == "host") value = target.substr(begin, end - begin);
  }
  target.erase(0, end);
  if (target.empty() || target.front() != '/') target.insert(0, "/");
  return std::nullopt;
}

void RequestParser::on_request_impl(beast::http::verb, Text method, Text target, int version, ErrorCode&) {
  request.method = view(method);
  request.target = view(target);
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  if (const auto larger = larger_bodies_.find(path); larger != larger_bodies_.end()) {
    max_body_bytes_ = larger->second;
    body_limit(max_body_bytes_);  // in time: the announced length is compared at the end of the header
  }
  version_ = version;
}

void RequestParser::on_response_impl(int, Text, int, ErrorCode&) {}

void RequestParser::on_field_impl(beast::http::field field, Text name, Text value, ErrorCode&) {
  if (header_done_) return;  // trailers
  if (field == beast::http::field::host) ++hosts_;
  if (field == beast::http::field::transfer_encoding) ++encodings_;
  request.headers.emplace_back(std::string(view(name)), std::string(view(value)));
}

void RequestParser::on_header_impl(ErrorCode&) {}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) {
  // What is announced is only believed up to a point.
  constexpr std::uint64_t believed = 256U << 10U;
  if (length) request.body.reserve(static_cast<std::size_t>(std::min(*length, believed)));
}

std::size_t RequestParser::on_body_impl(Text body, ErrorCode&) {
  request.body.append(body.data(), body.size());
  return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t size, Text, ErrorCode&) {
  chunk_left_ = size;
  had_chunk_ = true;
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t remain, Text body, ErrorCode&) {
  chunk_left_ = remain - body.size();
  request.body.append(body.data(), body.size());
  return body.size();
}

void RequestParser::on_finish_impl(ErrorCode&) {}

}  // namespace muster::http
