#include "runtime/http/web_socket_session.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <optional>
#include <utility>

#include "api/base/text.h"
#include "runtime/http/context.h"
#include "runtime/http/socket_layer.h"
#include "runtime/http/status_code.h"

namespace muster::http {

namespace {

namespace beast = boost::beast;
namespace ws = beast::websocket;
using boost::system::error_code;

constexpr std::size_t keep_capacity = 4096;
constexpr std::size_t max_close_reason = 123;  // RFC 6455 section 5.5

beast::string_view beast_view(std::string_view text) {
  return {text.data(), text.size()};
}

class Session final : public WebSocketSession {
 public:
  Session(IoLoop& loop, std::shared_ptr<Gatherer> gatherer, const SessionOptions& options, Hooks hooks)
      : loop_(loop), gatherer_(std::move(gatherer)), stream_(gatherer_), options_(options), hooks_(std::move(hooks)) {
    ws::stream_base::timeout timeout{};
    timeout.handshake_timeout = options.handshake_timeout;
    timeout.idle_timeout = options.idle_timeout;
    timeout.keep_alive_pings = true;
    stream_.set_option(timeout);
    stream_.read_message_max(options.max_message_bytes);
    stream_.auto_fragment(false);
  }

  void accept(const Request& request, std::string_view subprotocol) override {
    beast::http::request<beast::http::empty_body> upgrade;
    upgrade.method(beast::http::verb::get);
    upgrade.target(beast_view(request.target));
    upgrade.version(11);
    for (const auto& [name, value] : request.headers) upgrade.insert(beast_view(name), beast_view(value));
    if (!subprotocol.empty()) {
      stream_.set_option(ws::stream_base::decorator([chosen = std::string(subprotocol)](ws::response_type& response) {
        response.set(beast::http::field::sec_websocket_protocol, chosen);
      }));
    }
    stream_.async_accept(upgrade, [self = self()](error_code error) { self->opened(error); });
  }

  void handshake(Request request, std::string authority, std::function<void(Status)> done) override {
    auto response = std::make_shared<ws::response_type>();
    const std::string target = request.target;
    stream_.set_option(ws::stream_base::decorator([headers = std::move(request.headers)](ws::request_type& upgrade) {
      for (const auto& [name, value] : headers) upgrade.set(beast_view(name), beast_view(value));
    }));
    stream_.async_handshake(*response, authority, target,
                            [self = self(), response, done = std::move(done)](error_code error) {
                              if (self->ended_) return;
                              self->opened(error);
                              done(error ? Status(handshake_error(error, *response)) : Status());
                            });
  }

  void on_message(std::function<void(std::string, Frame)> callback) override { on_message_ = std::move(callback); }
  void on_close(std::function<void(std::string)> callback) override {
    if (!ended_) {
      on_close_ = std::move(callback);
    } else if (!on_close_called_) {
      on_close_ = std::move(callback);
      report_close();
    }
  }

  bool send(std::shared_ptr<const std::string> message, Frame frame) override {
    if (ended_ || closing_) return false;
    if (queued() + message->size() > options_.max_queued_bytes) {
      abort("the peer is too slow: too much is queued");
      return false;
    }
    queued_bytes_ += message->size();
    queue_.push_back(Outgoing{std::move(message), frame});
    pump_soon();
    return true;
  }

  void pause() override { paused_ = true; }
  void resume() override {
    if (!std::exchange(paused_, false) || !read_held_) return;
    loop_.post([self = self()] {
      if (!self->ended_ && !self->paused_ && std::exchange(self->read_held_, false)) self->deliver();
    });
  }

  std::size_t queued() const override { return queued_bytes_ + gatherer_->queued(); }

  void close(std::string_view reason) override {
    if (ended_ || std::exchange(closing_, true)) return;
    close_reason_ = reason.substr(0, max_close_reason);
    while (!valid_utf8(close_reason_)) close_reason_.pop_back();
    pump_soon();
  }

  void abort(std::string reason) override { end(std::move(reason)); }

 protected:
  void dropped() override {
    on_message_ = nullptr;
    on_close_ = nullptr;
    deaf_ = true;
    close("");
  }

 private:
  struct Outgoing {
    std::shared_ptr<const std::string> message;
    Frame frame;
  };

  std::shared_ptr<Session> self() { return std::static_pointer_cast<Session>(shared_from_this()); }

  static Error handshake_error(error_code error, const ws::response_type& response) {
    if (error != ws::error::upgrade_declined) {
      return Error{Code::unavailable, str("WebSocket handshake: ", error.message()), {}};
    }
    constexpr std::size_t shown = 4096;
    const int status = static_cast<int>(response.result_int());
    return Error{code_of_status(status), str("HTTP ", status, ": ", trim(response.body()).substr(0, shown)), {}};
  }

  void opened(error_code error) {
    if (ended_) return;
    if (error) return end(str("handshake: ", error.message()));
    open_ = true;
    stream_.set_option(ws::stream_base::decorator([](ws::request_type&) {}));  // lets go of the headers
    read();
    pump();
  }

