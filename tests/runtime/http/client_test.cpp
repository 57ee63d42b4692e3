// The client against real servers and against peers that misbehave.
#include "runtime/http/client.h"

#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <vector>

#include "tests/runtime/http/running_server.h"

namespace muster::http {
namespace {

using std::chrono::milliseconds;

// A client on a loop of its own, called as if it blocked.
struct BlockingClient {
  explicit BlockingClient(const std::string& base, ClientOptions options = {}) {
    thread.run([&] { client = std::make_unique<Client>(thread.loop, base, options); });
  }
  ~BlockingClient() {
    thread.run([this] { client.reset(); });
  }
  std::future<Result<Response>> start(Request request, Duration timeout = patience) {
    auto promise = std::make_shared<std::promise<Result<Response>>>();
    thread.run([&] {
      client->send(std::move(request), timeout,
                   [promise](Result<Response> answer) { promise->set_value(std::move(answer)); });
    });
    return promise->get_future();
  }
  Result<Response> send(Request request, Duration timeout = patience) {
    return start(std::move(request), timeout).get();
  }

  LoopThread thread;
  std::unique_ptr<Client> client;
};

Request get(std::string target) {
  return Request{"GET", std::move(target), {}, {}};
}

// Accepts connections and answers each with the next of its scripts, as soon as anything has arrived.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(std::vector<std::string> scripts) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    socklen_t size = sizeof at;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    base = str("http://127.0.0.1:", ntohs(at.sin_port));
    thread_ = std::thread([this, scripts = std::move(scripts)] {
      for (const std::string& script : scripts) {
        const int fd = ::accept(listener_, nullptr, nullptr);
        if (fd < 0) return;
        char bytes[4096];
        if (::recv(fd, bytes, sizeof bytes, 0) > 0) ::send(fd, script.data(), script.size(), MSG_NOSIGNAL);
        ::close(fd);
        ++served;
      }
    });
  }
  ~ScriptedPeer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string base;
  std::atomic<int> served = 0;

 private:
  int listener_ = -1;
  std::thread thread_;
};

TEST(client, sends_requests_and_keeps_the_connection) {
  RunningServer server(echo);
  BlockingClient client(server.base());
  for (int i = 0; i < 5; ++i) {
    const Result<Response> answer = client.send(Request{"POST", "/x", {{"A", "b"}}, str("body ", i)});
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer->body, str("POST /x body ", i));
    EXPECT_EQ(header(answer->headers, "content-TYPE"), "text/plain");
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST(client, looks_names_up) {
  RunningServer server(echo);
  const std::string port = server.address.substr(server.address.rfind(':'));
  EXPECT_TRUE(BlockingClient("http://localhost" + port).send(get("/")).ok());
  const Result<Response> nowhere = BlockingClient("http://nowhere.invalid" + port).send(get("/"));
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().code, Code::unavailable);
}

TEST(client, bodies_of_many_sizes_arrive_whole_in_both_directions) {
  RunningServer server([](const std::shared_ptr<Exchange>& exchange) {
    exchange->respond(Response{200, {}, exchange->request().body});
  });
  BlockingClient client(server.base());
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 65'535U, 65'536U, 65'537U, 1'000'000U, 3'000'000U}) {
    std::string body(size, '\0');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 + i / 7);
    const Result<Response> answer = client.send(Request{"PUT", "/", {}, body});
    ASSERT_TRUE(answer.ok()) << size << ": " << answer.error().message;
    EXPECT_TRUE(answer->body == body) << size;
  }
}

TEST(client, many_requests_share_few_connections) {
  std::atomic<std::size_t> most = 0;
  RunningServer* running = nullptr;
  RunningServer server([&](const std::shared_ptr<Exchange>& exchange) {
    most = std::max<std::size_t>(most, running->server->connections());
    echo(exchange);
  });
  running = &server;
  ClientOptions options;
  options.max_connections = 3;
  BlockingClient client(server.base(), options);
  std::vector<std::future<Result<Response>>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(client.start(get(str("/", i))));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)].get()->body, str("GET /", i, ' '));
  EXPECT_LE(most, 3U);
}

TEST(client, an_answer_that_does_not_come_is_a_timeout) {
  std::vector<std::shared_ptr<Exchange>> open;
  bool over = false;  // a request may come only after its client has given up; none must outlive the server's loop
  RunningServer server([&](std::shared_ptr<Exchange> exchange) {
    if (!over) open.push_back(std::move(exchange));
  });
  ClientOptions options;
  options.max_connections = 1;
  BlockingClient client(server.base(), options);
  auto first = client.start(get("/"), milliseconds(30));
  auto waiting = client.start(get("/"), milliseconds(30));  // for the connection
  EXPECT_EQ(first.get().error().code, Code::timeout);
  EXPECT_EQ(waiting.get().error().code, Code::timeout);
  server.thread.run([&] {
    over = true;
    open.clear();
  });
}

