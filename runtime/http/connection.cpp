#include "runtime/http/connection.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <utility>

#include "runtime/http/exchange.h"
#include "runtime/http/server_core.h"
#include "runtime/http/stream.h"

namespace muster::http {

namespace {

constexpr std::size_t max_pending = 64U << 10U;         // bytes kept while a request is being answered
constexpr std::size_t max_unread_answers = 64U << 10U;  // queued bytes above which no pipelined request is begun
constexpr std::size_t max_line = 16U << 10U;            // of a chunk's header
// A peer whose request was refused is mostly still sending it, and sees the answer only when it may go on doing so.
constexpr std::size_t max_discarded = 64U << 20U;
constexpr Duration linger_time = std::chrono::seconds(10);
constexpr std::string_view end_of_header = "\r\n\r\n";

bool token_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> core, std::unique_ptr<Transport> transport)
    : core_(std::move(core)), transport_(std::move(transport)), read_deadline_(*this), write_deadline_(*this) {}

Connection::~Connection() = default;

void Connection::start() {
  core_->deadlines.arm(read_deadline_, core_->options.header_timeout);
  wait_to_read();
}

void Connection::turn_away() {
  turned_away_ = true;
  Refusal refusal{503, "too many connections"};
  refuse(refusal);
  send();
}

void Connection::close_if_idle() {
  keep_alive_ = false;
  if (state_ == State::idle && output_.empty()) close();
}

void Connection::close() {
  if (!open()) return;
  const auto self = shared_from_this();
  transport_->close();
  transport_.reset();
  read_deadline_.disarm();
  write_deadline_.disarm();
  parser_.reset();
  pending_ = {};
  output_.clear();
  notify_gone();
  core_->remove(*this);
}

void Connection::abort() {
  if (!open()) return;
  transport_->abort();
  close();
}

void Connection::notify_gone() {
  if (const auto exchange = exchange_.lock()) exchange->peer_gone();
  if (const auto stream = stream_.lock()) stream->peer_gone();
}

Connection::Detached Connection::detach() {
  const auto self = shared_from_this();
  transport_->cancel_waits();
  Detached detached{std::move(transport_), input_ != nullptr ? std::string(*input_) : std::move(pending_)};
  read_deadline_.disarm();
  write_deadline_.disarm();
  core_->remove(*this);
  return detached;
}

std::string Connection::peer() const {
  return transport_ ? transport_->peer() : "gone";
}

// ---- reading

void Connection::wait_to_read() {
  if (!open() || reading_) return;
  const bool full = pending_.size() >= max_pending && (state_ == State::answering || state_ == State::idle);
  if (state_ == State::finishing || full) return;
  reading_ = true;
  transport_->wait_readable(shared_from_this());
}

void Connection::on_readable(const boost::system::error_code& error) {
  reading_ = false;
  if (error || !open()) return;
  read();
  if (open() && !output_.empty() && !writing_) send();
  wait_to_read();
}

void Connection::read() {
  boost::system::error_code error;
  const std::size_t size = transport_->read(core_->scratch.data(), core_->scratch.size(), error);
  if (error == boost::asio::error::would_block) return;
  if (error) return close();
  if (state_ == State::lingering) {
    discarded_ += size;
    if (discarded_ > max_discarded) close();
    return;
  }
  received({core_->scratch.data(), size});
}

// Works through the input. What is left at the end is kept; the shared scratch is used by others after this.
void Connection::received(std::string_view bytes) {
  if (working_) return;
  const auto self = shared_from_this();
  working_ = true;
  std::string joined;
  if (!pending_.empty()) {
    joined = std::move(pending_);
    joined += bytes;
    bytes = joined;
  }
  pending_.clear();
  input_ = &bytes;
  while (open() && advance(bytes)) {
  }
  if (open() && !bytes.empty() && state_ != State::finishing && state_ != State::lingering) {
    pending_.assign(bytes);
  } else {
    pending_ = {};
  }
  input_ = nullptr;
  working_ = false;
}

bool Connection::advance(std::string_view& input) {
  switch (state_) {
    case State::idle:
    case State::header: return output_.bytes() <= max_unread_answers && begin_request(input);
    case State::body: return continue_body(input);
    case State::answering:
    case State::finishing:
    case State::lingering: return false;
  }
  return false;
}

bool Connection::begin_request(std::string_view& input) {
  while (input.substr(0, 2) == "\r\n") input.remove_prefix(2);  // RFC 9112 section 2.2
  if (input.empty()) return false;
  if (transport_->plain_by_mistake()) {
    refuse({400, "this address speaks TLS: ask it by https://"});
    return false;
  }
  if (!token_character(input.front()) && input.front() != '\r') {
    refuse({400, "this is not HTTP"});
    return false;
  }
  const std::size_t end = input.find(end_of_header);
  const std::size_t size = end == std::string_view::npos ? input.size() : end + end_of_header.size();
  if (size > core_->options.max_header_bytes) {
    refuse({431, "the request header is too large"});
    return false;
  }
  if (end == std::string_view::npos) {
    if (state_ == State::idle) arm(State::header);
    return false;
  }
  parser_ = std::make_unique<RequestParser>(core_->options.max_header_bytes, core_->options.max_body_bytes,
                                            core_->options.larger_bodies);
  const std::optional<Refusal> refusal = parser_->put_header(input.substr(0, size));
  input.remove_prefix(size);
  head_only_ = parser_->request.method == "HEAD";
  http_1_1_ = parser_->http_1_1();
  if (refusal) {
    refuse(*refusal);
    return false;
  }
  keep_alive_ = parser_->keep_alive() && !core_->draining();
  continue_sent_ = !parser_->wants_continue();
  if (parser_->is_done()) {
    dispatch();
  } else {
    state_ = State::body;
    read_deadline_.disarm();  // armed when the body does not come at once
    if (input.empty()) return continue_body(input);
  }
  return true;
}

bool Connection::continue_body(std::string_view& input) {
  if (const std::optional<Refusal> refusal = parser_->put_body(input)) {
    refuse(*refusal);
    return false;
  }
  if (parser_->is_done()) {
    dispatch();
    return true;
  }
  if (input.size() > max_line) {
    refuse({400, "a chunk's header is too long"});
    return false;
  }
  if (!std::exchange(continue_sent_, true)) output_.push("HTTP/1.1 100 Continue\r\n\r\n");
  if (!read_deadline_.armed()) arm(State::body);
  return false;
}

void Connection::dispatch() {
  read_deadline_.disarm();
  state_ = State::answering;
  tls_peer_ = transport_->tls_peer();
  auto exchange = std::make_shared<ServerExchange>(shared_from_this(), std::move(parser_->request));
  parser_.reset();
  exchange_ = exchange;
  core_->handler(std::move(exchange));
}

void Connection::refuse(const Refusal& refusal) {
  Response response = status_response(refusal.status, refusal.message);
  if (refusal.status == 503) response.headers.emplace_back("Retry-After", "1");
  keep_alive_ = false;
  // The rest of the request is not read: the peer must get the answer before it sees a reset.
  discarded_ = 1;
  parser_.reset();
  respond(std::move(response));
}

// ---- answering

HeadOptions Connection::head_options(Framing framing) {
  if (core_->draining()) keep_alive_ = false;
  return HeadOptions{framing, keep_alive_, http_1_1_, core_->date()};
}

void Connection::respond(Response response) {
  if (!open()) return;
  const bool no_body = bodyless(response.status);
  std::string head = response_head(response, head_options(no_body ? Framing::none : Framing::length));
  constexpr std::size_t small = 4096;
  if (no_body || head_only_) {
    output_.push(std::move(head));
  } else if (response.body.size() <= small) {
    head += response.body;
    output_.push(std::move(head));
  } else {
    output_.push(std::move(head), std::make_shared<const std::string>(std::move(response.body)));
  }
  answered();
}

bool Connection::begin_stream(const Response& head, std::weak_ptr<ServerStream> stream) {
  if (!open()) return false;
  const bool no_body = bodyless(head.status) || head_only_;
  stream_framing_ = http_1_1_ ? Framing::chunked : Framing::until_close;
  if (stream_framing_ == Framing::until_close) keep_alive_ = false;
  output_.push(response_head(head, head_options(bodyless(head.status) ? Framing::none : stream_framing_)));
  if (no_body) {
    answered();
    return false;
  }
  stream_ = std::move(stream);
  send_soon();
  return true;
}

bool Connection::stream_bytes(std::shared_ptr<const std::string> bytes) {
  if (!open()) return false;
  if (output_.bytes() + bytes->size() > core_->options.max_stream_buffer) {
    abort();
    return false;
  }
  if (stream_framing_ == Framing::chunked) {
    output_.push_chunk(std::move(bytes));
  } else {
    output_.push(std::string(), std::move(bytes));
  }
  send_soon();
  return true;
}

void Connection::finish_stream() {
  if (!open()) return;
  if (stream_framing_ == Framing::chunked) output_.push("0\r\n\r\n");
  stream_.reset();
  answered();
}

void Connection::answered() {
  used_ = true;
  exchange_.reset();
  if (keep_alive_) {
    become_idle();
  } else {
    state_ = State::finishing;
    read_deadline_.disarm();
  }
  if (!working_) send_soon();
}

void Connection::become_idle() {
  state_ = State::idle;
  core_->deadlines.arm(read_deadline_, core_->options.idle_timeout);
}

void Connection::send_soon() {
  if (!std::exchange(send_queued_, true)) core_->send_soon(shared_from_this());
}

void Connection::send() {
  send_queued_ = false;
  if (!open()) return;
  if (!output_.empty() && !writing_) {
    boost::system::error_code error;
    const std::size_t sent = output_.flush(*transport_, error);
    if (error && error != boost::asio::error::would_block) return close();
    if (output_.empty()) {
      write_deadline_.disarm();
    } else {
      writing_ = true;
      if (sent > 0 || !write_deadline_.armed()) core_->deadlines.arm(write_deadline_, core_->options.write_timeout);
      transport_->wait_writable(shared_from_this());
    }
  }
  if (state_ == State::finishing && output_.empty()) return linger();
  // A pipelined request may have waited for this answer.
  if (state_ == State::idle && !pending_.empty() && output_.bytes() <= max_unread_answers && !working_) {
    received({});
    if (open() && !output_.empty()) send_soon();
  }
  wait_to_read();
}

void Connection::on_writable(const boost::system::error_code& error) {
  writing_ = false;
  if (error || !open()) return;
  send();
}

void Connection::linger() {
  if (discarded_ == 0) return close();  // everything was read: an ordinary end
  state_ = State::lingering;
  transport_->shutdown_send();
  core_->deadlines.arm(read_deadline_, linger_time);
  wait_to_read();
}

// ---- time

void Connection::arm(State state) {
  state_ = state;
  const ServerOptions& options = core_->options;
  core_->deadlines.arm(read_deadline_, state == State::body ? options.body_timeout : options.header_timeout);
}

void Connection::on_deadline(Deadline& deadline) {
  const auto self = shared_from_this();
  if (&deadline == &write_deadline_) return abort();
  if (state_ != State::header && state_ != State::body) return close();
  refuse({408, state_ == State::header ? "the request header took too long" : "the request body took too long"});
  send();
}

}  // namespace muster::http
