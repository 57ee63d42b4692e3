// The server as its peers see it, byte by byte: limits, malformed input, framing, order and time.
#include "runtime/http/server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <cstring>
#include <vector>

#include "tests/runtime/http/running_server.h"
#include "tests/support/temp_dir.h"

namespace muster::http {
namespace {

using std::chrono::milliseconds;

const std::string get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(server, answers_requests_on_a_kept_connection) {
  RunningServer server(echo);
  RawSocket socket(server.address);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(socket.send(get));
    const RawSocket::Answer answer = socket.answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "GET /a ");
    EXPECT_NE(answer.head.find("\r\nDate: "), std::string::npos);
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST(server, takes_bodies_by_length_and_in_chunks) {
  RunningServer server(echo);
  RawSocket socket(server.address);
  socket.send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(socket.answer().body, "POST /b hello");
  socket.send(
      "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n4;x=\"y\\\"\"\r\ndefg\r\n0\r\nTrailer: "
      "t\r\n\r\n");
  EXPECT_EQ(socket.answer().body, "POST /c abcdefg");
}

TEST(server, takes_a_request_byte_by_byte) {
  RunningServer server(echo);
  RawSocket socket(server.address);
  const std::string chunked = "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char c : chunked + "3\r\nabc\r\n0\r\n\r\n" + chunked + "0\r\n\r\n" + get) {
    ASSERT_TRUE(socket.send(std::string_view(&c, 1)));
  }
  EXPECT_EQ(socket.answer().body, "POST /c abc");
  EXPECT_EQ(socket.answer().body, "POST /c ") << "the last chunk is the first";
  EXPECT_EQ(socket.answer().body, "GET /a ");
}

TEST(server, serves_pipelined_requests_in_order_one_at_a_time) {
  std::vector<std::shared_ptr<Exchange>> open;
  std::promise<void> first;
  RunningServer server([&](std::shared_ptr<Exchange> exchange) {
    open.push_back(std::move(exchange));
    if (open.size() == 1) first.set_value();
  });
  RawSocket socket(server.address);
  std::string all;
  constexpr int count = 50;
  for (int i = 0; i < count; ++i) all += str("GET /", i, " HTTP/1.1\r\nHost: x\r\n\r\n");
  socket.send(all);
  first.get_future().wait();
  for (int i = 0; i < count; ++i) {
    const std::size_t waiting = server.thread.run([&] {
      const std::size_t size = open.size();
      echo(open.back());
      return size;
    });
    EXPECT_EQ(waiting, static_cast<std::size_t>(i) + 1);
    EXPECT_EQ(socket.answer().body, str("GET /", i, ' '));
  }
  server.thread.run([&] { open.clear(); });
}

TEST(server, many_pipelined_requests_with_large_answers_are_held_back) {
  const std::string large(100'000, 'x');
  RunningServer server([&](const std::shared_ptr<Exchange>& exchange) { exchange->respond(Response{200, {}, large}); });
  RawSocket socket(server.address);
  std::string all;
  for (int i = 0; i < 200; ++i) all += get;
  socket.send(all);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(socket.answer().body.size(), large.size());
}

struct Refused {
  const char* name;
  std::string request;
  int status;
};

class refusals : public ::testing::TestWithParam<Refused> {};

TEST_P(refusals, are_answered_with_a_status_and_closed) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  options.max_header_bytes = 2000;
  RunningServer server(echo, options);
  RawSocket socket(server.address);
  socket.send(GetParam().request);
  const RawSocket::Answer answer = socket.answer();
  EXPECT_EQ(answer.status, GetParam().status) << answer.head << answer.body;
  EXPECT_NE(answer.head.find("Content-Type: application/json"), std::string::npos);
  EXPECT_NE(answer.head.find("Connection: close"), std::string::npos);
  EXPECT_EQ(answer.body.rfind(R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure")", 0), 0U)
      << answer.body;
  EXPECT_NE(answer.body.find(str("\"code\":", GetParam().status)), std::string::npos);
  EXPECT_EQ(socket.receive_all(), "");  // the server closes without waiting for us
  socket.close();
  server.wait_for_connections(0);
}

const std::string host = " HTTP/1.1\r\nHost: x\r\n";
INSTANTIATE_TEST_SUITE_P(
    server, refusals,
    ::testing::Values(
        Refused{"body_too_large", "POST /" + host + "Content-Length: 1001\r\n\r\n", 413},
        Refused{"body_absurd", "POST /" + host + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
        Refused{"chunks_too_large",
                "POST /" + host + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x'), 413},
        Refused{"chunk_absurd", "POST /" + host + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400},
        Refused{"chunk_header_endless",
                "POST /" + host + "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(40'000, 'x'), 400},
        Refused{"chunk_extension_without_end",
                "POST /" + host + "Transfer-Encoding: chunked\r\n\r\n3;x=\"y\r\nabc\r\n0\r\n\r\n", 400},
        Refused{"chunk_not_hexadecimal", "POST /" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        Refused{"header_too_large", "GET /" + host + "A: " + std::string(2000, 'x') + "\r\n\r\n", 431},
        Refused{"header_endless", "GET /" + std::string(100'000, 'x'), 431},
        Refused{"negative_length", "POST /" + host + "Content-Length: -1\r\n\r\n", 400},
        Refused{"two_lengths", "POST /" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
        Refused{"length_and_chunked",
                "POST /" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Refused{"unknown_encoding", "POST /" + host + "Transfer-Encoding: gzip\r\n\r\n", 501},
        Refused{"chunked_twice", "POST /" + host + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501},
        Refused{"encoding_in_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Refused{"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
        Refused{"two_hosts", "GET /" + host + "Host: y\r\n\r\n", 400},
        Refused{"folded_line", "GET /" + host + "A: b\r\n c\r\n\r\n", 400},
        Refused{"space_before_colon", "GET /" + host + "A : b\r\n\r\n", 400},
        Refused{"control_character", "GET /" + host + "A: b\x01\r\n\r\n", 400},
        Refused{"no_name", "GET /" + host + ": b\r\n\r\n", 400}, Refused{"no_version", "GET /\r\n\r\n", 400},
        Refused{"version_2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
        Refused{"relative_target", "GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Refused{"connect", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Refused{"tls", std::string("\x16\x03\x01\x02\x00\x01", 6), 400},
        Refused{"expectation", "POST /" + host + "Expect: miracles\r\nContent-Length: 3\r\n\r\n", 417}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(server, a_refused_peer_that_goes_on_sending_still_gets_the_answer) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  RunningServer server(echo, options);
  RawSocket socket(server.address);
  socket.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n");
  for (int i = 0; i < 20 && socket.send(std::string(10'000, 'x')); ++i) {
  }
  EXPECT_EQ(socket.answer().status, 413);
  // One that reads nothing before it has sent all, some megabytes of it.
  RawSocket large(server.address);
  large.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n");
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(large.send(std::string(1'000'000, 'x'))) << "after " << i << " MB";
  EXPECT_EQ(large.answer().status, 413);
}

TEST(server, asks_for_a_body_that_waits_to_be_asked_for) {
  RunningServer server(echo);
  RawSocket socket(server.address);
  socket.send("POST /b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(socket.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("hello");
  EXPECT_EQ(socket.answer().body, "POST /b hello");
  // Not when the body came along.
  socket.send("POST /b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(socket.answer().status, 200);
}

TEST(server, tolerates_http_1_0) {
  RunningServer server(echo);
  RawSocket socket(server.address);
  socket.send("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const RawSocket::Answer kept = socket.answer();
  EXPECT_EQ(kept.body, "GET /old ");
  EXPECT_NE(kept.head.find("Connection: keep-alive"), std::string::npos);
  socket.send("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_NE(socket.receive_all().find("GET /old "), std::string::npos);  // ends by itself
}

TEST(server, takes_the_absolute_form_of_a_target) {
  RunningServer server([](const std::shared_ptr<Exchange>& exchange) {
    const std::string authority(header(exchange->request().headers, "host"));
    exchange->respond(Response{200, {}, exchange->request().target + " " + authority});
  });
  RawSocket socket(server.address);
  socket.send("GET http://other:1/p?q HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(socket.answer().body, "/p?q other:1");
}

TEST(server, head_and_no_content_have_no_body) {
  RunningServer server([](const std::shared_ptr<Exchange>& exchange) {
    exchange->respond(Response{exchange->request().target == "/none" ? 204 : 200, {}, "body"});
  });
  RawSocket socket(server.address);
  socket.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(socket.receive_until("\r\n\r\n").find("Content-Length: 4\r\n"), std::string::npos);
  socket.send("GET /none HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(socket.receive_until("\r\n\r\n").find("Content-Length"), std::string::npos);
  socket.send(get);
  EXPECT_EQ(socket.answer().body, "body");
}

TEST(server, a_value_cannot_begin_a_header_line) {
  RunningServer server([](const std::shared_ptr<Exchange>& exchange) {
    exchange->respond(Response{200, {{"A", "b\r\nInjected: yes"}}, ""});
  });
  RawSocket socket(server.address);
  socket.send(get);
  EXPECT_EQ(socket.answer().head.find("\nInjected"), std::string::npos);
}

TEST(server, an_exchange_that_is_dropped_answers_500) {
  RunningServer server([](const std::shared_ptr<Exchange>&) {});
  RawSocket socket(server.address);
  socket.send(get);
  EXPECT_EQ(socket.answer().status, 500);
  socket.send(get);  // the connection stays usable
  EXPECT_EQ(socket.answer().status, 500);
}

TEST(server, tells_an_exchange_that_its_peer_has_gone) {
  std::promise<void> arrived;
  std::promise<void> gone;
  std::shared_ptr<Exchange> open;
  RunningServer server([&](std::shared_ptr<Exchange> exchange) {
    open = std::move(exchange);
    open->on_close([&] { gone.set_value(); });
    arrived.set_value();
  });
  RawSocket socket(server.address);
  socket.send(get);
  arrived.get_future().wait();
  socket.close();
  ASSERT_EQ(gone.get_future().wait_for(patience), std::future_status::ready);
  server.thread.run([&] {
    open->respond(Response{});  // harmless
    open.reset();
  });
  server.wait_for_connections(0);
}

TEST(server, connections_above_the_limit_get_503) {
  ServerOptions options;
  options.max_connections = 2;
  RunningServer server(echo, options);
  auto first = std::make_unique<RawSocket>(server.address);
  RawSocket second(server.address);
  server.wait_for_connections(2);
  RawSocket third(server.address);
  const RawSocket::Answer answer = third.answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.head.find("Retry-After: "), std::string::npos);
  third.close();
  second.send(get);
  EXPECT_EQ(second.answer().status, 200);
  first.reset();
  server.wait_for_connections(1);
  RawSocket fourth(server.address);
  fourth.send(get);
  EXPECT_EQ(fourth.answer().status, 200);
}

TEST(server, limits_the_time_of_headers_bodies_and_idleness) {
  ServerOptions options;
  options.header_timeout = milliseconds(60);
  options.body_timeout = milliseconds(90);
  options.idle_timeout = milliseconds(120);
  RunningServer server(echo, options);
  RawSocket silent(server.address);
  RawSocket header_half(server.address);
  header_half.send("GET / HTTP/1.1\r\nHo");
  RawSocket body_half(server.address);
  body_half.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel");
  RawSocket idle(server.address);
  idle.send(get);
  EXPECT_EQ(idle.answer().status, 200);
  EXPECT_EQ(silent.receive_all(), "");
  EXPECT_EQ(header_half.answer().status, 408);
  EXPECT_EQ(body_half.answer().status, 408);
  EXPECT_EQ(idle.receive_all(), "");
}

TEST(server, a_peer_that_does_not_read_is_cut_off) {
  ServerOptions options;
  options.write_timeout = milliseconds(100);
  const std::string large(64U << 20U, 'x');
  RunningServer server(
      [&](const std::shared_ptr<Exchange>& exchange) {
        exchange->respond(Response{200, {}, large});
      },
      options);
  RawSocket socket(server.address, 4096);
  socket.send(get);
  server.wait_for_connections(1);
  server.wait_for_connections(0);
}

TEST(server, listens_on_unix_sockets) {
  const testing::TempDir dir;
  const std::string address = "unix://" + (dir / "s.sock");
  {
    RunningServer server(
        [](const std::shared_ptr<Exchange>& exchange) {
          exchange->respond(Response{200, {}, exchange->peer()});
        },
        {}, address);
    EXPECT_EQ(server.address, address);
    const Result<Response> answer = fetch(address, {}, patience);
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer->body, "unix");
    // A second server must not take the path away.
    EXPECT_FALSE(server.thread.run([&] { return server.server->listen(address).ok(); }));
  }
  EXPECT_FALSE(std::filesystem::exists(dir / "s.sock"));
  // What a killed process left behind is no obstacle.
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un stale{};
  stale.sun_family = AF_UNIX;
  const std::string path = dir / "s.sock";
  path.copy(stale.sun_path, sizeof stale.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&stale), sizeof stale), 0);
  ::close(fd);
  RunningServer again(echo, {}, address);
  EXPECT_TRUE(fetch(address, {}, patience).ok());
}

TEST(server, serves_nobody_else_on_unix_sockets) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  const testing::TempDir dir;
  const std::string path = dir / "s.sock";
  RunningServer server(echo, {}, "unix://" + path);
  // As if somebody had opened it to everybody.
  ASSERT_EQ(::chmod(path.substr(0, path.rfind('/')).c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  std::string got = "no connection";
  std::thread([&] {
    // Of this thread alone, as the kernel has it.
    constexpr int nobody = 65534;
    ASSERT_EQ(::syscall(SYS_setresuid, nobody, nobody, nobody), 0);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
    const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    got.clear();
    std::array<char, 256> bytes{};
    for (ssize_t count = 0; (count = ::recv(fd, bytes.data(), bytes.size(), 0)) > 0;) {
      got.append(bytes.data(), static_cast<std::size_t>(count));
    }
    ::close(fd);
  }).join();
  EXPECT_EQ(got, "");
  EXPECT_TRUE(fetch("unix://" + path, {}, patience).ok());
}

TEST(server, refuses_addresses_that_make_no_sense) {
  RunningServer server(echo);
  for (const char* address : {"", "x", "1.2.3.4", "127.0.0.1:99999", "nowhere.invalid:1", "unix://relative", "[::1]"}) {
    EXPECT_FALSE(server.thread.run([&] { return server.server->listen(address).ok(); })) << address;
  }
  EXPECT_FALSE(server.thread.run([&] { return server.server->listen(server.address).ok(); }));  // in use
}

TEST(server, stop_lets_running_answers_finish) {
  std::promise<void> arrived;
  std::shared_ptr<Exchange> open;
  RunningServer server([&](std::shared_ptr<Exchange> exchange) {
    if (exchange->request().target == "/quick") return echo(exchange);
    open = std::move(exchange);
    arrived.set_value();
  });
  RawSocket idle(server.address);
  idle.send("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(idle.answer().status, 200);
  RawSocket busy(server.address);
  busy.send(get);
  arrived.get_future().wait();
  std::promise<void> done;
  auto stopped = done.get_future();
  server.thread.run([&] { server.server->stop(patience, [&] { done.set_value(); }); });
  EXPECT_EQ(idle.receive_all(), "");
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  server.thread.run([&] {
    echo(open);
    open.reset();
  });
  const RawSocket::Answer answer = busy.answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("Connection: close"), std::string::npos);
  EXPECT_EQ(stopped.wait_for(patience), std::future_status::ready);
}

TEST(server, stop_cuts_what_outlives_the_grace) {
  std::promise<void> arrived;
  std::shared_ptr<Exchange> open;
  RunningServer server([&](std::shared_ptr<Exchange> exchange) {
    open = std::move(exchange);
    arrived.set_value();
  });
  RawSocket busy(server.address);
  busy.send(get);
  arrived.get_future().wait();
  std::promise<void> done;
  server.thread.run([&] { server.server->stop(milliseconds(20), [&] { done.set_value(); }); });
  EXPECT_EQ(done.get_future().wait_for(patience), std::future_status::ready);
  EXPECT_EQ(busy.receive_all(), "");
  server.thread.run([&] { open.reset(); });
}

TEST(server, holds_two_thousand_connections) {
  RunningServer server(echo);
  std::vector<std::unique_ptr<RawSocket>> sockets;
  constexpr std::size_t count = 2000;
  for (std::size_t i = 0; i < count; ++i) sockets.push_back(std::make_unique<RawSocket>(server.address));
  for (int round = 0; round < 2; ++round) {
    for (const auto& socket : sockets) ASSERT_TRUE(socket->send(get));
    for (const auto& socket : sockets) ASSERT_EQ(socket->answer().status, 200);
  }
  server.wait_for_connections(count);
  sockets.clear();
  server.wait_for_connections(0);
}

}  // namespace
}  // namespace muster::http
