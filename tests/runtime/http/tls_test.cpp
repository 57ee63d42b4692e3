// TLS from both ends: who is believed and who is not, and that everything above it is as it is without.
#include "runtime/http/tls.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <vector>

#include "tests/runtime/http/certificates.h"
#include "tests/runtime/http/running_server.h"

namespace muster::http {
namespace {

using std::chrono::milliseconds;

Request get(std::string target) {
  return Request{"GET", std::move(target), {}, {}};
}

// Answers with who asks.
void who(const std::shared_ptr<Exchange>& exchange) {
  const auto peer = exchange->tls();
  Response response;
  if (!peer)
    response.body = "plain";
  else if (!peer->certificate)
    response.body = "nobody";
  else
    response.body = str(peer->certificate->subject.name, '/', join(peer->certificate->subject.groups, ","), ' ',
                        peer->problem.empty() ? "good" : peer->problem);
  exchange->respond(std::move(response));
}

class EncryptedServer {
 public:
  explicit EncryptedServer(const TlsServerOptions& tls_options, Handler handler = echo, ServerOptions options = {}) {
    thread.run([&] {
      auto made = TlsServer::make(tls_options);
      EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message);
      tls = std::move(made).value();
      server = std::make_unique<Server>(thread.loop, options, std::move(handler));
      Result<std::string> bound = server->listen("127.0.0.1:0", tls);
      EXPECT_TRUE(bound.ok());
      address = *bound;
    });
  }
  ~EncryptedServer() {
    thread.run([this] { server.reset(); });
  }
  std::string base() const { return "https://" + address; }
  std::string named() const { return "https://localhost" + address.substr(address.rfind(':')); }
  void wait_for_connections(std::size_t count) {
    while (thread.run([this] { return server->connections(); }) != count) std::this_thread::yield();
  }

  LoopThread thread;
  std::shared_ptr<TlsServer> tls;
  std::unique_ptr<Server> server;
  std::string address;
};

ClientOptions with(TlsClientOptions options) {
  auto made = TlsClient::make(std::move(options));
  EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message);
  ClientOptions out;
  out.tls = std::move(made).value();
  return out;
}

TlsClientOptions trusting(const TestAuthority& authority) {
  TlsClientOptions options;
  options.authorities = authority.certificate();
  return options;
}

Result<Response> ask(const std::string& base, TlsClientOptions options, Request request = get("/x")) {
  return fetch(base, std::move(request), patience, with(std::move(options)));
}

std::string refusal(const std::string& base, TlsClientOptions options) {
  const auto answer = ask(base, std::move(options));
  EXPECT_FALSE(answer.ok());
  return answer.ok() ? "" : answer.error().message;
}

testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << '"' << text << "\" does not contain \"" << part << '"';
}

class Tls : public testing::Test {
 protected:
  TestAuthority authority;
};

// ---- who is believed

TEST_F(Tls, a_known_authority_and_the_right_name_are_believed) {
  const EncryptedServer server({authority.server(), {}});
  const auto by_address = ask(server.base(), trusting(authority));
  ASSERT_TRUE(by_address.ok()) << by_address.error().message;
  EXPECT_EQ(by_address->body, "GET /x ");
  const auto by_name = ask(server.named(), trusting(authority));
  ASSERT_TRUE(by_name.ok()) << by_name.error().message;
}

TEST_F(Tls, another_name_is_told_with_the_right_ones) {
  const EncryptedServer server({authority.server({"muster.example", "10.1.2.3"}), {}});
  const std::string address = refusal(server.base(), trusting(authority));
  EXPECT_TRUE(contains(address, "the certificate is for muster.example, 10.1.2.3, not for 127.0.0.1"));
  EXPECT_TRUE(contains(refusal(server.named(), trusting(authority)), "not for localhost"));
  TlsClientOptions named = trusting(authority);
  named.server_name = "muster.example";
  EXPECT_TRUE(ask(server.base(), named).ok());
}

TEST_F(Tls, another_authority_is_not_believed) {
  const TestAuthority other("other-ca");
  const EncryptedServer server({authority.server(), {}});
  EXPECT_TRUE(contains(refusal(server.base(), trusting(other)), "signed by \"test-ca\""));
  EXPECT_TRUE(contains(refusal(server.base(), TlsClientOptions{}), "no authority that is trusted here"));
  // One of the same name, but with another key.
  const TestAuthority forged("test-ca");
  EXPECT_FALSE(ask(server.base(), trusting(forged)).ok());
}

