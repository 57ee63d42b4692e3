// Connections that stop being HTTP: both ends of ours against each other.
#include "runtime/http/byte_stream.h"

#include <gtest/gtest.h>

#include "tests/runtime/http/running_server.h"

namespace muster::http {
namespace {

// Takes every connection over and sends back what comes, until the peer sends nothing more.
struct EchoServer {
  EchoServer() : server([this](const std::shared_ptr<Exchange>& exchange) { accept(exchange); }, {}) {}
  ~EchoServer() {
    server.thread.run([this] { stream.reset(); });
  }
  void accept(const std::shared_ptr<Exchange>& exchange) {
    if (exchange->request().target == "/refused") return exchange->respond(Response{409, {}, "not now"});
    stream = exchange->take_over({{"Upgrade", "echo"}});
    if (!stream) return;
    ByteStreamCallbacks callbacks;
    callbacks.on_bytes = [this](std::string_view bytes) { stream->send(std::string(bytes)); };
    callbacks.on_end = [this] { stream->finish(); };
    stream->start(std::move(callbacks));
  }
  std::shared_ptr<ByteStream> stream;  // the loop's, like all that follows
  RunningServer server;
};

// One taken connection of a client, called as if it blocked.
struct Peer {
  explicit Peer(const std::string& base, const std::string& target = "/echo") {
    thread.run([&] {
      client = std::make_unique<Client>(thread.loop, base, ClientOptions{});
      Request request;
      request.method = "POST";
      request.target = target;
      request.headers.emplace_back("Upgrade", "echo");
      client->take_over(std::move(request), patience, [this](Result<std::shared_ptr<ByteStream>> result) {
        if (result.ok()) start(*result);
        opened.set_value(result.ok() ? Status() : Status(result.error()));
      });
    });
    status = opened.get_future().get();
  }
  ~Peer() {
    thread.run([this] {
      stream.reset();
      client.reset();
    });
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void start(std::shared_ptr<ByteStream> taken) {
    stream = std::move(taken);
    ByteStreamCallbacks callbacks;
    callbacks.on_bytes = [this](std::string_view bytes) { got += bytes; };
    callbacks.on_close = [this](const std::string& why) { closed.set_value(why); };
    stream->start(std::move(callbacks));
  }

  LoopThread thread;
  std::unique_ptr<Client> client;  // the loop's, like all that follows
  std::shared_ptr<ByteStream> stream;
  std::string got;
  std::promise<Status> opened;
  std::promise<std::string> closed;
  Status status;
};

TEST(ByteStream, CarriesBytesBothWaysToTheirEnd) {
  EchoServer echo;
  Peer peer(echo.server.base());
  ASSERT_TRUE(peer.status.ok()) << peer.status.error().message;
  std::string sent;
  for (int i = 0; i < 3000; ++i) sent += "line " + std::to_string(i) + "\n";
  peer.thread.run([&] {
    for (std::size_t at = 0; at < sent.size(); at += 1000) peer.stream->send(sent.substr(at, 1000));
    peer.stream->finish();
  });
  EXPECT_EQ(peer.closed.get_future().get(), "closed");
  EXPECT_TRUE(peer.got == sent) << peer.got.size();
}

TEST(ByteStream, ARefusalIsAnErrorWithTheBody) {
  EchoServer echo;
  Peer peer(echo.server.base(), "/refused");
  ASSERT_FALSE(peer.status.ok());
  EXPECT_EQ(peer.status.error().message, "not now");
}

TEST(ByteStream, APausedReaderGetsNothingUntilItGoesOn) {
  EchoServer echo;
  Peer peer(echo.server.base());
  ASSERT_TRUE(peer.status.ok());
  peer.thread.run([&] {
    peer.stream->pause();
    peer.stream->send("hello");
    peer.stream->finish();
  });
  // The server has sent it all and its end.
  while (peer.thread.run([&] { return peer.stream->queued(); }) != 0) std::this_thread::yield();
  EXPECT_EQ(peer.thread.run([&] { return peer.got; }), "");
  peer.thread.run([&] { peer.stream->resume(); });
  EXPECT_EQ(peer.closed.get_future().get(), "closed");
  EXPECT_EQ(peer.got, "hello");
}

TEST(ByteStream, AClosedOneHasSentEverything) {
  EchoServer echo;
  Peer peer(echo.server.base());
  ASSERT_TRUE(peer.status.ok());
  const std::string much(2'000'000, 'x');
  echo.server.thread.run([&] {
    echo.stream->send(much);
    echo.stream->close();
    echo.stream.reset();
  });
  while (peer.thread.run([&] { return peer.got.size(); }) < much.size()) std::this_thread::yield();
  EXPECT_TRUE(peer.got == much);
}

TEST(ByteStream, ADroppedOneEndsThePeer) {
  EchoServer echo;
  Peer peer(echo.server.base());
  ASSERT_TRUE(peer.status.ok());
  peer.thread.run([&] { peer.stream.reset(); });
  echo.server.wait_for_connections(0);
}

}  // namespace
}  // namespace muster::http
