#include "runtime/http/tls_transport.h"

#include <openssl/err.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <string_view>
#include <utility>

#include "runtime/http/tls_context.h"

namespace muster::http {

namespace {

using boost::system::error_code;

constexpr std::size_t record_size = SSL3_RT_MAX_PLAIN_LENGTH;

enum class Wants { reading, writing };
// The first byte that comes: a server looks what it is.
enum class First { looked_at, trusted };

// What OpenSSL reads from and writes to, and how that went.
struct Wire {
  std::unique_ptr<Transport> plain;
  std::string early;  // has been read before the session got to see it
  error_code error;   // the last that was more than would_block
};

int write_wire(BIO* bio, const char* bytes, int size) {
  auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const iovec piece{const_cast<char*>(bytes), static_cast<std::size_t>(size)};  // NOLINT: only read from
  error_code error;
  const std::size_t sent = wire.plain->write(&piece, 1, error);
  if (sent > 0) return static_cast<int>(sent);
  if (error == boost::asio::error::would_block)
    BIO_set_retry_write(bio);
  else
    wire.error = error;
  return -1;
}

int read_wire(BIO* bio, char* bytes, int size) {
  auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (!wire.early.empty()) {
    const std::size_t count = std::min(wire.early.size(), static_cast<std::size_t>(size));
    wire.early.copy(bytes, count);
    wire.early.erase(0, count);
    return static_cast<int>(count);
  }
  error_code error;
  const std::size_t got = wire.plain->read(bytes, static_cast<std::size_t>(size), error);
  if (got > 0) return static_cast<int>(got);
  if (error == boost::asio::error::would_block)
    BIO_set_retry_read(bio);
  else
    wire.error = error;
  if (error != boost::asio::error::eof) return -1;
  BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return 0;
}

long control_wire(BIO* bio, int command, long /*number*/, void* /*data*/) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

BIO_METHOD* wire_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "muster transport");
    BIO_meth_set_write(made, &write_wire);
    BIO_meth_set_read(made, &read_wire);
    BIO_meth_set_ctrl(made, &control_wire);
    return made;
  }();
  return method;
}

// To read, the session may have to write first, and the other way round: the waiter hears of what it asked for.
class Turned final : public Waiter {
 public:
  explicit Turned(std::shared_ptr<Waiter> waiter) : waiter_(std::move(waiter)) {}
  void on_readable(const error_code& error) override { waiter_->on_writable(error); }
  void on_writable(const error_code& error) override { waiter_->on_readable(error); }

 private:
  std::shared_ptr<Waiter> waiter_;
};

class SslTransport final : public TlsTransport {
 public:
  explicit SslTransport(Socket socket) : executor_(socket.get_executor()) {
    wire_.plain = plain_transport(std::move(socket));
  }
  ~SslTransport() override { cancel_soon(); }

  // The session's verification is the transport's own. False when there is no memory.
  bool begin(SslPtr ssl, First first) {
    BIO* bio = ssl ? BIO_new(wire_method()) : nullptr;
    if (bio == nullptr) return false;
    BIO_set_data(bio, &wire_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl.get(), bio, bio);
    ssl_ = std::move(ssl);
    look_ = first == First::looked_at;
    return true;
  }
  Verification& verification() { return verification_; }

  std::size_t read(char* data, std::size_t size, error_code& error) override {
    if (!ready(error, read_wants_)) return 0;
    if (mistaken_) return read_mistaken(data, size, error);
    error.clear();
    std::size_t total = 0;
    while (total < size) {
      std::size_t got = 0;
      ERR_clear_error();
      const int code = SSL_read_ex(ssl_.get(), data + total, size - total, &got);
      emptied_ = code != 1;
      if (emptied_) {
        error = outcome(code, read_wants_);
        // What has come is told first; a failure is met again.
        if (total > 0) error.clear();
        return total;
      }
      total += got;
    }
    return total;
  }

