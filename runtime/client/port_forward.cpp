#include "runtime/client/port_forward.h"

#include <set>
#include <utility>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "runtime/http/byte_stream.h"

namespace muster::client {
namespace {

// Of the only port; the first message of each holds the port's number and no data.
constexpr char data_channel = 0, error_channel = 1;
constexpr char close_signal = static_cast<char>(255);
constexpr Duration drain_interval = std::chrono::milliseconds(5);

// One connection and its WebSocket. The set that holds it is told when it is over.
class Forwarded : public std::enable_shared_from_this<Forwarded> {
 public:
  using Over = std::function<void(const std::shared_ptr<Forwarded>& self, std::optional<Error> problem)>;

  Forwarded(http::IoLoop& loop, std::shared_ptr<http::ByteStream> local, Over over)
      : loop_(loop), local_(std::move(local)), over_(std::move(over)) {}
  ~Forwarded() {
    if (remote_ == nullptr) return;
    remote_->on_message([](const std::string&, http::Frame) {});
    remote_->on_close([](const std::string&) {});
  }
  Forwarded(const Forwarded&) = delete;
  Forwarded& operator=(const Forwarded&) = delete;

  void connect(ApiClient& api, const std::string& target) {
    api.connect(target, "v5.channel.k8s.io",
                [weak = weak_from_this()](Result<std::shared_ptr<http::WebSocket>> socket) {
                  const auto self = weak.lock();
                  if (self == nullptr) return;
                  if (!socket.ok()) return self->end(std::move(socket).error());
                  self->start(std::move(*socket));
                });
  }

 private:
  void start(std::shared_ptr<http::WebSocket> remote) {
    remote_ = std::move(remote);
    remote_->on_message([this](const std::string& message, http::Frame) { received(message); });
    remote_->on_close([this](const std::string&) { end(std::nullopt); });
    http::ByteStreamCallbacks callbacks;
    callbacks.on_bytes = [this](std::string_view bytes) { send(data_channel, bytes); };
    callbacks.on_end = [this] { send(close_signal, std::string_view(&data_channel, 1)); };
    callbacks.on_close = [this](const std::string&) { end(std::nullopt); };
    local_->start(std::move(callbacks));
  }

  void send(char channel, std::string_view bytes) {
    auto message = std::make_shared<std::string>(1, channel);
    message->append(bytes);
    remote_->send(std::move(message), http::Frame::binary);
    if (remote_->queued() < limits::stream_pause_bytes || std::exchange(local_paused_, true)) return;
    local_->pause();
    watch_queues();
  }

  void received(std::string_view message) {
    if (message.empty()) return;
    const char channel = message[0];
    if (channel == data_channel && !std::exchange(data_begun_, true)) return;
    if (channel == error_channel && !std::exchange(errors_begun_, true)) return;
    const std::string_view content = message.substr(1);
    if (channel == error_channel && !content.empty()) return end(Error{Code::unavailable, std::string(content), {}});
    if (channel != data_channel || content.empty()) return;
    local_->send(std::string(content));
    if (local_->queued() < limits::stream_pause_bytes || std::exchange(remote_paused_, true)) return;
    remote_->pause();
    watch_queues();
  }

  void watch_queues() {
    if (std::exchange(watching_, true)) return;
    loop_.after(drain_interval, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr || self->local_ == nullptr) return;
      self->watching_ = false;
      if (self->local_paused_ && self->remote_->queued() <= limits::stream_resume_bytes) {
        self->local_paused_ = false;
        self->local_->resume();
      }
      if (self->remote_paused_ && self->local_->queued() <= limits::stream_resume_bytes) {
        self->remote_paused_ = false;
        self->remote_->resume();
      }
      if (self->local_paused_ || self->remote_paused_) self->watch_queues();
    });
  }

  // From the loop: a callback of either end may be running.
  void end(std::optional<Error> problem) {
    const auto over = std::exchange(over_, nullptr);
    if (!over) return;
    loop_.post([self = shared_from_this(), over, problem = std::move(problem)] {
      self->local_->close();
      self->local_.reset();
      over(self, problem);
    });
  }

  http::IoLoop& loop_;
  std::shared_ptr<http::ByteStream> local_;
  std::shared_ptr<http::WebSocket> remote_;
  Over over_;
  bool data_begun_ = false, errors_begun_ = false;
  bool local_paused_ = false, remote_paused_ = false, watching_ = false;
};

class Forwarder final : public PortForward {
 public:
  Forwarder(ApiClient& api, http::IoLoop& loop, ForwardOptions options)
      : api_(api), loop_(loop), options_(std::move(options)) {}

  Status listen() {
    http::ByteStreamOptions stream;
    stream.write_timeout = Duration::zero();  // who reads may be a person
    TRY(listener_, http::listen_bytes(loop_, options_.listen, stream,
                                      [this](std::shared_ptr<http::ByteStream> local) { take(std::move(local)); }));
    return {};
  }
  std::string address() const override { return listener_->address(); }

 private:
  void take(std::shared_ptr<http::ByteStream> local) {
    const auto forwarded = std::make_shared<Forwarded>(
        loop_, std::move(local), [this](const std::shared_ptr<Forwarded>& self, const std::optional<Error>& problem) {
          open_.erase(self);
          if (problem && options_.on_problem) options_.on_problem(*problem);
        });
    open_.insert(forwarded);
    forwarded->connect(api_, str(options_.path, "?ports=", options_.port));
  }

  ApiClient& api_;
  http::IoLoop& loop_;
  ForwardOptions options_;
  std::set<std::shared_ptr<Forwarded>> open_;
  std::unique_ptr<http::ByteListener> listener_;
};

}  // namespace

Result<std::unique_ptr<PortForward>> forward_port(ApiClient& api, http::IoLoop& loop, ForwardOptions options) {
  auto forwarder = std::make_unique<Forwarder>(api, loop, std::move(options));
  TRY_VOID(forwarder->listen());
  return std::unique_ptr<PortForward>(std::move(forwarder));
}

}  // namespace muster::client
