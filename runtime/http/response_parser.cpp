#include "runtime/http/response_parser.h"

#include <algorithm>

namespace muster::http {

namespace beast = boost::beast;

ResponseParser::ResponseParser(std::size_t max_body_bytes) {
  constexpr std::uint32_t max_header_bytes = 64U << 10U;
  header_limit(max_header_bytes);
  if (max_body_bytes == 0) {
    body_limit(boost::none);
  } else {
    body_limit(max_body_bytes);
  }
  eager(true);
}

void ResponseParser::on_request_impl(beast::http::verb, Text, Text, int, ErrorCode&) {}

void ResponseParser::on_response_impl(int status, Text, int, ErrorCode&) {
  response.status = status;
}

void ResponseParser::on_field_impl(beast::http::field, Text name, Text value, ErrorCode&) {
  if (header_done_) return;  // trailers
  response.headers.emplace_back(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
}

void ResponseParser::on_header_impl(ErrorCode&) {
  header_done_ = true;
}

void ResponseParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) {
  constexpr std::uint64_t believed = 256U << 10U;
  if (length) response.body.reserve(static_cast<std::size_t>(std::min(*length, believed)));
}

std::size_t ResponseParser::on_body_impl(Text body, ErrorCode&) {
  response.body.append(body.data(), body.size());
  return body.size();
}

void ResponseParser::on_chunk_header_impl(std::uint64_t, Text, ErrorCode&) {}

std::size_t ResponseParser::on_chunk_body_impl(std::uint64_t, Text body, ErrorCode&) {
  response.body.append(body.data(), body.size());
  return body.size();
}

void ResponseParser::on_finish_impl(ErrorCode&) {}

}  // namespace muster::http
