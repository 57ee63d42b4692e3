#include "runtime/http/client_take_over.h"

#include <boost/beast/http/error.hpp>
#include <utility>

#include "api/base/text.h"
#include "runtime/http/connector.h"
#include "runtime/http/io_loop.h"
#include "runtime/http/raw_stream.h"
#include "runtime/http/response_parser.h"
#include "runtime/http/status_code.h"

namespace muster::http {

namespace {

namespace beast = boost::beast;

constexpr std::size_t max_refusal = 64U << 10U;  // of the body
constexpr std::size_t max_head = 64U << 10U;
constexpr std::size_t shown = 4096;

// Kept by the callbacks it has given away, until it has answered.
class TakeOver : public std::enable_shared_from_this<TakeOver> {
 public:
  using Done = std::function<void(Result<std::shared_ptr<ByteStream>>)>;

  TakeOver(IoLoop& loop, std::string request, ByteStreamOptions options, Done done)
      : loop_(loop), request_(std::move(request)), options_(options), done_(std::move(done)), parser_(max_refusal) {}

  void start(const Base& base, std::shared_ptr<const TlsClient> tls, Duration timeout) {
    timer_ = loop_.after(timeout, [self = shared_from_this()] {
      self->timer_ = 0;
      self->finish(Error{Code::timeout, "no answer in time", {}});
    });
    connecting_ = connect_to(loop_, base, std::move(tls), timeout, [self = shared_from_this()](auto transport) {
      const std::unique_ptr<Connecting> ended = std::move(self->connecting_);
      if (!transport.ok()) return self->finish(std::move(transport).error());
      self->connected(std::move(transport).value());
    });
  }

 private:
  void connected(std::unique_ptr<Transport> transport) {
    raw_ = make_raw_stream(loop_, std::move(transport), {}, options_, nullptr);
    stream_ = raw_->handle();
    ByteStreamCallbacks callbacks;
    callbacks.on_bytes = [self = shared_from_this()](std::string_view bytes) { self->received(bytes); };
    callbacks.on_end = [self = shared_from_this()] { self->end_of_stream(); };
    callbacks.on_close = [self = shared_from_this()](const std::string& reason) {
      self->finish(Error{Code::unavailable, reason, {}});
    };
    stream_->start(std::move(callbacks));
    stream_->send(std::move(request_));
  }

  void received(std::string_view bytes) {
    pending_ += bytes;
    std::size_t used_in_all = 0;
    boost::system::error_code error;
    while (used_in_all < pending_.size() && !parser_.is_done()) {
      const std::size_t used =
          parser_.put(boost::asio::const_buffer(pending_.data() + used_in_all, pending_.size() - used_in_all), error);
      used_in_all += used;
      if (error || used == 0) break;
    }
    pending_.erase(0, used_in_all);
    if (error == beast::http::error::need_more) error.clear();
    if (error == beast::http::error::body_limit) return refused();
    if (error || pending_.size() > max_head)
      return finish(Error{Code::unavailable, str("malformed answer: ", error.message()), {}});
    if (parser_.is_header_done() && parser_.response.status == 101) {
      // Nothing is read until the new owner starts it.
      stream_->pause();
      raw_->put_back(std::exchange(pending_, {}));
      return finish(std::move(stream_));
    }
    if (parser_.is_done()) refused();
  }

  void end_of_stream() {
    if (parser_.is_header_done()) return refused();
    finish(Error{Code::unavailable, "the connection was closed before the end of the answer", {}});
  }

  void refused() {
    const int status = parser_.response.status;
    finish(Error{code_of_status(status), std::string(trim(parser_.response.body).substr(0, shown)), {}});
  }

  void finish(Result<std::shared_ptr<ByteStream>> result) {
    loop_.cancel(std::exchange(timer_, 0));
    connecting_.reset();
    const auto keep = shared_from_this();
    stream_.reset();
    raw_.reset();
    if (const auto done = std::exchange(done_, nullptr)) done(std::move(result));
  }

  IoLoop& loop_;
  std::string request_;
  const ByteStreamOptions options_;
  Done done_;
  ResponseParser parser_;
  std::string pending_;
  std::unique_ptr<Connecting> connecting_;
  std::shared_ptr<RawStream> raw_;
  std::shared_ptr<ByteStream> stream_;
  Loop::Timer timer_ = 0;
};

}  // namespace

void take_connection(IoLoop& loop, const Base& base, std::shared_ptr<const TlsClient> tls, std::string request,
                     Duration timeout, ByteStreamOptions options,
                     std::function<void(Result<std::shared_ptr<ByteStream>>)> done) {
  std::make_shared<TakeOver>(loop, std::move(request), options, std::move(done))->start(base, std::move(tls), timeout);
}

}  // namespace muster::http