TEST(client, nobody_listening_is_unavailable) {
  std::string base;
  { base = RunningServer(echo).base(); }
  for (const std::string& each : {base, std::string("unix:///nowhere/x.sock")}) {
    const Result<Response> answer = BlockingClient(each).send(get("/"));
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, Code::unavailable);
  }
  for (const char* nonsense : {"", "ftp://x", "http://", "http://x:y", "unix://x", "http://u@h", "http://h/path"}) {
    EXPECT_EQ(BlockingClient(nonsense).send(get("/")).error().code, Code::malformed) << nonsense;
  }
}

TEST(client, an_answer_above_the_limit_is_too_large) {
  RunningServer server([](const std::shared_ptr<Exchange>& exchange) {
    exchange->respond(Response{200, {}, std::string(2000, 'x')});
  });
  ClientOptions options;
  options.max_body_bytes = 1999;
  BlockingClient client(server.base(), options);
  EXPECT_EQ(client.send(get("/")).error().code, Code::too_large);
}

TEST(client, reads_answers_that_end_with_the_connection) {
  ScriptedPeer peer({"HTTP/1.0 200 OK\r\n\r\nuntil the end"});
  EXPECT_EQ(BlockingClient(peer.base).send(get("/"))->body, "until the end");
}

TEST(client, skips_interim_answers) {
  ScriptedPeer peer({"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"});
  const Result<Response> answer = BlockingClient(peer.base).send(get("/"));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "ok");
}

TEST(client, broken_answers_are_unavailable) {
  for (const char* script : {"", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                             "HTTP/1.1 200 OK\r\nContent-L", "HTTP/9.9 200 OK\r\n\r\n"}) {
    ScriptedPeer peer({script});
    const Result<Response> answer = BlockingClient(peer.base).send(get("/"));
    ASSERT_FALSE(answer.ok()) << script;
    EXPECT_EQ(answer.error().code, Code::unavailable) << script;
  }
}

TEST(client, a_connection_closed_in_the_pool_does_not_matter) {
  const std::string once = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  ScriptedPeer peer({once, once, once});
  BlockingClient client(peer.base);
  for (int i = 0; i < 3; ++i) {
    const Result<Response> answer = client.send(get("/"));
    ASSERT_TRUE(answer.ok()) << i << ": " << answer.error().message;
  }
}

TEST(client, refuses_to_send_what_would_break_the_framing) {
  RunningServer server(echo);
  BlockingClient client(server.base());
  EXPECT_EQ(client.send(get("/a b")).error().code, Code::invalid);
  EXPECT_EQ(client.send(get("/\r\nX: y")).error().code, Code::invalid);
  EXPECT_EQ(client.send(get("")).error().code, Code::invalid);
  EXPECT_EQ(client.send(Request{"GET", "/", {{"A", "b\r\nC: d"}}, {}}).error().code, Code::invalid);
  EXPECT_EQ(client.send(Request{"GET", "/", {{"A b", "c"}}, {}}).error().code, Code::invalid);
  EXPECT_EQ(client.send(Request{"GE T", "/", {}, {}}).error().code, Code::invalid);
}

TEST(client, head_has_no_body) {
  RunningServer server(echo);
  BlockingClient client(server.base());
  const Result<Response> answer = client.send(Request{"HEAD", "/x", {}, {}});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->body, "");
  EXPECT_EQ(header(answer->headers, "Content-Length"), "8");
  EXPECT_TRUE(client.send(get("/")).ok());
}

TEST(client, streams_pieces_as_they_arrive) {
  std::shared_ptr<Stream> writer;
  RunningServer server([&](const std::shared_ptr<Exchange>& exchange) {
    writer = exchange->stream(Response{200, {}, ""});
  });
  BlockingClient client(server.base());
  std::promise<int> head;
  std::promise<Status> end;
  std::mutex mutex;
  std::string got;
  std::unique_ptr<Call> call;
  client.thread.run([&] {
    StreamCallbacks callbacks;
    callbacks.on_head = [&](const Response& response) { head.set_value(response.status); };
    callbacks.on_bytes = [&](std::string_view bytes) {
      const std::lock_guard lock(mutex);
      got += bytes;
    };
    callbacks.on_end = [&](Status status) { end.set_value(std::move(status)); };
    call = client.client->stream(get("/"), patience, std::move(callbacks));
  });
  EXPECT_EQ(head.get_future().get(), 200);
  std::string sent;
  for (int i = 0; i < 20; ++i) {
    const std::string piece = str("piece ", i, '\n');
    sent += piece;
    server.thread.run([&] { writer->write(shared(piece)); });
    while (true) {  // each arrives before the next is written
      const std::lock_guard lock(mutex);
      if (got == sent) break;
    }
  }
  server.thread.run([&] {
    writer->finish();
    writer.reset();
  });
  EXPECT_TRUE(end.get_future().get().ok());
  client.thread.run([&] { call.reset(); });
}

