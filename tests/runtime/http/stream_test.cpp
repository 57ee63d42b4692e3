// Streamed answers: framing, order, back-pressure and how they end, for one and for many readers.
#include "runtime/http/stream.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/runtime/http/running_server.h"

namespace muster::http {
namespace {

const std::string get = "GET /watch HTTP/1.1\r\nHost: x\r\n\r\n";

// A server whose streams the test writes.
struct Streams {
  explicit Streams(ServerOptions options = {})
      : server(
            [this](const std::shared_ptr<Exchange>& exchange) {
              auto stream = exchange->stream(Response{200, {{"Content-Type", "application/json"}}, ""});
              stream->on_close([this] { ++closed; });
              open.push_back(std::move(stream));
            },
            options) {}
  ~Streams() {
    server.thread.run([this] { open.clear(); });
  }
  void wait_for(std::size_t count) {
    while (server.thread.run([&] { return open.size(); }) < count) std::this_thread::yield();
  }
  void wait_for_closed(int count) {
    while (server.thread.run([&] { return closed; }) < count) std::this_thread::yield();
  }

  std::vector<std::shared_ptr<Stream>> open;  // the loop's
  int closed = 0;
  RunningServer server;
};

TEST(stream, sends_the_head_at_once_and_then_chunks) {
  Streams streams;
  RawSocket socket(streams.server.address);
  socket.send(get);
  const std::string head = socket.receive_until("\r\n\r\n");
  EXPECT_NE(head.find("Transfer-Encoding: chunked"), std::string::npos);
  streams.wait_for(1);
  streams.server.thread.run([&] {
    EXPECT_TRUE(streams.open[0]->write(shared("hello")));
    EXPECT_TRUE(streams.open[0]->write(shared("")));  // would end a chunked body; is left out
    EXPECT_TRUE(streams.open[0]->write(shared(std::string(300, 'x'))));
    streams.open[0]->finish();
    EXPECT_FALSE(streams.open[0]->write(shared("late")));
  });
  EXPECT_EQ(socket.receive_until("0\r\n\r\n"), "5\r\nhello\r\n12c\r\n" + std::string(300, 'x') + "\r\n0\r\n\r\n");
  socket.send(get);  // the connection is kept
  EXPECT_NE(socket.receive_until("\r\n\r\n").find("200"), std::string::npos);
}

TEST(stream, has_no_chunks_for_http_1_0_and_ends_with_the_connection) {
  Streams streams;
  RawSocket socket(streams.server.address);
  socket.send("GET / HTTP/1.0\r\n\r\n");
  streams.wait_for(1);
  streams.server.thread.run([&] {
    streams.open[0]->write(shared("raw"));
    streams.open[0]->finish();
  });
  const std::string all = socket.receive_all();
  EXPECT_EQ(all.find("chunked"), std::string::npos);
  EXPECT_EQ(all.substr(all.size() - 3), "raw");
}

TEST(stream, to_a_head_request_is_only_its_head) {
  Streams streams;
  RawSocket socket(streams.server.address);
  socket.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  socket.receive_until("\r\n\r\n");
  streams.wait_for(1);
  streams.server.thread.run([&] {
    EXPECT_TRUE(streams.open[0]->write(shared("hello")));
    streams.open[0]->finish();
  });
  socket.send(get);
  EXPECT_EQ(socket.receive_until("\r\n").substr(0, 12), "HTTP/1.1 200");
}

TEST(stream, a_slow_reader_is_cut_off_at_the_limit) {
  ServerOptions options;
  options.max_stream_buffer = 1U << 20U;
  Streams streams(options);
  RawSocket socket(streams.server.address, 4096);
  socket.send(get);
  streams.wait_for(1);
  const auto piece = shared(std::string(100'000, 'x'));
  bool open = true;
  std::size_t most = 0;
  for (int i = 0; i < 1000 && open; ++i) {
    streams.server.thread.run([&] {
      open = streams.open[0]->write(piece);
      most = std::max(most, streams.open[0]->queued());
    });
  }
  EXPECT_FALSE(open);
  EXPECT_LE(most, options.max_stream_buffer);
  streams.wait_for_closed(1);
  streams.server.wait_for_connections(0);
}

TEST(stream, hears_once_that_the_peer_has_gone) {
  Streams streams;
  RawSocket socket(streams.server.address);
  socket.send(get);
  streams.wait_for(1);
  socket.close();
  streams.wait_for_closed(1);
  streams.server.thread.run([&] { EXPECT_FALSE(streams.open[0]->write(shared("x"))); });
  EXPECT_EQ(streams.closed, 1);
}

TEST(stream, dropped_without_an_end_cuts_the_connection) {
  Streams streams;
  RawSocket socket(streams.server.address);
  socket.send(get);
  streams.wait_for(1);
  streams.server.thread.run([&] {
    streams.open[0]->write(shared("part"));
    streams.open.clear();
  });
  EXPECT_EQ(socket.receive_all().find("0\r\n\r\n"), std::string::npos);
}

TEST(stream, one_change_reaches_a_thousand_readers_in_order) {
  Streams streams;
  constexpr std::size_t count = 1000;
  std::vector<std::unique_ptr<RawSocket>> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    sockets.push_back(std::make_unique<RawSocket>(streams.server.address));
    sockets.back()->send(get);
  }
  streams.wait_for(count);
  for (int change = 0; change < 3; ++change) {
    const auto bytes = shared(str("change ", change));
    streams.server.thread.run([&] {
      for (const auto& stream : streams.open) EXPECT_TRUE(stream->write(bytes));
    });
  }
  for (const auto& socket : sockets) {
    socket->receive_until("\r\n\r\n");
    ASSERT_EQ(socket->receive_exactly(39), "8\r\nchange 0\r\n8\r\nchange 1\r\n8\r\nchange 2\r\n");
  }
}

}  // namespace
}  // namespace muster::http
