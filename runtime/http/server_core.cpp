#include "runtime/http/server_core.h"

#include <utility>

#include "runtime/http/connection.h"
#include "runtime/http/raw_stream.h"
#include "runtime/http/response_head.h"
#include "runtime/http/transport.h"
#include "runtime/http/web_socket_session.h"

namespace muster::http {

namespace {

// Connections above the limit that are told so at the same time; further ones are just closed.
constexpr std::size_t max_turned_away = 256;

}  // namespace

ServerCore::ServerCore(IoLoop& io_loop, ServerOptions server_options, Handler request_handler)
    : loop(io_loop), options(std::move(server_options)), handler(std::move(request_handler)), deadlines(io_loop) {}

void ServerCore::accept(std::unique_ptr<Transport> transport) {
  if (destroyed_ || draining_) return;
  const bool full = connections() - turned_away_ >= options.max_connections;
  if (full && turned_away_ >= max_turned_away) return;
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(transport));
  connections_.emplace(connection.get(), connection);
  if (full) {
    ++turned_away_;
    connection->turn_away();
  } else {
    connection->start();
  }
}

void ServerCore::remove(Connection& connection) {
  const auto found = connections_.find(&connection);
  if (found == connections_.end()) return;
  if (connection.turned_away()) --turned_away_;
  const std::shared_ptr<Connection> last = std::move(found->second);
  connections_.erase(found);
  check_drained();
}

void ServerCore::add_socket(const std::shared_ptr<WebSocketSession>& session) {
  sockets_.emplace(session.get(), session);
}

void ServerCore::remove_socket(const WebSocketSession& session) {
  sockets_.erase(&session);
  check_drained();
}

void ServerCore::add_taken(const std::shared_ptr<RawStream>& stream) {
  taken_.emplace(stream.get(), stream);
}

void ServerCore::remove_taken(const RawStream* stream) {
  taken_.erase(stream);
  check_drained();
}

void ServerCore::send_soon(std::shared_ptr<Connection> connection) {
  to_flush_.push_back(std::move(connection));
  if (std::exchange(flush_posted_, true)) return;
  loop.post([self = shared_from_this()] { self->flush(); });
}

void ServerCore::flush() {
  flush_posted_ = false;
  std::vector<std::shared_ptr<Connection>> batch = std::exchange(to_flush_, {});
  for (const std::shared_ptr<Connection>& connection : batch) connection->send();
  batch.clear();
  if (to_flush_.empty()) to_flush_ = std::move(batch);  // keeps the memory for the next turn
}

void ServerCore::call_soon(std::function<void()> callback) {
  loop.post([self = shared_from_this(), callback = std::move(callback)] {
    if (!self->destroyed_) callback();
  });
}

void ServerCore::drain(Duration grace, std::function<void()> done) {
  drained_ = std::move(done);
  draining_ = true;
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [key, connection] : connections_) all.push_back(connection);
  for (const std::shared_ptr<Connection>& connection : all) connection->close_if_idle();
  if (drained_) grace_timer_ = loop.after(grace, [self = shared_from_this()] { self->close_all(); });
  check_drained();
}

void ServerCore::close_all() {
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [key, connection] : connections_) all.push_back(connection);
  for (const std::shared_ptr<Connection>& connection : all) connection->close();
  std::vector<std::shared_ptr<WebSocketSession>> sockets;
  for (const auto& [key, socket] : sockets_) {
    if (auto session = socket.lock()) sockets.push_back(std::move(session));
  }
  for (const std::shared_ptr<WebSocketSession>& session : sockets) session->abort("the server has stopped");
  std::vector<std::shared_ptr<RawStream>> taken;
  for (const auto& [key, stream] : taken_) {
    if (auto alive = stream.lock()) taken.push_back(std::move(alive));
  }
  for (const std::shared_ptr<RawStream>& stream : taken) stream->abort("the server has stopped");
}

void ServerCore::check_drained() {
  if (!draining_ || destroyed_ || !drained_ || connections() > 0) return;
  loop.cancel(std::exchange(grace_timer_, 0));
  call_soon(std::exchange(drained_, nullptr));
}

void ServerCore::destroy() {
  destroyed_ = true;
  draining_ = true;
  drained_ = nullptr;
  loop.cancel(std::exchange(grace_timer_, 0));
  close_all();
  to_flush_.clear();
}

std::string_view ServerCore::date() {
  const Time now = loop.now();
  const std::int64_t second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  if (second != date_second_) {
    date_second_ = second;
    date_ = http_date(now);
  }
  return date_;
}

}  // namespace muster::http
