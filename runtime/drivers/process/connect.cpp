// A port of a container of the process driver is a port of this host.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "api/base/text.h"
#include "runtime/drivers/process/driver.h"
#include "runtime/drivers/process/pumped.h"
#include "runtime/drivers/process/refused.h"

namespace muster::drivers {
namespace {

constexpr std::string_view connect_error = "CannotConnectToContainerError";
constexpr Duration look_interval = std::chrono::milliseconds(2);
constexpr Duration patience = std::chrono::seconds(5);

Error failed(int error) {
  return Error{Code::unavailable, str(connect_error, ": ", error_text(error)), {}};
}

class Connection final : public Pumped, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Loop& loop, Watcher& watcher, std::weak_ptr<void> driver, ChannelCallbacks callbacks)
      : loop_(loop), driver_(std::move(driver)), callbacks_(std::move(callbacks)), end_(loop.monotonic() + patience) {
    StreamPump::Callbacks pumped;
    pumped.on_bytes = callbacks_.on_bytes;
    pump_ = std::make_shared<StreamPump>(loop, watcher, std::move(pumped));
  }

  void start(int port) {
    socket_ = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int done = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = done == 0 || errno == EINPROGRESS ? 0 : errno;
    loop_.post([self = shared_from_this(), error] { error == 0 ? self->look() : self->end(failed(error)); });
  }

  void end_input() override {
    if (pump_ == nullptr) return;
    pump_->end_input([weak = weak_from_this()](const Descriptor& sink) {
      ::shutdown(sink.get(), SHUT_WR);
      const auto self = weak.lock();
      if (self == nullptr || std::exchange(self->input_over_, true) || !self->output_over_) return;
      self->loop_.post([self] { self->end(0); });
    });
  }
  void drop() override {
    callbacks_ = {};
    if (!driver_.expired()) stop();
  }

 private:
  void look() {
    if (pump_ == nullptr || driver_.expired()) return;
    pollfd waiting{socket_.get(), POLLOUT, 0};
    if (::poll(&waiting, 1, 0) <= 0) {
      if (loop_.monotonic() >= end_) return end(failed(ETIMEDOUT));
      loop_.after(look_interval, [self = shared_from_this()] { self->look(); });
      return;
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return end(failed(error));
    std::vector<StreamPump::Source> sources;
    sources.push_back({Descriptor(::fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0)), false});
    pump_->on_end([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->output_ended();
    });
    pump_->start(std::move(sources), std::move(socket_));
  }

  void output_ended() {
    output_over_ = true;
    if (input_over_ || !callbacks_.on_output_end) return end(0);
    const auto callback = std::exchange(callbacks_.on_output_end, nullptr);
    callback();
  }

  void end(Result<int> how) {
    const auto callback = std::move(callbacks_.on_end);
    callbacks_ = {};
    stop();
    if (callback) callback(std::move(how));
  }
  void stop() {
    stop_pump();
    socket_.reset();
  }

  Loop& loop_;
  std::weak_ptr<void> driver_;
  ChannelCallbacks callbacks_;
  const Duration end_;  // of the patience, monotonic
  Descriptor socket_;   // until it is connected
  bool input_over_ = false, output_over_ = false;
};

}  // namespace

std::unique_ptr<Channel> ProcessDriver::connect(std::string name, int port, ChannelCallbacks callbacks) {
  const auto refuse = [&](Code code, std::string_view why) {
    return refused_channel(loop_, Error{code, str(connect_error, ": ", why), {}}, std::move(callbacks.on_end));
  };
  const Container* container = find(name);
  if (container == nullptr) return refuse(Code::not_found, str("no container ", name));
  if (container->phase != Phase::running) return refuse(Code::conflict, "the container does not run");
  auto connection = std::make_shared<Connection>(loop_, watcher_, std::weak_ptr<void>(life_), std::move(callbacks));
  connection->start(port);
  return channel_of(std::move(connection));
}

}  // namespace muster::drivers
