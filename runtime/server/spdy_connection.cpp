#include "runtime/server/spdy_connection.h"

#include <utility>

#include "runtime/base/log.h"

namespace muster::server {
namespace {

using spdy::More;
using spdy::StreamId;

constexpr Duration idle_limit = std::chrono::hours(4);  // without a byte, pings among them

class TunnelledBytes final : public http::ByteStream {
 public:
  explicit TunnelledBytes(std::shared_ptr<http::WebSocket> socket) : socket_(std::move(socket)) {}
  ~TunnelledBytes() override { close(); }
  TunnelledBytes(const TunnelledBytes&) = delete;
  TunnelledBytes& operator=(const TunnelledBytes&) = delete;

  void start(http::ByteStreamCallbacks callbacks) override {
    socket_->on_message(
        [on_bytes = std::move(callbacks.on_bytes)](const std::string& message, http::Frame) { on_bytes(message); });
    socket_->on_close(std::move(callbacks.on_close));
  }
  bool send(std::string bytes) override {
    return socket_ != nullptr &&
           socket_->send(std::make_shared<const std::string>(std::move(bytes)), http::Frame::binary);
  }
  void finish() override { close(); }
  void close() override {
    if (socket_ == nullptr) return;
    // The handle goes when the connection has ended in good order.
    const auto socket = std::exchange(socket_, nullptr);
    socket->on_message([](const std::string&, http::Frame) {});
    socket->resume();
    socket->close("");
    socket->on_close([socket](const std::string&) {});
  }
  void pause() override {
    if (socket_) socket_->pause();
  }
  void resume() override {
    if (socket_) socket_->resume();
  }
  std::size_t queued() const override { return socket_ ? socket_->queued() : 0; }

 private:
  std::shared_ptr<http::WebSocket> socket_;
};

}  // namespace

std::shared_ptr<http::ByteStream> tunnelled_bytes(std::shared_ptr<http::WebSocket> socket) {
  return std::make_shared<TunnelledBytes>(std::move(socket));
}

SpdyConnection::SpdyConnection(Loop& loop, std::shared_ptr<http::ByteStream> bytes, spdy::Limits limits)
    : loop_(loop),
      bytes_(std::move(bytes)),
      session_(spdy::Callbacks{[this](StreamId id, const spdy::Headers& headers, More more) {
                                 if (!on_stream_ || !on_stream_(id, headers)) return session_.reset(id);
                                 session_.reply(id);
                                 if (more == More::ends) {
                                   if (const auto sink = sinks_.find(id); sink != sinks_.end() && sink->second.on_end)
                                     sink->second.on_end();
                                 }
                               },
                               [this](StreamId id, std::string_view data, More more) {
                                 const auto found = sinks_.find(id);
                                 if (found == sinks_.end()) return;
                                 const Sink sink = found->second;  // a callback may replace it
                                 if (!data.empty() && sink.on_bytes) sink.on_bytes(data);
                                 if (more == More::ends && sink.on_end) sink.on_end();
                               },
                               [this](StreamId id) {
                                 const auto found = sinks_.extract(id);
                                 if (!found.empty() && found.mapped().on_reset) found.mapped().on_reset();
                               },
                               [this](std::string out) {
                                 if (bytes_) bytes_->send(std::move(out));
                               }},
               limits) {}

void SpdyConnection::start(OnStream on_stream, std::function<void()> on_gone) {
  on_stream_ = std::move(on_stream);
  on_gone_ = std::move(on_gone);
  heard_ = loop_.monotonic();
  watch_idle(idle_limit);
  const auto self = shared_from_this();
  http::ByteStreamCallbacks callbacks;
  callbacks.on_bytes = [self](std::string_view bytes) { self->received(bytes); };
  callbacks.on_end = [self] { self->gone(); };
  callbacks.on_close = [self](const std::string&) { self->gone(); };
  bytes_->start(std::move(callbacks));
}

void SpdyConnection::received(std::string_view bytes) {
  if (!bytes_) return;
  heard_ = loop_.monotonic();
  const Status fed = session_.feed(bytes);
  if (fed.ok()) return;
  log::info("a stream's connection is not understood", {{"error", fed.error()}});
  session_.go_away();
  gone();
}

void SpdyConnection::gone() {
  close();
  const auto sinks = std::exchange(sinks_, {});
  for (const auto& [id, sink] : sinks) {
    if (sink.on_reset) sink.on_reset();
  }
  const auto on_gone = std::exchange(on_gone_, nullptr);
  if (on_gone) on_gone();
}

void SpdyConnection::close() {
  on_stream_ = nullptr;
  loop_.cancel(std::exchange(idle_timer_, 0));
  if (const auto bytes = std::exchange(bytes_, nullptr)) {
    bytes->close();
    // The connection may be in the middle of its callback, which holds this.
    loop_.post([bytes, self = shared_from_this()] {});
  }
}

void SpdyConnection::watch_idle(Duration delay) {
  idle_timer_ = loop_.after(delay, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr || !self->bytes_) return;
    const Duration left = self->heard_ + idle_limit - self->loop_.monotonic();
    if (left > Duration::zero()) return self->watch_idle(left);
    self->gone();
  });
}

void SpdyConnection::listen(StreamId id, Sink sink) {
  sinks_[id] = std::move(sink);
}

void SpdyConnection::pause() {
  if (pauses_++ == 0 && bytes_) bytes_->pause();
}

void SpdyConnection::resume() {
  if (pauses_ > 0 && --pauses_ == 0 && bytes_) bytes_->resume();
}

}  // namespace muster::server
