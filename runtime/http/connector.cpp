#include "runtime/http/connector.h"

#include <boost/asio/ip/tcp.hpp>
#include <utility>
#include <vector>

#include "api/base/text.h"
#include "runtime/http/context.h"

namespace muster::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

class Attempt final : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(IoLoop& loop, const Base& base, Connecting::Done done)
      : loop_(loop), base_(base), resolver_(loop.context().io), socket_(loop.context().io), done_(std::move(done)) {}

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
      auto transport = plain_transport(std::move(self->socket_));
      self->finish(std::move(transport));
    });
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
  }

  IoLoop& loop_;
  const Base base_;
  asio::ip::tcp::resolver resolver_;
  Socket socket_;
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

std::unique_ptr<Connecting> connect_to(IoLoop& loop, const Base& base, Duration timeout, Connecting::Done done) {
  auto attempt = std::make_shared<Attempt>(loop, base, std::move(done));
  attempt->start(timeout);
  return std::make_unique<AttemptHandle>(std::move(attempt));
}

}  // namespace muster::http
