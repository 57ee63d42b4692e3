// The real link against a real server of runtime/http, on one loop over loopback.
#include "runtime/agent/web_socket_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/http/client.h"
#include "runtime/http/server.h"

namespace muster::agent {
namespace {

using ::testing::HasSubstr;

class WebSocketLinkTest : public ::testing::Test {
 protected:
  WebSocketLinkTest()
      : server(loop, {}, [this](std::shared_ptr<http::Exchange> exchange) { handle(std::move(exchange)); }) {
    const auto bound = server.listen("127.0.0.1:0");
    EXPECT_TRUE(bound.ok());
    client = std::make_shared<http::Client>(loop, "http://" + *bound, http::ClientOptions{});
    link = web_socket_link(client, {{"Authorization", "Bearer secret"}});
  }
  ~WebSocketLinkTest() override {
    socket.reset();
    link.reset();
    client.reset();
  }

  void handle(std::shared_ptr<http::Exchange> exchange) {
    target = exchange->request().target;
    authorization = std::string(http::header(exchange->request().headers, "Authorization"));
    if (refuse) return exchange->respond(http::Response{401, {}, refusal});
    socket = exchange->upgrade("");
    socket->on_message([this](const std::string& message, http::Frame frame) {
      received += (frame == http::Frame::text ? "text:" : "bytes:") + message;
      socket->send(std::make_shared<const std::string>("echo " + message), frame);
    });
    socket->on_close([this](const std::string&) { server_closed = true; });
  }
  // Runs the loop until the condition holds; a broken link shows as a failure, not as a hang.
  void run_until(const std::function<bool()>& condition) {
    bool late = false;
    const Loop::Timer limit = loop.after(std::chrono::seconds(20), [&] {
      late = true;
      loop.stop();
    });
    std::function<void()> poll = [&] {
      if (condition()) return loop.stop();
      loop.after(std::chrono::milliseconds(1), poll);
    };
    loop.post(poll);
    loop.run();
    loop.cancel(limit);
    EXPECT_FALSE(late) << "the condition never held";
  }
  std::unique_ptr<Connection> dial() {
    LinkCallbacks callbacks;
    callbacks.on_open = [this] { opened = true; };
    callbacks.on_message = [this](const std::string& message) { answers += message; };
    callbacks.on_close = [this](const std::string& reason) {
      closed = true;
      close_reason = reason;
    };
    return link->dial("/apis/x?y=1", callbacks);
  }

  http::IoLoop loop;
  http::Server server;
  std::shared_ptr<http::Client> client;
  std::unique_ptr<Link> link;
  std::shared_ptr<http::WebSocket> socket;
  bool refuse = false, opened = false, closed = false, server_closed = false;
  std::string refusal = "not you";
  std::string target, authorization, received, answers, close_reason;
};

TEST_F(WebSocketLinkTest, carries_messages_both_ways) {
  const auto connection = dial();
  EXPECT_FALSE(connection->send_text("too early"));
  run_until([&] { return opened; });
  EXPECT_EQ(target, "/apis/x?y=1");
  EXPECT_EQ(authorization, "Bearer secret");
  EXPECT_TRUE(connection->send_text("hello"));
  EXPECT_TRUE(connection->send_bytes(std::string("\0\xff", 2)));
  run_until([&] { return answers.size() == 10 + 7; });
  EXPECT_EQ(received, "text:hellobytes:" + std::string("\0\xff", 2));
}

TEST_F(WebSocketLinkTest, tells_once_that_the_server_has_closed) {
  const auto connection = dial();
  run_until([&] { return opened; });
  socket->close("enough");
  run_until([&] { return closed; });
  EXPECT_FALSE(connection->send_text("late"));
  EXPECT_EQ(connection->queued(), 0u);
}

TEST_F(WebSocketLinkTest, a_close_of_ours_is_told_too) {
  const auto connection = dial();
  run_until([&] { return opened; });
  connection->send_text("last words");
  connection->close("bye");
  run_until([&] { return closed && server_closed; });
  EXPECT_EQ(received, "text:last words");
}

TEST_F(WebSocketLinkTest, a_refusal_says_why) {
  refuse = true;
  const auto connection = dial();
  run_until([&] { return closed; });
  EXPECT_FALSE(opened);
  EXPECT_THAT(close_reason, HasSubstr("not you"));
}

TEST_F(WebSocketLinkTest, a_refusal_is_told_as_a_sentence) {
  refuse = true;
  refusal =
      R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":"the \"host\" has to join again","code":401})";
  const auto connection = dial();
  run_until([&] { return closed; });
  EXPECT_EQ(close_reason, R"(the server refuses this agent: the "host" has to join again)");
}

TEST_F(WebSocketLinkTest, a_refusal_that_is_no_status_is_told_as_it_is) {
  refuse = true;
  refusal = R"({"error":"a proxy")";
  const auto connection = dial();
  run_until([&] { return closed; });
  EXPECT_EQ(close_reason, R"(HTTP 401: {"error":"a proxy")");
}

TEST_F(WebSocketLinkTest, a_server_that_is_not_there_is_a_close) {
  const auto nowhere = std::make_shared<http::Client>(loop, "unix:///nowhere/at/all.sock", http::ClientOptions{});
  link = web_socket_link(nowhere, {});
  const auto connection = dial();
  run_until([&] { return closed; });
  EXPECT_FALSE(opened);
}

TEST_F(WebSocketLinkTest, dropping_a_connection_ends_it_without_a_word) {
  auto connection = dial();
  run_until([&] { return opened; });
  connection.reset();
  run_until([&] { return server_closed; });
  EXPECT_FALSE(closed);
  auto early = dial();
  early.reset();
  opened = false;
  run_until([&] { return true; });
  EXPECT_FALSE(opened);
}

}  // namespace
}  // namespace muster::agent
