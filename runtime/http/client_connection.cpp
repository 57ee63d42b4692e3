#include "runtime/http/client_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "api/base/text.h"

namespace muster::http {

namespace beast = boost::beast;
using boost::system::error_code;

void ClientConnection::run(std::shared_ptr<ClientCall> call) {
  call_ = std::move(call);
  touched_ = head_reported_ = false;
  parser_ = std::make_unique<ResponseParser>(call_->streaming ? 0 : pool_.max_body_bytes());
  parser_->skip(call_->head_only);
  output_.push(call_->head, call_->body);
  flush();
  wait_to_read();
}

bool ClientConnection::usable() {
  return transport_ && !transport_->stale();
}

void ClientConnection::close() {
  if (!transport_) return;
  const auto self = shared_from_this();
  transport_->close();
  transport_.reset();
  call_.reset();
  output_.clear();
  pool_.connection_closed(*this);
}

void ClientConnection::flush() {
  if (writing_ || output_.empty()) return;
  error_code error;
  output_.flush(*transport_, error);
  if (error == boost::asio::error::would_block) {
    writing_ = true;
    transport_->wait_writable(shared_from_this());
  } else if (error) {
    // A server may answer (413) and close without reading the rest: what it said is still there to be read.
    output_.clear();
  }
}

void ClientConnection::on_writable(const error_code& error) {
  writing_ = false;
  if (!error && transport_) flush();
}

void ClientConnection::wait_to_read() {
  if (reading_ || !transport_ || (call_ && call_->paused)) return;
  reading_ = true;
  transport_->wait_readable(shared_from_this());
}

void ClientConnection::on_readable(const error_code& error) {
  reading_ = false;
  if (error || !transport_) return;
  if (!call_) {
    // Idle: the peer closed, or talks without being asked, which TLS may do for its own ends.
    if (transport_->stale()) return close();
    return wait_to_read();
  }
  if (call_->paused) return;
  read();
  wait_to_read();
}

void ClientConnection::read() {
  const auto self = shared_from_this();
  error_code error;
  auto& scratch = pool_.scratch();
  const std::size_t size = transport_->read(scratch.data(), scratch.size(), error);
  if (error == boost::asio::error::would_block) return;
  if (error && error != boost::asio::error::eof) return fail(Code::unavailable, error.message());
  touched_ = touched_ || size > 0;
  parse({scratch.data(), size}, size == 0);
}

void ClientConnection::parse(std::string_view bytes, bool end_of_stream) {
  std::string joined;
  if (!pending_.empty()) {
    joined = std::exchange(pending_, {});
    joined += bytes;
    bytes = joined;
  }
  while (true) {
    error_code error;
    while (!bytes.empty() && !parser_->is_done()) {
      // Beast asserts to have the end of the last chunk, "0\r\n\r\n", when it looks at one for the second time.
      if (parser_->is_header_done() && parser_->chunked() && bytes.size() < 5 && bytes.starts_with("0\r\n")) break;
      const std::size_t used = parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
      bytes.remove_prefix(used);
      if (error || used == 0) break;
    }
    if (error == beast::http::error::need_more) error.clear();
    if (error == beast::http::error::body_limit) {
      return fail(Code::too_large, str("the answer is larger than ", pool_.max_body_bytes(), " bytes"));
    }
    if (error) return fail(Code::unavailable, str("malformed answer: ", error.message()));
    const int status = parser_->response.status;
    const bool interim = parser_->is_done() && status >= 100 && status < 200 && status != 101;
    if (!interim) break;
    parser_ = std::make_unique<ResponseParser>(call_->streaming ? 0 : pool_.max_body_bytes());
    parser_->skip(call_->head_only);
  }
  if (end_of_stream && !parser_->is_done()) {
    error_code error = beast::http::error::end_of_stream;
    if (parser_->got_some()) parser_->put_eof(error = {});
    if (error) {
      report();  // what did come, before the bad news
      return call_ ? fail(Code::unavailable, "the connection was closed before the end of the answer") : close();
    }
  }
  constexpr std::size_t max_pending = 128U << 10U;
  if (bytes.size() > max_pending) return fail(Code::unavailable, "malformed answer: a line is too long");
  const bool surplus = parser_->is_done() && !bytes.empty();
  if (!parser_->is_done()) pending_.assign(bytes);
  if (!report()) return;
  if (!parser_->is_done()) return;
  const bool again = parser_->keep_alive() && !surplus && !end_of_stream && output_.empty();
  complete();
  if (!transport_) return;
  if (again) {
    used_ = true;
    pool_.reusable(shared_from_this());
  } else {
    close();
  }
}

bool ClientConnection::report() {
  if (!call_->streaming || !parser_->is_header_done()) return true;
  const std::shared_ptr<ClientCall> call = call_;
  std::string body = std::exchange(parser_->response.body, {});
  if (!std::exchange(head_reported_, true)) {
    pool_.cancel_timer(std::exchange(call->timer, 0));
    if (call->callbacks.on_head) call->callbacks.on_head(parser_->response);
  }
  if (!call->finished && !body.empty() && call->callbacks.on_bytes) call->callbacks.on_bytes(body);
  return !call->finished && call_ != nullptr;
}

void ClientConnection::complete() {
  const std::shared_ptr<ClientCall> call = std::exchange(call_, nullptr);
  call->connection.reset();
  Response response = std::move(parser_->response);
  parser_.reset();
  pool_.answer_complete(call, std::move(response));
}

void ClientConnection::fail(Code code, std::string_view why) {
  const auto self = shared_from_this();
  const std::shared_ptr<ClientCall> call = std::exchange(call_, nullptr);
  const bool untouched = used_ && !touched_;
  close();
  call->connection.reset();
  pool_.answer_failed(call, Error{code, std::string(why), {}}, untouched);
}

}  // namespace muster::http
