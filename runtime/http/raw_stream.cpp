#include "runtime/http/raw_stream.h"

#include <array>
#include <boost/asio/error.hpp>
#include <utility>

#include "api/base/text.h"
#include "runtime/http/address.h"
#include "runtime/http/connector.h"
#include "runtime/http/io_loop.h"
#include "runtime/http/output.h"

namespace muster::http {

namespace {

using boost::system::error_code;

constexpr std::size_t read_bytes = 32U << 10U;
constexpr Duration linger_time = std::chrono::seconds(5);

class Raw final : public RawStream, public Waiter, public std::enable_shared_from_this<Raw> {
 public:
  Raw(IoLoop& loop, std::unique_ptr<Transport> transport, std::string early, ByteStreamOptions options,
      std::function<void(const RawStream*)> ended)
      : loop_(loop),
        transport_(std::move(transport)),
        early_(std::move(early)),
        options_(options),
        ended_(std::move(ended)) {}

  std::shared_ptr<ByteStream> handle() override {
    return {this, [self = shared_from_this()](ByteStream*) { self->dropped(); }};
  }

  void start(ByteStreamCallbacks callbacks) override {
    callbacks_ = std::move(callbacks);
    started_ = true;
    paused_ = false;
    if (transport_) return read_soon();
    loop_.post([self = shared_from_this()] { self->report("closed"); });
  }

  bool send(std::string bytes) override {
    if (!transport_ || finishing_) return false;
    if (bytes.empty()) return true;
    if (output_.bytes() + bytes.size() > options_.max_queued_bytes) {
      abort("the peer is too slow: too much is queued");
      return false;
    }
    output_.push(std::move(bytes));
    flush_soon();
    return true;
  }

  void finish() override {
    if (!transport_ || std::exchange(finishing_, true)) return;
    flush_soon();
  }

  void close() override {
    if (!transport_ || closing_) return;
    closing_ = finishing_ = true;
    paused_ = false;
    started_ = true;
    callbacks_ = {};
    flush_soon();
    read_soon();
  }

  void pause() override { paused_ = true; }
  void resume() override {
    if (std::exchange(paused_, false)) read_soon();
  }
  std::size_t queued() const override { return output_.bytes(); }

  void abort(std::string reason) override { end(std::move(reason)); }
  void put_back(std::string bytes) override { early_.insert(0, bytes); }

 private:
  void dropped() {
    callbacks_ = {};
    if (!closing_) end("dropped");
  }

  void read_soon() {
    if (std::exchange(read_posted_, true)) return;
    loop_.post([self = shared_from_this()] {
      self->read_posted_ = false;
      self->deliver_early();
      self->wait_to_read();
    });
  }

  void deliver_early() {
    if (paused_ || early_.empty() || !transport_) return;
    const std::string bytes = std::exchange(early_, {});
    deliver(bytes);
  }

  void deliver(std::string_view bytes) {
    // A copy: the callback may drop the stream and with it itself.
    if (const auto callback = callbacks_.on_bytes) callback(bytes);
  }

  void wait_to_read() {
    if (!transport_ || !started_ || paused_ || reading_ || peer_ended_) return;
    reading_ = true;
    transport_->wait_readable(shared_from_this());
  }

  void on_readable(const error_code& error) override {
    reading_ = false;
    if (error || !transport_) return;
    if (paused_) return;
    std::array<char, read_bytes> buffer;  // NOLINT: filled by the read
    error_code failure;
    const std::size_t size = transport_->read(buffer.data(), buffer.size(), failure);
    if (size > 0) {
      deliver({buffer.data(), size});
    } else if (failure == boost::asio::error::eof) {
      return peer_ended();
    } else if (failure && failure != boost::asio::error::would_block) {
      return end(failure.message());
    }
    wait_to_read();
  }

  void peer_ended() {
    peer_ended_ = true;
    if (closing_ || finished_) return end("closed");
    if (const auto callback = callbacks_.on_end) callback();
  }

  void flush_soon() {
    if (std::exchange(flush_posted_, true)) return;
    loop_.post([self = shared_from_this()] {
      self->flush_posted_ = false;
      self->flush();
    });
  }

  void flush() {
    if (!transport_ || writing_) return;
    error_code error;
    progress_ += output_.flush(*transport_, error);
    if (error == boost::asio::error::would_block) {
      writing_ = true;
      transport_->wait_writable(shared_from_this());
      return watch_progress();
    }
    if (error) return end(error.message());
    if (!finishing_ || std::exchange(finished_, true)) return;
    transport_->shutdown_send();
    if (peer_ended_) return end("closed");
    // A connection that is closed with unread bytes is reset, and the peer would lose what was sent last.
    if (!closing_) return;
    loop_.cancel(timer_);
    timer_ = loop_.after(linger_time, [self = shared_from_this()] {
      self->timer_ = 0;
      self->end("closed");
    });
  }

  void on_writable(const error_code& error) override {
    writing_ = false;
    if (!error) flush();
  }

  void watch_progress() {
    if (timer_ != 0 || options_.write_timeout == Duration::zero()) return;
    timer_ = loop_.after(options_.write_timeout, [self = shared_from_this(), before = progress_] {
      self->timer_ = 0;
      if (!self->transport_ || self->output_.empty()) return;
      if (self->progress_ == before) return self->end("the peer takes nothing");
      self->watch_progress();
    });
  }

  void end(std::string reason) {
    if (!transport_) return;
    const auto keep = shared_from_this();
    loop_.cancel(std::exchange(timer_, 0));
    transport_->close();
    transport_.reset();
    output_.clear();
    if (ended_) std::exchange(ended_, nullptr)(this);
    loop_.post([keep, reason = std::move(reason)] { keep->report(reason); });
  }

  void report(const std::string& reason) {
    const auto callback = std::exchange(callbacks_, {}).on_close;
    if (callback) callback(reason);
  }

  IoLoop& loop_;
  std::unique_ptr<Transport> transport_;
  std::string early_;
  const ByteStreamOptions options_;
  std::function<void(const RawStream*)> ended_;
  ByteStreamCallbacks callbacks_;
  Output output_;
  std::size_t progress_ = 0;
  Loop::Timer timer_ = 0;
  bool started_ = false;
  bool paused_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool read_posted_ = false;
  bool flush_posted_ = false;
  bool finishing_ = false;   // finish() was called
  bool finished_ = false;    // the peer has been told
  bool closing_ = false;     // close() was called
  bool peer_ended_ = false;  // the peer has said that nothing follows
};

}  // namespace

std::shared_ptr<RawStream> make_raw_stream(IoLoop& loop, std::unique_ptr<Transport> transport, std::string early,
                                           ByteStreamOptions options, std::function<void(const RawStream*)> ended) {
  return std::make_shared<Raw>(loop, std::move(transport), std::move(early), options, std::move(ended));
}

void connect_bytes(IoLoop& loop, const std::string& host, int port, Duration timeout, ByteStreamOptions options,
                   std::function<void(Result<std::shared_ptr<ByteStream>>)> done) {
  Base base;
  base.host = host;
  base.port = std::to_string(port);
  base.authority = str(host, ":", port);
  // Kept by its own callback until it has been called.
  auto attempt = std::make_shared<std::unique_ptr<Connecting>>();
  *attempt =
      connect_to(loop, base, nullptr, timeout, [&loop, options, attempt, done = std::move(done)](auto transport) {
        const std::unique_ptr<Connecting> ended = std::move(*attempt);
        if (!transport.ok()) return done(std::move(transport).error());
        done(make_raw_stream(loop, std::move(transport).value(), {}, options, nullptr)->handle());
      });
}

}  // namespace muster::http
