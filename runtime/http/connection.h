// One connection of a server: reads requests one after the other, hands each to the handler and sends what is answered.
// An idle connection owns neither a parser nor a buffer.
#pragma once

#include <boost/system/error_code.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/http/deadlines.h"
#include "runtime/http/output.h"
#include "runtime/http/request_parser.h"
#include "runtime/http/response_head.h"
#include "runtime/http/transport.h"

namespace muster::http {

class ServerCore;
class ServerExchange;
class ServerStream;

class Connection final : public Waiter, private Deadline::Owner, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ServerCore> core, std::unique_ptr<Transport> transport);
  ~Connection() override;

  void start();
  // Answers 503 whatever is asked, and closes.
  void turn_away();
  bool turned_away() const { return turned_away_; }
  void close_if_idle();
  void close();  // with what is still queued thrown away
  void abort();  // the same, and the peer sees a reset
  void send();   // what is queued, as far as the kernel takes it
  bool open() const { return transport_ != nullptr; }

  // For the exchange and the stream of the current request.
  void respond(Response response);
  // False for answers that have no body (to HEAD, 204).
  bool begin_stream(const Response& head, std::weak_ptr<ServerStream> stream);
  bool stream_bytes(std::shared_ptr<const std::string> bytes);
  void finish_stream();
  std::size_t queued() const { return output_.bytes(); }
  std::string peer() const;
  // Of the last request; kept when the transport has gone.
  std::shared_ptr<const TlsPeer> tls_peer() const { return tls_peer_; }
  ServerCore& core() { return *core_; }

  // What a WebSocket takes over: the transport and the bytes that came after the request. The connection ends.
  struct Detached {
    std::unique_ptr<Transport> transport;
    std::string early;
  };
  Detached detach();

 private:
  enum class State {
    idle,       // nothing of a request has arrived
    header,     // a part of the header has
    body,       // a part of the body is missing
    answering,  // the handler has the request
    finishing,  // the last answer is being sent, then comes the end
    lingering,  // the peer may read our answer before it notices that we do not read any more
  };

  void on_readable(const boost::system::error_code& error) override;
  void on_writable(const boost::system::error_code& error) override;
  void on_deadline(Deadline& deadline) override;

  void read();
  void received(std::string_view bytes);
  // Works on the front of the input and answers true when it got further.
  bool advance(std::string_view& input);
  bool begin_request(std::string_view& input);
  bool continue_body(std::string_view& input);
  void dispatch();
  void refuse(const Refusal& refusal);
  void answered();
  void become_idle();
  void send_soon();
  void linger();
  void wait_to_read();
  void arm(State state);
  HeadOptions head_options(Framing framing);
  void notify_gone();

  std::shared_ptr<ServerCore> core_;
  std::unique_ptr<Transport> transport_;
  std::shared_ptr<const TlsPeer> tls_peer_;
  std::unique_ptr<RequestParser> parser_;
  std::string pending_;                // received, not yet used
  std::string_view* input_ = nullptr;  // inside received(): what is not used yet
  Output output_;
  std::weak_ptr<ServerExchange> exchange_;
  std::weak_ptr<ServerStream> stream_;
  Deadline read_deadline_;
  Deadline write_deadline_;
  std::size_t discarded_ = 0;
  State state_ = State::idle;
  Framing stream_framing_ = Framing::none;
  bool used_ = false;       // a request has been answered
  bool keep_alive_ = true;  // after the current answer
  bool http_1_1_ = true;
  bool head_only_ = false;
  bool continue_sent_ = false;
  bool reading_ = false;  // a wait is pending
  bool writing_ = false;
  bool send_queued_ = false;  // stands in the core's list
  bool working_ = false;      // inside received()
  bool turned_away_ = false;
};

}  // namespace muster::http