TEST(client, a_stream_that_breaks_off_ends_with_an_error) {
  ScriptedPeer peer({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"});
  BlockingClient client(peer.base);
  std::promise<Status> end;
  std::string got;
  std::unique_ptr<Call> call;
  client.thread.run([&] {
    StreamCallbacks callbacks;
    callbacks.on_bytes = [&](std::string_view bytes) { got += bytes; };
    callbacks.on_end = [&](Status status) { end.set_value(std::move(status)); };
    call = client.client->stream(get("/"), patience, std::move(callbacks));
  });
  EXPECT_FALSE(end.get_future().get().ok());
  EXPECT_EQ(got, "abc");
  client.thread.run([&] { call.reset(); });
}

TEST(client, a_cancelled_stream_is_silent_and_its_connection_closed) {
  std::shared_ptr<Stream> writer;
  std::promise<void> closed;
  RunningServer server([&](const std::shared_ptr<Exchange>& exchange) {
    writer = exchange->stream(Response{200, {}, ""});
    writer->on_close([&] { closed.set_value(); });
    writer->write(shared("first"));
    writer->write(shared("second"));
  });
  BlockingClient client(server.base());
  std::promise<void> cancelled;
  std::unique_ptr<Call> call;
  int calls = 0;
  client.thread.run([&] {
    StreamCallbacks callbacks;
    callbacks.on_bytes = [&](std::string_view) {
      ++calls;
      call.reset();  // from inside its own callback
      cancelled.set_value();
    };
    callbacks.on_end = [&](const Status&) { ++calls; };
    call = client.client->stream(get("/"), patience, std::move(callbacks));
  });
  cancelled.get_future().wait();
  ASSERT_EQ(closed.get_future().wait_for(patience), std::future_status::ready);
  EXPECT_EQ(client.thread.run([&] { return calls; }), 1);
  server.thread.run([&] { writer.reset(); });
}

TEST(client, a_stream_without_a_head_in_time_ends) {
  std::shared_ptr<Exchange> open;
  RunningServer server([&](std::shared_ptr<Exchange> exchange) { open = std::move(exchange); });
  BlockingClient client(server.base());
  std::promise<Status> end;
  std::unique_ptr<Call> call;
  client.thread.run([&] {
    StreamCallbacks callbacks;
    callbacks.on_end = [&](Status status) { end.set_value(std::move(status)); };
    call = client.client->stream(get("/"), milliseconds(30), std::move(callbacks));
  });
  EXPECT_EQ(end.get_future().get().error().code, Code::timeout);
  client.thread.run([&] { call.reset(); });
  server.thread.run([&] { open.reset(); });
}

TEST(client, no_callback_runs_after_its_end) {
  std::shared_ptr<Exchange> open;
  std::promise<void> arrived;
  RunningServer server([&](std::shared_ptr<Exchange> exchange) {
    open = std::move(exchange);
    arrived.set_value();
  });
  LoopThread thread;
  bool called = false;
  std::unique_ptr<Client> client;
  thread.run([&] {
    client = std::make_unique<Client>(thread.loop, server.base(), ClientOptions{});
    client->send(get("/"), patience, [&](const Result<Response>&) { called = true; });
  });
  arrived.get_future().wait();
  thread.run([&] { client.reset(); });
  server.wait_for_connections(0);
  EXPECT_FALSE(thread.run([&] { return called; }));
  server.thread.run([&] { open.reset(); });
}

TEST(client, may_be_destroyed_from_inside_its_callback) {
  RunningServer server(echo);
  LoopThread thread;
  std::unique_ptr<Client> client;
  std::promise<void> done;
  thread.run([&] {
    client = std::make_unique<Client>(thread.loop, server.base(), ClientOptions{});
    client->send(get("/"), patience, [&](const Result<Response>&) {
      client.reset();
      done.set_value();
    });
  });
  done.get_future().wait();
  server.wait_for_connections(0);
}

TEST(client, fetch_is_one_blocking_request) {
  RunningServer server(echo);
  EXPECT_EQ(fetch(server.base(), get("/one"), patience)->body, "GET /one ");
}

}  // namespace
}  // namespace muster::http
