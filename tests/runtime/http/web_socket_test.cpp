// WebSockets, both ends of ours against each other and a raw peer.
#include "runtime/http/web_socket.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <vector>

#include "tests/runtime/http/running_server.h"

namespace muster::http {
namespace {

using std::chrono::milliseconds;

// Accepts every upgrade, echoes every message, and keeps the sockets where a test can reach them.
struct EchoServer {
  explicit EchoServer(ServerOptions options = {})
      : server([this](const std::shared_ptr<Exchange>& exchange) { accept(exchange); }, options) {}
  ~EchoServer() {
    server.thread.run([this] { sockets.clear(); });
  }
  void accept(const std::shared_ptr<Exchange>& exchange) {
    if (exchange->request().target == "/refused") return exchange->respond(Response{403, {}, "not you"});
    const std::shared_ptr<WebSocket> socket = exchange->upgrade("muster.v1");
    if (!socket) return;
    const int number = next++;
    sockets[number] = socket;
    socket->on_message([this, number](std::string message, Frame frame) {
      if (echoes) sockets[number]->send(std::make_shared<const std::string>(std::move(message)), frame);
    });
    socket->on_close([this, number](std::string reason) {
      sockets.erase(number);
      reasons.push_back(std::move(reason));
    });
  }
  void wait_for_sockets(std::size_t count) {
    while (server.thread.run([&] { return sockets.size(); }) != count) std::this_thread::yield();
  }

  void wait_until_sent() {
    while (server.thread.run([&] { return sockets.begin()->second->queued(); }) != 0) std::this_thread::yield();
  }

  std::map<int, std::shared_ptr<WebSocket>> sockets;  // the loop's, like all that follows
  std::vector<std::string> reasons;
  int next = 0;
  bool echoes = true;
  RunningServer server;
};

// One WebSocket of a client, called as if it blocked.
struct Peer {
  explicit Peer(const std::string& base, ClientOptions options = {}) {
    thread.run([&] {
      client = std::make_unique<Client>(thread.loop, base, options);
      Request request;
      request.target = "/socket";
      request.headers.emplace_back("Sec-WebSocket-Protocol", "muster.v1");
      client->connect(std::move(request), patience, [this](Result<std::shared_ptr<WebSocket>> result) {
        if (result.ok()) {
          socket = *result;
          socket->on_message([this](std::string message, Frame) {
            const std::lock_guard lock(mutex);
            messages.push_back(std::move(message));
          });
          socket->on_close([this](std::string reason) { closed.set_value(std::move(reason)); });
        }
        opened.set_value(result.ok() ? Status() : Status(result.error()));
      });
    });
    status = opened.get_future().get();
  }
  ~Peer() {
    thread.run([this] {
      socket.reset();
      client.reset();
    });
  }
  bool send(std::string message) {
    return thread.run([&] { return socket->send(shared(std::move(message)), Frame::binary); });
  }
  std::size_t received() {
    const std::lock_guard lock(mutex);
    return messages.size();
  }
  void wait_for(std::size_t count) {
    while (received() < count) std::this_thread::yield();
  }

