// The feed of commits and batches over real HTTP: codes, limits, and that a batch may be larger than an object.
#include "runtime/server/commits.h"

#include <gtest/gtest.h>

#include <future>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/types/cluster.h"
#include "runtime/http/client.h"
#include "runtime/server/server.h"
#include "runtime/store/commit_text.h"
#include "tests/runtime/http/running_server.h"
#include "tests/runtime/store/store_support.h"

namespace muster::server {
namespace {

using store::testing::a_lease;
using store::testing::batch_of;

class CommitsTest : public ::testing::Test {
 protected:
  CommitsTest() {
    auto opened = store::Store::open(store::open_memory_log(store::make_memory_disk()), writer_, random_, {});
    EXPECT_TRUE(opened.ok());
    store_ = std::move(opened).value();
    io_.run([&] {
      ApiServerOptions options;
      options.commits.feeds = 2;
      options.commits.bookmark_interval = std::chrono::milliseconds(1);
      server_ = std::make_unique<ApiServer>(*store_, io_.loop, random_, std::move(options));
    });
    std::promise<Status> started;
    io_.loop.post([&] { server_->start([&](Status status) { started.set_value(std::move(status)); }); });
    EXPECT_TRUE(started.get_future().get().ok());
    address_ = io_.run([&] { return server_->listen("127.0.0.1:0").value(); });
  }
  ~CommitsTest() override {
    io_.run([&] { server_.reset(); });
    io_.end();
  }
  http::Response send(const std::string& method, const std::string& query, std::string body = {}) {
    http::Request request;
    request.method = method;
    request.target = str(store::commits_path, query);
    request.body = std::move(body);
    auto response = http::fetch("http://" + address_, std::move(request), http::patience);
    EXPECT_TRUE(response.ok()) << (response.ok() ? "" : response.error().text());
    return response.ok() ? std::move(response).value() : http::Response{};
  }
  // Asks for the feed; what follows is read from the socket.
  void follow(http::RawSocket& socket, std::int64_t from) {
    socket.send(str("GET ", store::commits_path, "?resourceVersion=", from, " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  }

  SystemRandom random_;
  ThreadLoop writer_{"store"};
  http::LoopThread io_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ApiServer> server_;
  std::string address_;
};

TEST_F(CommitsTest, a_batch_is_one_commit_of_the_feed) {
  http::RawSocket socket(address_);
  const std::int64_t before = store_->state().revision();
  follow(socket, before);
  const std::string head = socket.receive_until("BOOKMARK");
  EXPECT_NE(head.find("HTTP/1.1 200"), std::string::npos) << head;
  EXPECT_NE(head.find(store_->state().get<Cluster>({}, "default")->metadata.uid), std::string::npos) << head;

  const http::Response answer =
      send("POST", "", store::write_batch(batch_of({create(a_lease("a")), create(a_lease("b"))})));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto committed = store::read_committed(answer.body);
  ASSERT_TRUE(committed.ok());
  EXPECT_EQ(committed->revision, before + 2);
  const std::string first = socket.receive_until("\"name\":\"a\"");
  const std::string second = socket.receive_until("\"name\":\"b\"");
  EXPECT_EQ(second.find("BOOKMARK"), std::string::npos) << "no bookmark inside a batch: " << second;
  socket.receive_until(str("BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"", before + 2));
}

TEST_F(CommitsTest, a_dry_run_changes_nothing) {
  const std::string body = store::write_batch(batch_of({create(a_lease("a"))}));
  const std::int64_t before = store_->state().revision();
  EXPECT_EQ(send("POST", "?dryRun=All", body).status, 200);
  EXPECT_EQ(store_->state().revision(), before);
  EXPECT_EQ(send("POST", "?dryRun=Some", body).status, 422);
}

TEST_F(CommitsTest, what_cannot_be_followed_or_committed_is_answered_with_its_code) {
  EXPECT_EQ(send("GET", "").status, 400);
  EXPECT_EQ(send("GET", "?resourceVersion=x").status, 400);
  EXPECT_EQ(send("GET", "?resourceVersion=999999").status, 410) << "a revision that this server never gave out";
  EXPECT_EQ(send("DELETE", "").status, 405);
  EXPECT_EQ(send("POST", "", "nonsense").status, 400);
  const std::string body = store::write_batch(batch_of({create(a_lease("a"))}));
  EXPECT_EQ(send("POST", "", body).status, 200);
  EXPECT_EQ(send("POST", "", body).status, 409);
  EXPECT_EQ(send("POST", "", store::write_batch(batch_of({create(a_lease(""))}))).status, 422);
}

TEST_F(CommitsTest, a_batch_may_be_larger_than_other_bodies) {
  std::vector<Write> writes;
  for (int i = 0; i < 20; ++i) {
    auto lease = std::make_shared<Lease>(*as<Lease>(a_lease(str("large", i))));
    lease->metadata.annotations["text"] = std::string(200U << 10U, 'x');
    writes.push_back(create(std::move(lease)));
  }
  const std::string body = store::write_batch(batch_of(std::move(writes)));
  ASSERT_GT(body.size(), limits::body_bytes);
  const http::Response answer = send("POST", "", body);
  EXPECT_EQ(answer.status, 200) << answer.body.substr(0, 300);
  EXPECT_EQ(send("POST", "", std::string(limits::batch_bytes + 1, 'x')).status, 413);
}

TEST_F(CommitsTest, followers_have_their_limit) {
  http::RawSocket first(address_);
  http::RawSocket second(address_);
  follow(first, store_->state().revision());
  follow(second, store_->state().revision());
  first.receive_until("BOOKMARK");
  second.receive_until("BOOKMARK");
  const std::string query = str("?resourceVersion=", store_->state().revision());
  EXPECT_EQ(send("GET", query).status, 429);
  first.close();
  // The place is free again as soon as the server has noticed.
  http::RawSocket third(address_);
  std::string got;
  for (int i = 0; i < 10'000 && got.find("200 OK") == std::string::npos; ++i) {
    follow(third, store_->state().revision());
    got = third.receive_until("\r\n");
    if (got.find("429") != std::string::npos) third.receive_until("\"code\":429}");
  }
  EXPECT_NE(got.find("200 OK"), std::string::npos) << got;
}

}  // namespace
}  // namespace muster::server