TEST_F(Tls, time_is_looked_at) {
  const EncryptedServer old({authority.server({"127.0.0.1"}, TestAuthority::past()), {}});
  EXPECT_TRUE(contains(refusal(old.base(), trusting(authority)), "the certificate expired at 20"));
  const EncryptedServer early({authority.server({"127.0.0.1"}, TestAuthority::future()), {}});
  EXPECT_TRUE(contains(refusal(early.base(), trusting(authority)), "is the clock right?"));
}

TEST_F(Tls, a_clients_certificate_is_no_servers) {
  const EncryptedServer server({authority.client("127.0.0.1"), {}});
  EXPECT_FALSE(ask(server.base(), trusting(authority)).ok());
}

TEST_F(Tls, a_hash_is_enough_to_know_the_authority) {
  const EncryptedServer server({authority.server(), {}});
  TlsClientOptions pinned;
  pinned.authority_hash = authority.hash();
  const auto answer = ask(server.base(), pinned);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  TlsClientOptions elsewhere = pinned;
  elsewhere.server_name = "elsewhere";
  EXPECT_TRUE(contains(refusal(server.base(), elsewhere), "not for elsewhere"));
  pinned.authority_hash = TestAuthority("other").hash();
  EXPECT_TRUE(contains(refusal(server.base(), pinned), "the server's authority is " + authority.hash()));
  // Somebody who shows the right authority but has a certificate of another.
  TestAuthority thief("thief");
  pki::Pair stolen = thief.server();
  stolen.certificate =
      stolen.certificate.substr(0, stolen.certificate.find("-----END CERTIFICATE-----") + 26) + authority.certificate();
  const EncryptedServer fake({stolen, {}});
  pinned.authority_hash = authority.hash();
  EXPECT_FALSE(ask(fake.base(), pinned).ok());
}

TEST_F(Tls, a_client_may_ask_for_no_check) {
  const EncryptedServer server({authority.server({"elsewhere"}), {}});
  TlsClientOptions options;
  options.trust = Trust::anything;
  EXPECT_TRUE(ask(server.base(), options).ok());
}

// ---- clients' certificates

TEST_F(Tls, the_request_says_who_asks) {
  const EncryptedServer server({authority.server(), authority.certificate()}, who);
  EXPECT_EQ(ask(server.base(), trusting(authority))->body, "nobody");
  TlsClientOptions ann = trusting(authority);
  ann.identity = authority.client("ann", {"dev", "ops"});
  EXPECT_EQ(ask(server.base(), ann)->body, "ann/dev,ops good");
}

TEST_F(Tls, a_certificate_that_is_not_to_be_believed_is_told_as_such) {
  const EncryptedServer server({authority.server(), authority.certificate()}, who);
  TlsClientOptions options = trusting(authority);
  options.identity = TestAuthority("other-ca").client("ann");
  const auto forged = ask(server.base(), options);
  ASSERT_TRUE(forged.ok()) << forged.error().message;
  EXPECT_TRUE(contains(forged->body, "ann/ the certificate was signed by \"other-ca\""));
  options.identity = authority.client("ann", {}, TestAuthority::past());
  EXPECT_TRUE(contains(ask(server.base(), options)->body, "the certificate expired at"));
  options.identity = authority.server();
  EXPECT_TRUE(contains(ask(server.base(), options)->body, "not meant for this purpose"));
}

TEST_F(Tls, a_plain_connection_has_no_peer) {
  const RunningServer server(who);
  EXPECT_EQ(fetch(server.base(), get("/"), patience)->body, "plain");
}

// ---- what is above

