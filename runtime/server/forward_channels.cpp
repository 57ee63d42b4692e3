#include <string>
#include <utility>

#include "runtime/server/forwards.h"

namespace muster::server {
namespace {

constexpr unsigned char close_signal = 255;

// The one socket of all ports. Its callbacks hold it until it has ended.
class Channels : public std::enable_shared_from_this<Channels> {
 public:
  Channels(std::shared_ptr<http::WebSocket> socket, std::size_t ports)
      : socket_(std::move(socket)), ends_(ports), left_(ports) {}

  void start(const std::vector<int>& ports) {
    const auto self = shared_from_this();
    socket_->on_message([self](const std::string& message, http::Frame) { self->received(message); });
    socket_->on_close([self](const std::string&) {
      self->open_ = false;
      for (const UserCallbacks& end : self->ends_) {
        if (const auto callback = end.on_gone) callback();
      }
    });
    for (std::size_t i = 0; i < ports.size(); ++i) {
      // Each channel begins with the port, little-endian.
      const std::string port{static_cast<char>(ports[i] & 0xff), static_cast<char>(ports[i] >> 8)};
      send(2 * i, port);
      send(2 * i + 1, port);
    }
  }

  void listen(std::size_t index, UserCallbacks callbacks) { ends_[index] = std::move(callbacks); }
  void send(std::size_t channel, std::string_view bytes) {
    if (!open_) return;
    auto message = std::make_shared<std::string>(1, static_cast<char>(channel));
    message->append(bytes);
    socket_->send(std::move(message), http::Frame::binary);
  }
  void release() {
    if (--left_ > 0 || !open_) return;
    socket_->resume();
    socket_->close("");
  }
  std::size_t queued() const { return socket_->queued(); }
  void pause() {
    if (pauses_++ == 0) socket_->pause();
  }
  void resume() {
    if (--pauses_ == 0) socket_->resume();
  }

 private:
  void received(std::string_view message) {
    if (message.size() < 2) return;
    const auto channel = static_cast<unsigned char>(message[0]);
    // v5: the user sends nothing more on the channel that follows.
    if (channel == close_signal) {
      const auto closed = static_cast<unsigned char>(message[1]);
      if (closed % 2 != 0 || closed / 2U >= ends_.size()) return;
      if (const auto callback = ends_[closed / 2U].on_input_end) callback();
      return;
    }
    if (channel % 2 != 0 || channel / 2U >= ends_.size()) return;
    if (const auto callback = ends_[channel / 2U].on_input) callback(message.substr(1));
  }

  std::shared_ptr<http::WebSocket> socket_;
  std::vector<UserCallbacks> ends_;  // by index of the port
  std::size_t left_;
  std::size_t pauses_ = 0;
  bool open_ = true;
};

class ChannelForward final : public UserEnd {
 public:
  ChannelForward(std::shared_ptr<Channels> channels, std::size_t index)
      : channels_(std::move(channels)), index_(index) {}
  ~ChannelForward() override {
    channels_->listen(index_, {});
    resume();
    channels_->release();
  }
  ChannelForward(const ChannelForward&) = delete;
  ChannelForward& operator=(const ChannelForward&) = delete;

  void start(UserCallbacks callbacks) override { channels_->listen(index_, std::move(callbacks)); }
  void write(Output /*which*/, std::string_view bytes) override { channels_->send(2 * index_, bytes); }
  void finish(const protocol::StreamEnd& end) override {
    if (!end.error.empty()) channels_->send(2 * index_ + 1, end.error);
  }
  std::size_t queued() const override { return channels_->queued(); }

 private:
  void pause_input() override { channels_->pause(); }
  void resume_input() override { channels_->resume(); }

  std::shared_ptr<Channels> channels_;
  const std::size_t index_;
};

}  // namespace

void forward_channels(std::shared_ptr<http::WebSocket> socket, const std::vector<int>& ports,
                      const OnForward& on_forward) {
  const auto channels = std::make_shared<Channels>(std::move(socket), ports.size());
  channels->start(ports);
  for (std::size_t i = 0; i < ports.size(); ++i) on_forward(ports[i], std::make_unique<ChannelForward>(channels, i));
}

}  // namespace muster::server
