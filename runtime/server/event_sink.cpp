#include "runtime/server/event_sink.h"

#include "api/base/text.h"

namespace muster::server {
namespace {

class StreamSink : public EventSink {
 public:
  explicit StreamSink(std::shared_ptr<http::Stream> stream) : stream_(std::move(stream)) {}
  bool write(std::shared_ptr<const std::string> line) override { return stream_->write(std::move(line)); }
  void finish() override { stream_->finish(); }
  std::size_t queued() const override { return stream_->queued(); }
  void on_close(std::function<void()> callback) override { stream_->on_close(std::move(callback)); }

 private:
  std::shared_ptr<http::Stream> stream_;
};

class SocketSink : public EventSink {
 public:
  explicit SocketSink(std::shared_ptr<http::WebSocket> socket) : socket_(std::move(socket)) {
    // A watcher has nothing to say.
    socket_->on_message([](const std::string&, http::Frame) {});
  }
  bool write(std::shared_ptr<const std::string> line) override {
    return socket_->send(std::move(line), http::Frame::text);
  }
  void finish() override { socket_->close("the watch has ended"); }
  std::size_t queued() const override { return socket_->queued(); }
  void on_close(std::function<void()> callback) override {
    socket_->on_close([callback = std::move(callback)](const std::string&) { callback(); });
  }

 private:
  std::shared_ptr<http::WebSocket> socket_;
};

}  // namespace

std::string_view choose_subprotocol(std::string_view offered) {
  for (const std::string_view part : split(offered, ',')) {
    const std::string_view protocol = trim(part);
    if (!protocol.empty() && !protocol.starts_with(bearer_protocol)) return protocol;
  }
  return {};
}

std::unique_ptr<EventSink> open_events(http::Exchange& exchange) {
  if (exchange.wants_upgrade()) {
    const std::string protocol(choose_subprotocol(http::header(exchange.request().headers, "Sec-WebSocket-Protocol")));
    auto socket = exchange.upgrade(protocol);
    return socket == nullptr ? nullptr : std::make_unique<SocketSink>(std::move(socket));
  }
  http::Response head;
  head.headers.emplace_back("Content-Type", "application/json");
  head.headers.emplace_back("Cache-Control", "no-cache");
  return std::make_unique<StreamSink>(exchange.stream(std::move(head)));
}

}  // namespace muster::server
