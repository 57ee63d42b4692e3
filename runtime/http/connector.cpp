#include "runtime/http/connector.h"

#include <boost/asio/ip/tcp.hpp>
#include <utility>
#include <vector>

#include "api/base/text.h"
#include "runtime/http/context.h"
#include "runtime/http/tls_transport.h"

namespace muster::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

class Attempt final : public Waiter, public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(IoLoop& loop, const Base& base, std::shared_ptr<const TlsClient> tls, Connecting::Done done)
      : loop_(loop),
        base_(base),
        tls_(std::move(tls)),
        resolver_(loop.context().io),
        socket_(loop.context().io),
        done_(std::move(done)) {}

  void start(Duration timeout) {
    timer_ = loop_.after(timeout, [self = shared_from_this()] {
      self->timer_ = 0;
      self->fail(Code::timeout, "connecting took too long");
    });
    Result<Endpoint> endpoint =
        base_.unix_path.empty() ? tcp_endpoint(base_.host, base_.port) : unix_endpoint(base_.unix_path);
    if (endpoint.ok()) {
      endpoints_.push_back(*endpoint);
      return try_next();
    }
    resolver_.async_resolve(base_.host, base_.port, asio::ip::tcp::resolver::numeric_service,
                            [self = shared_from_this()](const error_code& error, const auto& results) {
                              if (!self->done_) return;
                              if (error) return self->fail(Code::unavailable, error.message());
                              for (const auto& result : results) self->endpoints_.emplace_back(result.endpoint());
                              self->try_next();
                            });
  }

  void cancel() {
    done_ = nullptr;
    release();
  }

 private:
  void try_next() {
    if (next_ == endpoints_.size()) return fail(Code::unavailable, error_.message());
    error_code ignored;
    socket_.close(ignored);
    socket_.async_connect(endpoints_[next_++], [self = shared_from_this()](const error_code& error) {
      if (!self->done_) return;
      self->error_ = error;
      if (error) return self->try_next();
      self->connected();
    });
  }

  void connected() {
    if (!base_.encrypted) return finish(plain_transport(std::move(socket_)));
    encrypted_ = tls_client_transport(std::move(socket_), *tls_, base_.host);
    if (!encrypted_) return fail(Code::internal, "out of memory");
    shake_hands();
  }

  void on_readable(const error_code& error) override {
    if (!error && done_) shake_hands();
  }
  void on_writable(const error_code& error) override { on_readable(error); }

  void shake_hands() {
    error_code error;
    encrypted_->handshake(error);
    if (error == asio::error::would_block) return encrypted_->wait_handshake(shared_from_this());
    // Another address of the same name has the same certificate: it is not tried.
    if (error) {
      return fail(encrypted_->distrusted() ? Code::unauthorized : Code::unavailable, encrypted_->failure(error));
    }
    finish(std::unique_ptr<Transport>(std::move(encrypted_)));
  }

  void fail(Code code, std::string_view why) {
    finish(Error{code, str("connect to ", base_.unix_path.empty() ? base_.authority : base_.unix_path, ": ", why), {}});
  }

  void finish(Result<std::unique_ptr<Transport>> result) {
    const auto done = std::exchange(done_, nullptr);
    release();
    if (done) done(std::move(result));
  }

  void release() {
    loop_.cancel(std::exchange(timer_, 0));
    resolver_.cancel();
    error_code ignored;
    if (socket_.is_open()) socket_.close(ignored);
    if (encrypted_) encrypted_->close();
  }

  IoLoop& loop_;
  const Base base_;
  const std::shared_ptr<const TlsClient> tls_;
  asio::ip::tcp::resolver resolver_;
  Socket socket_;
  std::unique_ptr<TlsTransport> encrypted_;
  Connecting::Done done_;
  std::vector<Endpoint> endpoints_;
  std::size_t next_ = 0;
  error_code error_;
  Loop::Timer timer_ = 0;
};

class AttemptHandle final : public Connecting {
 public:
  explicit AttemptHandle(std::shared_ptr<Attempt> attempt) : attempt_(std::move(attempt)) {}
  ~AttemptHandle() override { attempt_->cancel(); }

 private:
  std::shared_ptr<Attempt> attempt_;
};

}  // namespace

std::unique_ptr<Connecting> connect_to(IoLoop& loop, const Base& base, std::shared_ptr<const TlsClient> tls,
                                       Duration timeout, Connecting::Done done) {
  auto attempt = std::make_shared<Attempt>(loop, base, std::move(tls), std::move(done));
  attempt->start(timeout);
  return std::make_unique<AttemptHandle>(std::move(attempt));
}

}  // namespace muster::http
