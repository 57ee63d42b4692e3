// One connection of a client: sends a request, reads its answer, and waits idle in the pool for the next.
#pragma once

#include <array>
#include <boost/system/error_code.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/http/client_call.h"
#include "runtime/http/output.h"
#include "runtime/http/response_parser.h"
#include "runtime/http/transport.h"

namespace muster::http {

// What a connection tells its pool. Each call is the connection's last word about that request.
class ClientPool {
 public:
  virtual ~ClientPool() = default;
  virtual void answer_complete(const std::shared_ptr<ClientCall>& call, Response response) = 0;
  // `untouched`: not a byte of the answer had come on a connection that had been used before.
  virtual void answer_failed(const std::shared_ptr<ClientCall>& call, Error error, bool untouched) = 0;
  // The connection may be used again.
  virtual void reusable(std::shared_ptr<ClientConnection> connection) = 0;
  virtual void connection_closed(const ClientConnection& connection) = 0;
  virtual std::size_t max_body_bytes() const = 0;
  virtual void cancel_timer(Loop::Timer timer) = 0;
  // Where bytes are read to, shared by the connections of the client.
  virtual std::array<char, 64U << 10U>& scratch() = 0;
};

class ClientConnection final : public Waiter, public std::enable_shared_from_this<ClientConnection> {
 public:
  ClientConnection(ClientPool& pool, std::unique_ptr<Transport> transport)
      : pool_(pool), transport_(std::move(transport)) {}

  void run(std::shared_ptr<ClientCall> call);
  // False when the peer has closed it meanwhile.
  bool usable();
  // The call has been paused or resumed.
  void wait_to_read();
  // Without a word to the call.
  void close();

 private:
  void on_readable(const boost::system::error_code& error) override;
  void on_writable(const boost::system::error_code& error) override;

  void flush();
  void read();
  void parse(std::string_view bytes, bool end_of_stream);
  // Reports what has arrived; false when the call has been cancelled by its callback.
  bool report();
  void complete();
  void fail(Code code, std::string_view why);

  ClientPool& pool_;
  std::unique_ptr<Transport> transport_;
  std::shared_ptr<ClientCall> call_;
  std::unique_ptr<ResponseParser> parser_;
  std::string pending_;
  Output output_;
  bool used_ = false;     // an answer has come before
  bool touched_ = false;  // a byte of the current answer has come
  bool head_reported_ = false;
  bool reading_ = false;
  bool writing_ = false;
};

}  // namespace muster::http