  std::size_t write(const iovec* pieces, std::size_t count, error_code& error) override {
    if (!ready(error, write_wants_)) return 0;
    if (mistaken_) return wire_.plain->write(pieces, count, error);
    error.clear();
    std::size_t total = 0;
    std::size_t offset = 0;  // in the first piece
    while (true) {
      for (; count > 0 && offset >= pieces->iov_len; --count, ++pieces) offset -= pieces->iov_len;
      if (count == 0) return total;
      const std::string_view record = next_record(pieces, count, offset);
      std::size_t sent = 0;
      ERR_clear_error();
      const int code = SSL_write_ex(ssl_.get(), record.data(), record.size(), &sent);
      if (code != 1) {
        error = outcome(code, write_wants_);
        return total;
      }
      total += sent;
      offset += sent;
    }
  }

  void wait_readable(std::shared_ptr<Waiter> waiter) override {
    if (ssl_ && !mistaken_ && !emptied_ && SSL_has_pending(ssl_.get()) == 1) {
      soon_ = std::make_shared<bool>(true);
      boost::asio::post(executor_, [wanted = soon_, waiter = std::move(waiter)] {
        waiter->on_readable(*wanted ? error_code() : error_code(boost::asio::error::operation_aborted));
      });
      return;
    }
    if (read_wants_ == Wants::reading) return wire_.plain->wait_readable(std::move(waiter));
    wire_.plain->wait_writable(std::make_shared<Turned>(std::move(waiter)));
  }
  void wait_writable(std::shared_ptr<Waiter> waiter) override {
    if (write_wants_ == Wants::writing) return wire_.plain->wait_writable(std::move(waiter));
    wire_.plain->wait_readable(std::make_shared<Turned>(std::move(waiter)));
  }

  void handshake(error_code& error) override {
    ERR_clear_error();
    const int code = SSL_do_handshake(ssl_.get());
    error = code == 1 ? error_code() : outcome(code, read_wants_);
  }
  void wait_handshake(std::shared_ptr<Waiter> waiter) override {
    if (read_wants_ == Wants::reading) return wire_.plain->wait_readable(std::move(waiter));
    wire_.plain->wait_writable(std::move(waiter));
  }
  std::string failure(const error_code& error) const override {
    return verification_.problem.empty() ? error.message() : verification_.problem;
  }

  bool distrusted() const override { return !verification_.problem.empty(); }

  void cancel_waits() override {
    cancel_soon();
    wire_.plain->cancel_waits();
  }
  void shutdown_send() override {
    say_goodbye();
    wire_.plain->shutdown_send();
  }
  void close() override {
    say_goodbye();
    cancel_soon();
    broken_ = true;
    wire_.plain->close();
  }
  void abort() override {
    cancel_soon();
    broken_ = true;
    wire_.plain->abort();
  }

  bool stale() override {
    if (broken_) return true;
    const bool more = !emptied_ && SSL_has_pending(ssl_.get()) == 1;
    if (!more && !wire_.plain->stale()) return false;
    // What has come may be for the encryption itself: a ticket for later sessions.
    char byte = 0;
    std::size_t got = 0;
    ERR_clear_error();
    const int code = SSL_peek_ex(ssl_.get(), &byte, 1, &got);
    return code == 1 || outcome(code, read_wants_) != boost::asio::error::would_block;
  }
  std::string peer() const override { return wire_.plain->peer(); }

  std::shared_ptr<const TlsPeer> tls_peer() override {
    if (peer_ || mistaken_ || SSL_is_init_finished(ssl_.get()) == 0) return peer_;
    auto peer = std::make_shared<TlsPeer>();
    if (X509* certificate = SSL_get0_peer_certificate(ssl_.get())) peer->certificate = pki::describe(certificate);
    peer->problem = verification_.problem;
    peer_ = std::move(peer);
    return peer_;
  }
  bool plain_by_mistake() const override { return mistaken_; }

