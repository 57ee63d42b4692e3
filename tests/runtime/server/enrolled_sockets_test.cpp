// Streams of agents end with what let the agents in.
#include "runtime/server/enrolled_sockets.h"

#include <gtest/gtest.h>

#include <optional>

#include "api/base/text.h"
#include "api/types/builtin.h"
#include "runtime/server/enrolment.h"
#include "runtime/store/store.h"
#include "tests/support/manual_loop.h"

namespace muster::server {
namespace {

class Socket final : public http::WebSocket {
 public:
  void on_message(std::function<void(std::string, http::Frame)>) override {}
  void on_close(std::function<void(std::string)>) override {}
  bool send(std::shared_ptr<const std::string>, http::Frame) override { return !closed; }
  void pause() override {}
  void resume() override {}
  std::size_t queued() const override { return 0; }
  void close(std::string_view) override { closed = true; }
  bool closed = false;
};

class Dial final : public http::Exchange {
 public:
  explicit Dial(const std::string& user) {
    if (user.empty()) return;
    auto peer = std::make_shared<http::TlsPeer>();
    peer->certificate.emplace();
    peer->certificate->subject = {user, {"system:nodes"}};
    peer_ = std::move(peer);
  }
  const http::Request& request() const override { return request_; }
  void respond(http::Response) override {}
  std::shared_ptr<http::Stream> stream(http::Response) override { return nullptr; }
  std::shared_ptr<http::ByteStream> take_over(http::Headers) override { return nullptr; }
  std::shared_ptr<http::WebSocket> upgrade(std::string_view) override { return socket; }
  bool wants_upgrade() const override { return true; }
  std::string peer() const override { return "127.0.0.1:1"; }
  void on_close(std::function<void()>) override {}
  std::shared_ptr<const http::TlsPeer> tls() const override { return peer_; }

  std::shared_ptr<Socket> socket = std::make_shared<Socket>();

 private:
  http::Request request_;
  std::shared_ptr<const http::TlsPeer> peer_;
};

class EnrolledSocketsTest : public ::testing::Test {
 protected:
  EnrolledSocketsTest() {
    auto opened = store::Store::open(store::open_memory_log(store::make_memory_disk()), writer_, random_, {});
    EXPECT_TRUE(opened.ok());
    store_ = std::move(opened).value();
    sockets_.emplace(*store_);
    auto ns = std::make_shared<Namespace>(make<Namespace>());
    ns->metadata.name = system_namespace;
    commit(create(std::move(ns)));
    feed_ = store_
                ->subscribe(store_->state().revision(), loop_,
                            [this](const store::CommitPtr& each) {
                              if (each != nullptr) sockets_->observe(each);
                            })
                .value();
    for (const char* name : {"host-1", "host-2"}) {
      commit(create(std::make_shared<Secret>(secret_of({name, "join-1", "token", {"sha256:1"}, loop_.now(), {}, 0}))));
    }
    loop_.run_ready();
  }
  ~EnrolledSocketsTest() override { feed_.reset(); }

  void commit(Write write) {
    store::Batch batch;
    batch.writes.push_back(std::move(write));
    bool stored = false;
    store_->commit(std::move(batch), [&](const Result<store::Committed>& result) { stored = result.ok(); });
    writer_.run_ready();
    EXPECT_TRUE(stored);
    loop_.run_ready();
  }
  std::shared_ptr<Socket> dial(const std::string& user) {
    auto exchange = std::make_shared<Dial>(user);
    EXPECT_EQ(sockets_->follow(exchange)->upgrade({}), exchange->socket);
    return exchange->socket;
  }

  SystemRandom random_;
  testing::ManualLoop writer_, loop_;
  std::unique_ptr<store::Store> store_;
  std::optional<EnrolledSockets> sockets_;
  std::unique_ptr<store::Subscription> feed_;
};

TEST_F(EnrolledSocketsTest, EndWithTheJoin) {
  const auto own = dial("system:node:host-1"), second = dial("system:node:host-1");
  const auto others = dial("system:node:host-2"), users = dial("ann"), local = dial("");
  EXPECT_EQ(sockets_->size(), 3U);
  Enrolment renewed = *find_enrolment(store_->state(), "host-1");
  renewed.keys.insert(renewed.keys.begin(), "sha256:2");
  commit(update(std::make_shared<Secret>(secret_of(renewed))));
  EXPECT_FALSE(own->closed) << "a renewal ends nothing";
  commit(remove(secret_of(*find_enrolment(store_->state(), "host-1"))));
  EXPECT_TRUE(own->closed);
  EXPECT_TRUE(second->closed);
  for (const auto& each : {others, users, local}) EXPECT_FALSE(each->closed);
  EXPECT_TRUE(dial("system:node:host-1")->closed) << "withdrawn before it was upgraded";
  EXPECT_EQ(sockets_->size(), 1U);
}

TEST_F(EnrolledSocketsTest, AreForgottenWhenTheyEnd) {
  auto socket = dial("system:node:host-1");
  EXPECT_EQ(sockets_->size(), 1U);
  socket.reset();
  EXPECT_EQ(sockets_->size(), 0U);
  sockets_->resync();
}

}  // namespace
}  // namespace muster::server