  // ---- receiving

  void read() {
    stream_.async_read(buffer_, [self = self()](error_code error, std::size_t) {
      if (self->ended_) return;
      if (error) return self->end(self->end_reason(error));
      if (self->paused_) {
        self->read_held_ = true;
      } else {
        self->deliver();
      }
    });
  }

  void deliver() {
    std::string message = beast::buffers_to_string(buffer_.data());
    buffer_.consume(buffer_.size());
    if (buffer_.capacity() > keep_capacity) buffer_.shrink_to_fit();
    // The callback may replace itself or drop the handle while it runs.
    if (auto callback = std::exchange(on_message_, nullptr)) {
      callback(std::move(message), stream_.got_text() ? Frame::text : Frame::binary);
      if (!on_message_ && !ended_ && !deaf_) on_message_ = std::move(callback);
    }
    if (!ended_) read();
  }

  std::string end_reason(error_code error) {
    if (error != ws::error::closed) return error.message();
    const ws::close_reason& reason = stream_.reason();
    if (!reason.reason.empty()) return std::string(reason.reason.data(), reason.reason.size());
    return str("closed (", reason.code, ')');
  }

  // ---- sending

  void pump_soon() {
    if (std::exchange(pump_posted_, true)) return;
    loop_.post([self = self()] {
      self->pump_posted_ = false;
      self->pump();
    });
  }

  void pump() {
    if (!open_ || ended_ || writing_) return;
    if (queue_.empty()) {
      gatherer_->uncork();
      watch_progress();
      if (closing_ && !std::exchange(close_started_, true)) start_close();
      return;
    }
    gatherer_->cork();
    writing_ = true;
    const Outgoing& next = queue_.front();
    stream_.binary(next.frame == Frame::binary);
    stream_.async_write(boost::asio::buffer(*next.message), [self = self()](error_code error, std::size_t) {
      self->writing_ = false;
      if (self->ended_) return self->queue_.clear();
      if (error) return self->end(self->end_reason(error));
      self->queued_bytes_ -= self->queue_.front().message->size();
      self->queue_.pop_front();
      self->pump();
    });
    watch_progress();
  }

  void start_close() {
    const ws::close_reason reason(ws::close_code::normal, beast_view(close_reason_));
    stream_.async_close(reason, [self = self()](error_code error) {
      if (!self->ended_)
        self->end(error ? error.message() : self->close_reason_.empty() ? "closed" : self->close_reason_);
    });
  }

  void watch_progress() {
    if (queued() == 0 || progress_timer_ != 0) return;
    progress_timer_ = loop_.after(options_.write_timeout, [self = self(), before = gatherer_->progress()] {
      self->progress_timer_ = 0;
      if (self->ended_) return;
      if (self->queued() > 0 && self->gatherer_->progress() == before) return self->abort("the peer takes nothing");
      self->watch_progress();
    });
  }

  // ---- the end

  void end(std::string reason) {
    if (std::exchange(ended_, true)) return;
    const auto keep = self();
    close_text_ = std::move(reason);
    loop_.cancel(std::exchange(progress_timer_, 0));
    gatherer_->close();
    if (!writing_) queue_.clear();  // else the buffer is still lent to Beast
    on_message_ = nullptr;
    report_close();
    hooks_.ended(*this);
  }

  void report_close() {
    if (!on_close_) return;
    hooks_.call_soon([self = self()] {
      auto callback = std::exchange(self->on_close_, nullptr);
      if (!callback) return;
      self->on_close_called_ = true;
      callback(self->close_text_);
    });
  }

  IoLoop& loop_;
  std::shared_ptr<Gatherer> gatherer_;
  ws::stream<SocketLayer, false> stream_;
  const SessionOptions options_;
  const Hooks hooks_;
  beast::flat_buffer buffer_;
  std::deque<Outgoing> queue_;
  std::size_t queued_bytes_ = 0;
  std::function<void(std::string, Frame)> on_message_;
  std::function<void(std::string)> on_close_;
  std::string close_reason_;  // ours, to be sent
  std::string close_text_;    // for the callback
  Loop::Timer progress_timer_ = 0;
  bool open_ = false;
  bool paused_ = false;
  bool read_held_ = false;
  bool writing_ = false;
  bool pump_posted_ = false;
  bool closing_ = false;
  bool close_started_ = false;
  bool ended_ = false;
  bool deaf_ = false;
  bool on_close_called_ = false;
};

}  // namespace

std::shared_ptr<WebSocket> WebSocketSession::handle() {
  return {this, [session = shared_from_this()](WebSocket*) { session->dropped(); }};
}

std::shared_ptr<WebSocketSession> make_session(IoLoop& loop, std::unique_ptr<Transport> transport, std::string early,
                                               const SessionOptions& options, WebSocketSession::Hooks hooks) {
  auto gatherer = std::make_shared<Gatherer>(loop.context().io.get_executor(), std::move(transport), std::move(early));
  return std::make_shared<Session>(loop, std::move(gatherer), options, std::move(hooks));
}

}  // namespace muster::http
