// Beast's parser, filling a Request directly.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/http/message.h"

namespace muster::http {

// What a server answers when it refuses a request itself.
struct Refusal {
  int status = 400;
  std::string message;
};

class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  using PathLimits = std::map<std::string, std::size_t, std::less<>>;
  // `larger_bodies` are limits of single paths and must outlive the parser.
  RequestParser(std::size_t max_header_bytes, std::size_t max_body_bytes, const PathLimits& larger_bodies);

  // The whole header block, up to and with its empty line. The fields are checked.
  std::optional<Refusal> put_header(std::string_view block);
  // Takes bytes of the body from the front of `bytes`; what it cannot use yet stays there.
  std::optional<Refusal> put_body(std::string_view& bytes);

  bool http_1_1() const { return version_ == 11; }
  bool wants_continue() const { return wants_continue_; }
  Request request;

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

  std::optional<Refusal> check_header();
  // What may be given to Beast of a chunked body that goes on with these bytes.
  struct Piece {
    enum class Kind { there, not_there, malformed } kind;
    std::size_t size;
  };
  Piece next_piece(std::string_view bytes) const;
  std::optional<Refusal> normalize_target();

  std::size_t max_header_bytes_;
  std::size_t max_body_bytes_;
  const PathLimits& larger_bodies_;
  int version_ = 11;
  int hosts_ = 0;
  int encodings_ = 0;
  std::uint64_t chunk_left_ = 0;  // bytes of the present chunk
  bool had_chunk_ = false;
  bool header_done_ = false;
  bool wants_continue_ = false;
};

}  // namespace muster::http
