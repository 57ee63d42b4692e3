#include "runtime/server/channel_end.h"

#include <string>
#include <utility>

namespace muster::server {
namespace {

// The first byte of each message.
constexpr char in_channel = 0, out_channel = 1, error_channel = 2, status_channel = 3, resize_channel = 4;
constexpr char close_signal = static_cast<char>(255);

class ChannelEnd final : public UserEnd {
 public:
  explicit ChannelEnd(std::shared_ptr<http::WebSocket> socket) : socket_(std::move(socket)) {}
  ~ChannelEnd() override {
    // The handle goes when the connection has ended in good order.
    socket_->on_message([](const std::string&, http::Frame) {});
    socket_->resume();
    socket_->close("");
    socket_->on_close([held = socket_](const std::string&) {});
  }
  ChannelEnd(const ChannelEnd&) = delete;
  ChannelEnd& operator=(const ChannelEnd&) = delete;

  void start(UserCallbacks callbacks) override {
    callbacks_ = std::move(callbacks);
    socket_->on_message([this](const std::string& message, http::Frame) { received(message); });
    socket_->on_close([this](const std::string&) {
      if (const auto callback = callbacks_.on_gone) callback();
    });
  }

  void write(Output which, std::string_view bytes) override {
    send(which == Output::out ? out_channel : error_channel, bytes);
  }
  void finish(const protocol::StreamEnd& end) override { send(status_channel, end_status(end)); }
  std::size_t queued() const override { return socket_->queued(); }

 private:
  void pause_input() override { socket_->pause(); }
  void resume_input() override { socket_->resume(); }

  void send(char channel, std::string_view bytes) {
    auto message = std::make_shared<std::string>(1, channel);
    message->append(bytes);
    socket_->send(std::move(message), http::Frame::binary);
  }

  void received(std::string_view message) {
    if (message.empty()) return;
    const char channel = message[0];
    const std::string_view content = message.substr(1);
    // Copies: a callback may end this.
    if (channel == in_channel) {
      if (const auto callback = callbacks_.on_input; callback && !content.empty()) callback(content);
    } else if (channel == close_signal && !content.empty() && content[0] == in_channel) {
      if (const auto callback = callbacks_.on_input_end) callback();
    } else if (channel == resize_channel) {
      const auto size = parse_size(content);
      if (const auto callback = callbacks_.on_resize; callback && size) callback(*size);
    }
  }

  std::shared_ptr<http::WebSocket> socket_;
  UserCallbacks callbacks_;
};

}  // namespace

std::unique_ptr<UserEnd> channel_end(std::shared_ptr<http::WebSocket> socket) {
  return std::make_unique<ChannelEnd>(std::move(socket));
}

}  // namespace muster::server