 private:
  // Whether the session can be used. Looks at a client's first byte: who begins with a letter speaks plain HTTP.
  bool ready(error_code& error, Wants& wants) {
    if (broken_) {
      error = boost::asio::error::connection_reset;
      return false;
    }
    if (!look_) return true;
    char byte = 0;
    if (wire_.plain->read(&byte, 1, error) == 0) {
      wants = Wants::reading;
      return false;
    }
    look_ = false;
    wire_.early.assign(1, byte);
    mistaken_ = byte >= 'A' && byte <= 'Z';
    if (mistaken_) read_wants_ = Wants::reading;
    if (mistaken_) write_wants_ = Wants::writing;
    return true;
  }

  std::size_t read_mistaken(char* data, std::size_t size, error_code& error) {
    if (wire_.early.empty()) return wire_.plain->read(data, size, error);
    error.clear();
    *data = wire_.early.front();
    wire_.early.clear();
    error_code more;
    return 1 + wire_.plain->read(data + 1, size - 1, more);
  }

  error_code outcome(int code, Wants& wants) {
    switch (SSL_get_error(ssl_.get(), code)) {
      case SSL_ERROR_WANT_READ: wants = Wants::reading; return boost::asio::error::would_block;
      case SSL_ERROR_WANT_WRITE: wants = Wants::writing; return boost::asio::error::would_block;
      case SSL_ERROR_ZERO_RETURN: return boost::asio::error::eof;
      case SSL_ERROR_SYSCALL:
        broken_ = true;
        ERR_clear_error();
        return wire_.error ? wire_.error : error_code(boost::asio::error::connection_reset);
      default: break;
    }
    broken_ = true;
    // An end without a word: somebody may have cut it short.
    if (ERR_GET_REASON(ERR_peek_error()) != SSL_R_UNEXPECTED_EOF_WHILE_READING) return tls_error();
    ERR_clear_error();
    return boost::asio::error::connection_reset;
  }

  // The next bytes, of one record at most; without a copy when they lie together.
  static std::string_view next_record(const iovec* pieces, std::size_t count, std::size_t offset) {
    const std::string_view first(static_cast<const char*>(pieces->iov_base) + offset, pieces->iov_len - offset);
    if (first.size() >= record_size || count == 1) return first.substr(0, record_size);
    thread_local std::array<char, record_size> gathered;
    std::size_t size = 0;
    for (; count > 0 && size < record_size; --count, ++pieces, offset = 0) {
      const std::size_t part = std::min(pieces->iov_len - offset, record_size - size);
      std::memcpy(gathered.data() + size, static_cast<const char*>(pieces->iov_base) + offset, part);
      size += part;
    }
    return {gathered.data(), size};
  }

  // So that the other side knows that the end is meant and nothing has been cut off.
  void say_goodbye() {
    if (broken_ || mistaken_ || SSL_is_init_finished(ssl_.get()) == 0) return;
    if ((SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  void cancel_soon() {
    if (soon_) *soon_ = false;
    soon_.reset();
  }

  Socket::executor_type executor_;
  Wire wire_;
  Verification verification_;
  SslPtr ssl_;
  std::shared_ptr<const TlsPeer> peer_;
  std::shared_ptr<bool> soon_;  // of a wait whose end is certain already: whether it is still wanted
  Wants read_wants_ = Wants::reading;
  Wants write_wants_ = Wants::writing;
  bool look_ = false;      // the first byte has not been looked at
  bool mistaken_ = false;  // the peer speaks plainly
  bool emptied_ = false;   // the last read found nothing more
  bool broken_ = false;    // nothing more can be said on this session
};

}  // namespace

std::unique_ptr<Transport> tls_server_transport(Socket socket, const TlsServer& server) {
  auto transport = std::make_unique<SslTransport>(std::move(socket));
  if (!transport->begin(server_session(server, transport->verification()), First::looked_at)) return nullptr;
  return transport;
}

std::unique_ptr<TlsTransport> tls_client_transport(Socket socket, const TlsClient& client, const std::string& host) {
  auto transport = std::make_unique<SslTransport>(std::move(socket));
  if (!transport->begin(client_session(client, host, transport->verification()), First::trusted)) return nullptr;
  return transport;
}

}  // namespace muster::http