TEST_F(Tls, large_bodies_go_both_ways) {
  const EncryptedServer server({authority.server(), {}}, [](const std::shared_ptr<Exchange>& exchange) {
    exchange->respond(Response{200, {}, exchange->request().body});
  });
  for (const std::size_t size : {1U, 4095U, 4097U, 16383U, 16384U, 16385U, 100'000U, 3'000'000U}) {
    Request request{"POST", "/", {}, std::string(size, ' ')};
    for (std::size_t i = 0; i < size; ++i) request.body[i] = static_cast<char>('a' + (i * 7 + i / 1000) % 26);
    const std::string sent = request.body;
    const auto answer = ask(server.base(), trusting(authority), std::move(request));
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_TRUE(answer->body == sent) << size;
  }
}

TEST_F(Tls, a_connection_is_used_again) {
  const EncryptedServer server({authority.server(), {}}, [](const std::shared_ptr<Exchange>& exchange) {
    exchange->respond(Response{200, {}, exchange->peer()});
  });
  LoopThread thread;
  std::unique_ptr<Client> client;
  thread.run([&] { client = std::make_unique<Client>(thread.loop, server.base(), with(trusting(authority))); });
  std::vector<std::string> peers;
  for (int i = 0; i < 5; ++i) {
    std::promise<std::string> got;
    thread.run([&] {
      client->send(get("/"), patience, [&](Result<Response> answer) {
        got.set_value(answer.ok() ? answer->body : answer.error().message);
      });
    });
    peers.push_back(got.get_future().get());
  }
  EXPECT_EQ(peers, std::vector<std::string>(5, peers[0]));
  thread.run([&] { client.reset(); });
}

TEST_F(Tls, a_stream_arrives_piece_by_piece) {
  std::shared_ptr<Stream> stream;
  EncryptedServer server({authority.server(), {}}, [&](const std::shared_ptr<Exchange>& exchange) {
    stream = exchange->stream(Response{200, {}, {}});
    stream->write(shared("0\n"));
  });
  LoopThread thread;
  std::unique_ptr<Client> client;
  std::unique_ptr<Call> call;
  std::string got;
  std::promise<Status> end;
  thread.run([&] {
    client = std::make_unique<Client>(thread.loop, server.base(), with(trusting(authority)));
    StreamCallbacks callbacks;
    callbacks.on_bytes = [&](std::string_view bytes) { got += bytes; };
    callbacks.on_end = [&](Status status) { end.set_value(std::move(status)); };
    call = client->stream(get("/"), patience, std::move(callbacks));
  });
  std::string wanted;
  for (int i = 0; i < 200; ++i) {
    wanted += str(i, '\n');
    while (thread.run([&] { return got; }) != wanted) std::this_thread::yield();
    server.thread.run([&] { stream->write(shared(str(i + 1, '\n'))); });
  }
  server.thread.run([&] {
    stream->write(shared(std::string(500'000, 'x')));
    stream->finish();
    stream.reset();
  });
  EXPECT_TRUE(end.get_future().get().ok());
  EXPECT_EQ(got.size(), wanted.size() + 4 + 500'000);
  thread.run([&] {
    call.reset();
    client.reset();
  });
}

TEST_F(Tls, a_web_socket_talks_both_ways) {
  std::shared_ptr<WebSocket> kept;
  EncryptedServer server({authority.server(), authority.certificate()}, [&](const std::shared_ptr<Exchange>& exchange) {
    const std::string user = exchange->tls()->certificate->subject.name;
    kept = exchange->upgrade("");
    kept->send(shared(user), Frame::text);
    kept->on_message([&](std::string message, Frame frame) { kept->send(shared(std::move(message)), frame); });
    kept->on_close([&](const std::string&) { kept.reset(); });
  });
  LoopThread thread;
  std::unique_ptr<Client> client;
  std::shared_ptr<WebSocket> socket;
  std::vector<std::string> got;
  thread.run([&] {
    TlsClientOptions options = trusting(authority);
    options.identity = authority.client("system:node:a");
    client = std::make_unique<Client>(thread.loop, server.base(), with(options));
    client->connect(get("/"), patience, [&](Result<std::shared_ptr<WebSocket>> result) {
      ASSERT_TRUE(result.ok()) << result.error().message;
      socket = *result;
      socket->on_message([&](std::string message, Frame) { got.push_back(std::move(message)); });
      for (int i = 0; i < 100; ++i)
        socket->send(shared(std::string(static_cast<std::size_t>(i) * 1000, 'a')), Frame::binary);
    });
  });
  while (thread.run([&] { return got.size(); }) != 101) std::this_thread::yield();
  EXPECT_EQ(got[0], "system:node:a");
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(got[i + 1].size(), i * 1000);
  thread.run([&] { socket->close("done"); });
  server.wait_for_connections(0);
  thread.run([&] {
    socket.reset();
    client.reset();
  });
}

// ---- new certificates

TEST_F(Tls, a_reload_is_for_new_connections_only) {
  std::shared_ptr<Stream> stream;
  EncryptedServer server({authority.server(), {}}, [&](const std::shared_ptr<Exchange>& exchange) {
    if (exchange->request().target != "/stream") return echo(exchange);
    stream = exchange->stream(Response{200, {}, {}});
    stream->write(shared("a"));
  });
  LoopThread thread;
  std::unique_ptr<Client> client;
  std::unique_ptr<Call> call;
  std::string got;
  thread.run([&] {
    client = std::make_unique<Client>(thread.loop, server.base(), with(trusting(authority)));
    StreamCallbacks callbacks;
    callbacks.on_bytes = [&](std::string_view bytes) { got += bytes; };
    call = client->stream(get("/stream"), patience, std::move(callbacks));
  });
  while (thread.run([&] { return got; }) != "a") std::this_thread::yield();
  TestAuthority next("next-ca");
  server.thread.run([&] {
    EXPECT_FALSE(server.tls->reload({{"rubbish", "rubbish"}, {}}).ok()) << "and nothing has changed by that";
  });
  EXPECT_TRUE(ask(server.base(), trusting(authority)).ok());
  server.thread.run([&] { EXPECT_TRUE(server.tls->reload({next.server(), {}}).ok()); });
  EXPECT_TRUE(ask(server.base(), trusting(next)).ok());
  EXPECT_FALSE(ask(server.base(), trusting(authority)).ok());
  server.thread.run([&] { stream->write(shared("b")); });
  while (thread.run([&] { return got; }) != "ab") std::this_thread::yield();
  server.thread.run([&] { stream.reset(); });
  thread.run([&] {
    call.reset();
    client.reset();
  });
}

TEST_F(Tls, what_cannot_be_used_is_refused_at_once) {
  TestAuthority other("other");
  EXPECT_FALSE(TlsServer::make({{}, {}}).ok());
  EXPECT_FALSE(TlsServer::make({{authority.server().certificate, authority.server().key}, {}}).ok()) << "another key";
  EXPECT_FALSE(TlsServer::make({authority.server(), "rubbish"}).ok());
  TlsClientOptions options;
  options.authorities = "rubbish";
  EXPECT_FALSE(TlsClient::make(options).ok());
}

// ---- peers that do not know how

TEST_F(Tls, plain_http_is_told_to_speak_tls) {
  const EncryptedServer server({authority.server(), {}});
  for (const char* request :
       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"}) {
    RawSocket socket(server.address);
    ASSERT_TRUE(socket.send(request));
    const std::string answer = socket.receive_all();
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 400");
    EXPECT_TRUE(contains(answer, "this address speaks TLS: ask it by https://"));
  }
  const auto answer = fetch("http://" + server.address, get("/"), patience);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 400);
}

TEST_F(Tls, an_https_client_is_told_that_the_server_is_plain) {
  const RunningServer server(echo);
  EXPECT_TRUE(contains(refusal("https://" + server.address, trusting(authority)), "does not speak TLS"));
}

TEST_F(Tls, half_a_handshake_ends_in_time) {
  ServerOptions options;
  options.header_timeout = milliseconds(50);
  const EncryptedServer server({authority.server(), {}}, echo, options);
  RawSocket silent(server.address);
  EXPECT_EQ(silent.receive_all(), "");
  RawSocket half(server.address);
  ASSERT_TRUE(half.send(std::string_view("\x16\x03\x01\x02\x00\x01", 6)));
  EXPECT_EQ(half.receive_all(), "");
}

TEST_F(Tls, garbage_ends_the_connection_and_nothing_else) {
  EncryptedServer server({authority.server(), authority.certificate()});
  std::mt19937_64 random(7);  // NOLINT: the same every time
  for (int round = 0; round < 200; ++round) {
    std::string bytes(1 + random() % 600, ' ');
    for (char& byte : bytes) byte = static_cast<char>(random());
    // Half of it looks like the beginning of a handshake.
    if (round % 2 == 0) bytes = std::string("\x16\x03\x01", 3) + bytes;
    RawSocket socket(server.address);
    socket.send(bytes);
    socket.shutdown_send();
    socket.receive_all();
  }
  server.wait_for_connections(0);
  EXPECT_TRUE(ask(server.base(), trusting(authority)).ok());
}

TEST_F(Tls, too_many_connections_are_told_so_as_well) {
  ServerOptions options;
  options.max_connections = 1;
  EncryptedServer server(
      {authority.server(), {}}, [](const std::shared_ptr<Exchange>&) {}, options);
  RawSocket first(server.address);
  server.wait_for_connections(1);
  const auto answer = ask(server.base(), trusting(authority));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 503);
}

}  // namespace
}  // namespace muster::http
