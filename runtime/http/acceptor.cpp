#include "runtime/http/acceptor.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstring>
#include <optional>
#include <utility>

#include "api/base/text.h"
#include "runtime/http/address.h"
#include "runtime/http/context.h"

namespace muster::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// Without descriptors accept() fails at once and for as long as nothing is closed: then it is tried at this pace.
constexpr Duration retry_time = std::chrono::milliseconds(100);
// Taken from one readiness; between two, others get their turn.
constexpr int accepts_a_turn = 64;

// Who may use a unix socket: its owner and root. The socket's mode says so already, but a mode can be changed.
bool is_own(Socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

class SocketAcceptor final : public Acceptor, public std::enable_shared_from_this<SocketAcceptor> {
 public:
  using Native = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

  explicit SocketAcceptor(IoLoop& loop) : loop_(loop), native_(loop.context().io) {}
  ~SocketAcceptor() override { close(); }

  Status bind(const Endpoint& endpoint, std::string unix_path, Presence presence) {
    error_code error;
    native_.open(endpoint.protocol(), error);
    if (!error && unix_path.empty()) native_.set_option(Native::reuse_address(true), error);
    if (!error && presence == Presence::to_come) {
      const int on = 1;
      if (::setsockopt(native_.native_handle(), IPPROTO_IP, IP_FREEBIND, &on, sizeof on) != 0) {
        return failed({errno, boost::system::system_category()});
      }
    }
    if (!error) native_.bind(endpoint, error);
    if (error) return failed(error);
    unix_path_ = std::move(unix_path);
    // Whoever may use the folder is decided by its mode; the socket itself is its owner's.
    if (!unix_path_.empty() && ::chmod(unix_path_.c_str(), S_IRUSR | S_IWUSR) != 0) {
      return failed({errno, boost::system::system_category()});
    }
    native_.listen(4096, error);
    if (!error) native_.non_blocking(true, error);
    if (error) return failed(error);
    return {};
  }

  void start(Accepted accepted) override {
    accepted_ = std::move(accepted);
    wait();
  }

  void close() override {
    error_code ignored;
    native_.close(ignored);
    loop_.cancel(std::exchange(retry_, 0));
    accepted_ = nullptr;
    if (!unix_path_.empty()) ::unlink(std::exchange(unix_path_, {}).c_str());
  }

  std::string address() const override {
    if (!unix_path_.empty()) return "unix://" + unix_path_;
    error_code error;
    return format_endpoint(native_.local_endpoint(error));
  }

 private:
  static Error failed(const error_code& error) { return Error{Code::unavailable, error.message(), {}}; }

  void wait() {
    native_.async_wait(Native::wait_read, [self = shared_from_this()](const error_code& error) {
      if (!error && self->native_.is_open()) self->accept();
    });
  }

  void accept() {
    for (int i = 0; i < accepts_a_turn; ++i) {
      error_code error;
      Socket socket(loop_.context().io);
      native_.accept(socket, error);
      if (error == asio::error::would_block) break;
      if (error == asio::error::connection_aborted || error == asio::error::interrupted) continue;
      if (error) {
        retry_ = loop_.after(retry_time, [self = shared_from_this()] {
          self->retry_ = 0;
          self->wait();
        });
        return;
      }
      if (!unix_path_.empty() && !is_own(socket)) continue;
      accepted_(std::move(socket));
      if (!native_.is_open()) return;
    }
    wait();
  }

  IoLoop& loop_;
  Native native_;
  Accepted accepted_;
  std::string unix_path_;
  Loop::Timer retry_ = 0;
};

// Takes away what an earlier process left behind. An error when somebody listens there or it is no socket.
Status clear_path(IoLoop& loop, const std::string& path, const Endpoint& endpoint) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) return Error{Code::already_exists, "a file that is not a socket stands there", {}};
  error_code error;
  Socket probe(loop.context().io);
  probe.connect(endpoint, error);
  if (error != asio::error::connection_refused) {
    return Error{Code::already_exists, "another process listens there", {}};
  }
  ::unlink(path.c_str());
  return {};
}

}  // namespace

Result<std::shared_ptr<Acceptor>> listen_on(IoLoop& loop, const std::string& address, Presence presence) {
  constexpr std::string_view unix_scheme = "unix://";
  TRY(const Endpoint endpoint, parse_listen_address(address));
  std::string path;
  if (endpoint.protocol().family() == AF_UNIX) path = address.substr(unix_scheme.size());
  auto acceptor = std::make_shared<SocketAcceptor>(loop);
  Status status = path.empty() ? Status() : clear_path(loop, path, endpoint);
  if (status.ok()) status = acceptor->bind(endpoint, path, presence);
  if (!status.ok()) return std::move(status).error().under(str("listen on ", address));
  return std::shared_ptr<Acceptor>(std::move(acceptor));
}

}  // namespace muster::http