  LoopThread thread;
  std::unique_ptr<Client> client;
  std::shared_ptr<WebSocket> socket;
  std::promise<Status> opened;
  Status status;
  std::promise<std::string> closed;
  std::mutex mutex;
  std::vector<std::string> messages;
};

TEST(web_socket, echoes_messages_of_many_sizes) {
  EchoServer server;
  Peer peer(server.server.base());
  ASSERT_TRUE(peer.status.ok()) << peer.status.error().message;
  std::vector<std::string> sent;
  for (const std::size_t size :
       {0U, 1U, 125U, 126U, 127U, 1535U, 1536U, 65'535U, 65'536U, 65'537U, 200'000U, 3'000'000U}) {
    std::string message(size, '\0');
    for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<char>(i * 7 + i / 251);
    sent.push_back(message);
    ASSERT_TRUE(peer.send(std::move(message)));
  }
  peer.wait_for(sent.size());
  EXPECT_TRUE(peer.messages == sent);
}

TEST(web_socket, keeps_the_order_of_thousands_of_queued_messages) {
  EchoServer server;
  Peer peer(server.server.base());
  constexpr std::size_t count = 5000;
  peer.thread.run([&] {
    for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(peer.socket->send(shared(str("message ", i)), Frame::text));
    EXPECT_GT(peer.socket->queued(), 0U);
  });
  peer.wait_for(count);
  for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(peer.messages[i], str("message ", i));
  // The last echo may be here before this end's own loop hears that its last message was written.
  while (peer.thread.run([&] { return peer.socket->queued(); }) != 0) std::this_thread::yield();
}

TEST(web_socket, works_after_requests_on_the_same_connection_and_with_early_bytes) {
  EchoServer server;
  RawSocket socket(server.server.address);
  // The first frame comes in the same packet as the request: text "hi", masked with zeros.
  const std::string frame("\x81\x82\0\0\0\0hi", 8);
  socket.send(
      "GET /refused HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /s HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
      frame);
  EXPECT_EQ(socket.answer().status, 403);
  const std::string head = socket.receive_until("\r\n\r\n");
  EXPECT_NE(head.find("101"), std::string::npos);
  EXPECT_NE(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);  // RFC 6455 section 1.3
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: muster.v1"), std::string::npos);
  EXPECT_EQ(socket.receive_exactly(4), "\x81\x02hi");
}

TEST(web_socket, an_upgrade_that_is_none_gets_400) {
  EchoServer server;
  RawSocket socket(server.server.address);
  socket.send("GET /s HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(socket.answer().status, 400);
  socket.send(
      "GET /s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_EQ(socket.answer().status, 400);
}

TEST(web_socket, a_refused_upgrade_is_an_error_with_the_body) {
  EchoServer server;
  LoopThread thread;
  std::promise<Result<std::shared_ptr<WebSocket>>> promise;
  std::unique_ptr<Client> client;
  thread.run([&] {
    client = std::make_unique<Client>(thread.loop, server.server.base(), ClientOptions{});
    client->connect(Request{"GET", "/refused", {}, {}}, patience,
                    [&](Result<std::shared_ptr<WebSocket>> result) { promise.set_value(std::move(result)); });
  });
  const auto result = promise.get_future().get();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::forbidden);
  EXPECT_NE(result.error().message.find("not you"), std::string::npos);
  thread.run([&] { client.reset(); });
}

TEST(web_socket, a_message_above_the_limit_ends_the_connection) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  EchoServer server(options);
  Peer peer(server.server.base());
  EXPECT_TRUE(peer.send(std::string(1000, 'x')));
  peer.wait_for(1);
  EXPECT_TRUE(peer.send(std::string(1001, 'x')));
  EXPECT_EQ(peer.closed.get_future().wait_for(patience), std::future_status::ready);
  server.wait_for_sockets(0);
}

TEST(web_socket, close_sends_what_is_queued_and_the_reason) {
  EchoServer server;
  Peer peer(server.server.base());
  server.wait_for_sockets(1);
  server.server.thread.run([&] {
    const auto socket = server.sockets.begin()->second;
    for (int i = 0; i < 100; ++i) socket->send(shared(std::string(10'000, 'x')), Frame::text);
    socket->close("enough");
    EXPECT_FALSE(socket->send(shared("late"), Frame::text));
  });
  auto closed = peer.closed.get_future();
  ASSERT_EQ(closed.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(closed.get(), "enough");
  EXPECT_EQ(peer.received(), 100U);
  server.wait_for_sockets(0);
  server.server.wait_for_connections(0);
}

TEST(web_socket, dropping_it_closes_the_connection) {
  EchoServer server;
  Peer peer(server.server.base());
  server.wait_for_sockets(1);
  peer.thread.run([&] { peer.socket.reset(); });
  server.wait_for_sockets(0);
}

TEST(web_socket, a_vanished_peer_is_noticed) {
  EchoServer server;
  auto peer = std::make_unique<Peer>(server.server.base());
  server.wait_for_sockets(1);
  peer.reset();
  server.wait_for_sockets(0);
  EXPECT_EQ(server.server.thread.run([&] { return server.reasons.size(); }), 1U);
}

TEST(web_socket, a_silent_peer_is_pinged_and_then_cut) {
  ServerOptions options;
  options.idle_timeout = milliseconds(200);
  EchoServer server(options);
  // A raw peer does not answer pings.
  RawSocket raw(server.server.address);
  raw.send(
      "GET /s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  raw.receive_until("\r\n\r\n");
  EXPECT_EQ(raw.receive_exactly(2).substr(0, 1), "\x89");  // a ping
  raw.receive_all();
  server.wait_for_sockets(0);
}

TEST(web_socket, an_idle_peer_that_answers_pings_stays) {
  ServerOptions options;
  options.idle_timeout = milliseconds(40);
  EchoServer server(options);
  Peer peer(server.server.base());
  server.wait_for_sockets(1);
  // Ten times the limit, in the server's time.
  std::promise<void> later;
  server.server.thread.run([&] { server.server.thread.loop.after(milliseconds(400), [&] { later.set_value(); }); });
  later.get_future().wait();
  EXPECT_TRUE(peer.send("still there"));
  peer.wait_for(1);
}

TEST(web_socket, a_paused_end_pushes_back_and_loses_nothing) {
  ServerOptions options;
  options.max_stream_buffer = 64U << 20U;
  EchoServer server(options);
  Peer peer(server.server.base());
  server.wait_for_sockets(1);
  peer.thread.run([&] { peer.socket->pause(); });
  const auto message = shared(std::string(60'000, 'x'));
  constexpr std::size_t count = 1000;  // 60 MB: more than the kernel holds between the two (36 MB)
  const std::size_t queued = server.server.thread.run([&] {
    for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(server.sockets.begin()->second->send(message, Frame::binary));
    return server.sockets.begin()->second->queued();
  });
  EXPECT_GT(queued, 10U << 20U);
  EXPECT_EQ(peer.received(), 0U);
  peer.thread.run([&] { peer.socket->resume(); });
  peer.wait_for(count);
  // The peer may have the last message before the server's own loop hears that it was written.
  server.wait_until_sent();
}

TEST(web_socket, a_slow_peer_is_cut_at_the_limit) {
  ServerOptions options;
  options.max_stream_buffer = 1U << 20U;
  EchoServer server(options);
  Peer peer(server.server.base());
  server.wait_for_sockets(1);
  peer.thread.run([&] { peer.socket->pause(); });
  const auto message = shared(std::string(50'000, 'x'));
  bool open = true;
  for (int i = 0; i < 2000 && open; ++i) {
    open = server.server.thread.run(
        [&] { return !server.sockets.empty() && server.sockets.begin()->second->send(message, Frame::binary); });
  }
  EXPECT_FALSE(open);
  server.wait_for_sockets(0);
  server.server.wait_for_connections(0);
}

TEST(web_socket, a_peer_that_takes_nothing_is_cut_in_time) {
  ServerOptions options;
  options.max_stream_buffer = 64U << 20U;
  options.write_timeout = milliseconds(100);
  EchoServer server(options);
  Peer peer(server.server.base());
  server.wait_for_sockets(1);
  peer.thread.run([&] { peer.socket->pause(); });
  server.server.thread.run(
      [&] { server.sockets.begin()->second->send(shared(std::string(32U << 20U, 'x')), Frame::binary); });
  server.wait_for_sockets(0);
}

TEST(web_socket, protocol_errors_end_the_connection) {
  const std::vector<std::string> frames = {
      std::string("\x81\x02hi", 4),                // not masked
      std::string("\xf1\x82\0\0\0\0hi", 8),        // reserved bits
      std::string("\x81\x82\0\0\0\0\xff\xff", 8),  // not UTF-8
      std::string("\x83\x80\0\0\0\0", 6),          // unknown opcode
      std::string("\x89\xfe\x01\0\0\0\0\0", 8),    // a long control frame
  };
  EchoServer server;
  for (const std::string& frame : frames) {
    RawSocket raw(server.server.address);
    raw.send(
        "GET /s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
        frame);
    raw.receive_until("\r\n\r\n");
    EXPECT_EQ(raw.receive_exactly(1), "\x88");  // a close frame
    raw.receive_all();
  }
  server.wait_for_sockets(0);
}

TEST(web_socket, the_end_of_the_server_closes_its_sockets) {
  auto server = std::make_unique<EchoServer>();
  Peer peer(server->server.base());
  server->wait_for_sockets(1);
  server.reset();
  EXPECT_EQ(peer.closed.get_future().wait_for(patience), std::future_status::ready);
  EXPECT_FALSE(peer.send("x"));
}

}  // namespace
}  // namespace muster::http
