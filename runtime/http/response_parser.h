// Beast's parser, filling a Response directly.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <string>

#include "runtime/http/message.h"

namespace muster::http {

class ResponseParser final : public boost::beast::http::basic_parser<false> {
 public:
  // 0: no limit on the body, which is then to be taken piece by piece.
  explicit ResponseParser(std::size_t max_body_bytes);

  Response response;  // the body as far as it has come

 private:
  using Text = boost::beast::string_view;
  using ErrorCode = boost::beast::error_code;
  void on_request_impl(boost::beast::http::verb verb, Text method, Text target, int version, ErrorCode& error) override;
  void on_response_impl(int status, Text reason, int version, ErrorCode& error) override;
  void on_field_impl(boost::beast::http::field field, Text name, Text value, ErrorCode& error) override;
  void on_header_impl(ErrorCode& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& error) override;
  std::size_t on_body_impl(Text body, ErrorCode& error) override;
  void on_chunk_header_impl(std::uint64_t size, Text extensions, ErrorCode& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, Text body, ErrorCode& error) override;
  void on_finish_impl(ErrorCode& error) override;

  bool header_done_ = false;
};

}  // namespace muster::http
