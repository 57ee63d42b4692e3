// What the connections of one server share. Used on the loop's thread only.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/http/deadlines.h"
#include "runtime/http/server.h"

namespace muster::http {

class Connection;
class RawStream;
class Transport;
class WebSocketSession;

class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(IoLoop& io_loop, ServerOptions server_options, Handler request_handler);

  // Takes a new connection, or turns it away when there are too many.
  void accept(std::unique_ptr<Transport> transport);
  void remove(Connection& connection);
  void add_socket(const std::shared_ptr<WebSocketSession>& session);
  void remove_socket(const WebSocketSession& session);
  void add_taken(const std::shared_ptr<RawStream>& stream);
  void remove_taken(const RawStream* stream);

  // The connection has something to send: it does so at the end of this turn, together with what else comes until then.
  void send_soon(std::shared_ptr<Connection> connection);
  // Calls back from the loop unless the server has been destroyed before.
  void call_soon(std::function<void()> callback);

  // Lets running answers finish, closes the idle connections. See Server::stop.
  void drain(Duration grace, std::function<void()> done);
  // Closes everything; no callback of a user runs after this.
  void destroy();

  std::size_t connections() const { return connections_.size() + sockets_.size() + taken_.size(); }
  bool draining() const { return draining_; }
  // Of the current second.
  std::string_view date();

  IoLoop& loop;
  const ServerOptions options;
  const Handler handler;
  Deadlines deadlines;
  std::array<char, 64U << 10U> scratch;  // what is read lies here until it has been parsed

 private:
  void flush();
  void close_all();
  void check_drained();

  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections_;
  std::unordered_map<const WebSocketSession*, std::weak_ptr<WebSocketSession>> sockets_;
  std::unordered_map<const RawStream*, std::weak_ptr<RawStream>> taken_;
  std::size_t turned_away_ = 0;
  std::vector<std::shared_ptr<Connection>> to_flush_;
  bool flush_posted_ = false;
  bool draining_ = false;
  bool destroyed_ = false;
  std::function<void()> drained_;
  Loop::Timer grace_timer_ = 0;
  std::string date_;
  std::int64_t date_second_ = -1;
};

}  // namespace muster::http
