// The objects of a server elsewhere: the cache is always a state the server had, whatever happens to the connection.
#include "runtime/client/remote_objects.h"

#include <gtest/gtest.h>

#include "tests/runtime/client/wire.h"

namespace muster::client {
namespace {

using store::testing::a_lease;
using store::testing::a_namespace;
using store::testing::batch_of;
using store::testing::Follower;
using store::testing::held_by;
using store::testing::holder_of;

class RemoteObjectsTest : public ::testing::Test {
 protected:
  explicit RemoteObjectsTest(store::StoreOptions options = {}) : server(options) {
    server.world.must({create(a_namespace()), create(a_lease("first"))});
  }
  void connect(RemoteOptions options = {}) {
    remote = std::make_unique<RemoteObjects>(loop(), std::make_unique<testing::Wire>(server), random, options);
    remote->start([this] { ++ready; });
    loop().run_ready();
  }
  muster::testing::ManualLoop& loop() { return server.world.loop(); }
  store::Store& store() { return server.world.store(); }
  std::optional<Result<store::Committed>>& commit(std::vector<Write> writes) {
    answer.reset();
    remote->commit(batch_of(std::move(writes)), [this](Result<store::Committed> result) {
      ASSERT_FALSE(answer.has_value()) << "answered twice";
      answer.emplace(std::move(result));
    });
    loop().run_ready();
    return answer;
  }
  // The same objects, each at the same revision, at the same revision of the whole.
  void expect_in_step() {
    const State here = remote->state();
    const State there = store().state();
    EXPECT_EQ(here.revision(), there.revision());
    ASSERT_EQ(here.size(), there.size());
    for (const Kind& kind : all_kinds()) {
      there.each(kind, {}, [&](const ObjectPtr& object) {
        const ObjectPtr same = here.find(key_of(*object));
        EXPECT_NE(same, nullptr) << display_name(*object);
        if (same == nullptr) return false;
        EXPECT_EQ(encode_object(*same), encode_object(*object));
        return true;
      });
    }
  }

  SeededRandom random{1};
  testing::WireServer server;
  std::unique_ptr<RemoteObjects> remote;
  std::optional<Result<store::Committed>> answer;
  int ready = 0;
};

TEST_F(RemoteObjectsTest, begins_with_all_objects_and_follows_each_commit) {
  for (int i = 0; i < 10; ++i) server.world.must({create(a_lease(str("lease", i)))});
  RemoteOptions options;
  options.page = 3;
  connect(options);
  EXPECT_EQ(ready, 1);
  EXPECT_TRUE(remote->synced());
  expect_in_step();

  Follower follower(remote->state());
  const auto subscription = remote->subscribe(remote->state().revision(), loop(),
                                              [&](const store::CommitPtr& commit) { follower.take(commit); });
  ASSERT_TRUE(subscription.ok());
  server.world.must({create(a_lease("a")), create(a_lease("b"))});
  server.world.must({held_by(store().state().get<Lease>("default", "a"), "me")});
  server.world.must({remove(*store().state().get<Lease>("default", "b"))});
  loop().run_ready();
  expect_in_step();
  EXPECT_EQ(follower.revision(), store().state().revision());
  EXPECT_EQ(follower.commits(), 3) << "a batch is seen as a whole";
}

TEST_F(RemoteObjectsTest, what_changes_between_the_lists_is_not_lost) {
  for (int i = 0; i < 5; ++i) server.world.must({create(a_lease(str("lease", i)))});
  RemoteOptions options;
  options.page = 1;
  int asked = 0;
  // The lists of the kinds are of different revisions, and what they have shown is changed and removed.
  server.on_request = [&] {
    const int now = asked++;
    auto other = make<Namespace>();
    other.metadata.name = str("meanwhile-", now);
    std::vector<Write> writes{create(share(other))};
    if (const auto lease = store().state().get<Lease>("default", str("lease", now % 5)))
      writes.push_back(now % 2 == 0 ? remove(*lease) : held_by(lease, str("holder", now)));
    store().commit(batch_of(std::move(writes)), [](const auto& result) { EXPECT_TRUE(result.ok()); });
  };
  connect(options);
  EXPECT_EQ(ready, 1);
  EXPECT_GT(asked, static_cast<int>(all_kinds().size()));
  server.on_request = nullptr;
  loop().run_ready();
  expect_in_step();
}

TEST_F(RemoteObjectsTest, writes_go_through_the_server_with_their_preconditions) {
  connect();
  ASSERT_TRUE(commit({create(a_lease("a")), create(a_lease("b"))}).has_value());
  ASSERT_TRUE(answer->ok()) << answer->error().text();
  EXPECT_EQ((*answer)->revision, store().state().revision());
  ASSERT_EQ((*answer)->results.size(), 2U);
  EXPECT_EQ((*answer)->results[1].object->metadata.resource_version, (*answer)->revision);
  expect_in_step();

  const auto stale = remote->state().get<Lease>("default", "a");
  ASSERT_TRUE(commit({held_by(stale, "x")})->ok());
  EXPECT_EQ(commit({held_by(stale, "y"), create(a_lease("c"))})->error().code, Code::conflict);
  EXPECT_EQ(commit({create(a_lease("a"))})->error().code, Code::already_exists);
  EXPECT_EQ(commit({create(a_lease(""))})->error().code, Code::invalid);
  EXPECT_EQ(holder_of(store().state(), "a"), "x");
  EXPECT_EQ(store().state().get<Lease>("default", "c"), nullptr) << "a batch is all or nothing";
  EXPECT_EQ(commit({remove(*stale)})->error().code, Code::conflict);
  ASSERT_TRUE(commit({remove(*remote->state().get<Lease>("default", "a"))})->ok());
  expect_in_step();
}

TEST_F(RemoteObjectsTest, resumes_where_it_was_when_the_server_returns) {
  connect();
  Follower follower(remote->state());
  const auto subscription = remote->subscribe(remote->state().revision(), loop(),
                                              [&](const store::CommitPtr& commit) { follower.take(commit); });
  server.asked("");
  server.close();
  loop().advance(std::chrono::seconds(20));
  EXPECT_FALSE(remote->synced());
  EXPECT_EQ(remote->state().size(), store().state().size()) << "the last state stays";
  server.world.must({create(a_lease("a"))});
  server.restart();
  loop().advance(std::chrono::seconds(6));
  EXPECT_TRUE(remote->synced());
  EXPECT_EQ(server.asked("GET /api"), 1U) << "one feed, no list";
  expect_in_step();
  EXPECT_FALSE(follower.cut());
  EXPECT_EQ(follower.revision(), store().state().revision());
  EXPECT_EQ(ready, 1);
}

TEST_F(RemoteObjectsTest, tries_ever_more_slowly_while_there_is_no_server) {
  server.up = false;
  connect();
  loop().advance(std::chrono::minutes(10));
  EXPECT_EQ(ready, 0);
  server.up = true;
  loop().advance(std::chrono::seconds(5));
  EXPECT_EQ(ready, 1);
  expect_in_step();
}

TEST_F(RemoteObjectsTest, a_batch_made_while_cut_off_is_answered_when_the_view_is_new_again) {
  connect();
  server.close();
  loop().run_ready();
  EXPECT_FALSE(commit({create(a_lease("a"))}).has_value()) << "it waits";
  loop().advance(std::chrono::seconds(3));
  server.world.must({create(a_lease("meanwhile"))});
  server.open();
  std::optional<std::int64_t> seen;
  loop().run_until([&] {
    if (answer.has_value() && !seen) seen = remote->state().revision();
    return answer.has_value();
  });
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error().code, Code::conflict);
  EXPECT_EQ(seen, store().state().revision()) << "whoever looks again sees what has happened";
  EXPECT_EQ(store().state().get<Lease>("default", "a"), nullptr);
}

TEST_F(RemoteObjectsTest, an_answer_that_is_lost_is_an_error_and_the_commit_is_seen) {
  connect();
  server.lose_answers = true;
  ASSERT_TRUE(commit({create(a_lease("a"))}).has_value());
  EXPECT_EQ(answer->error().code, Code::unavailable);
  EXPECT_NE(remote->state().get<Lease>("default", "a"), nullptr);
}

TEST_F(RemoteObjectsTest, a_feed_that_falls_silent_is_given_up) {
  connect();
  for (const auto& stream : server.streams) stream->silent = true;
  server.world.must({create(a_lease("a"))});
  loop().advance(std::chrono::seconds(20));
  EXPECT_EQ(remote->state().get<Lease>("default", "a"), nullptr);
  loop().advance(std::chrono::seconds(11));
  expect_in_step();
}

TEST_F(RemoteObjectsTest, an_idle_feed_gives_signs_of_life) {
  connect();
  server.asked("");
  loop().advance(std::chrono::minutes(5));
  EXPECT_EQ(server.asked(""), 0U);
}

TEST_F(RemoteObjectsTest, ends_with_an_answer_for_each_batch) {
  connect();
  server.close();
  loop().run_ready();
  commit({create(a_lease("a"))});
  remote.reset();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error().code, Code::unavailable);
  loop().advance(std::chrono::minutes(1));
}

class SmallWindowTest : public RemoteObjectsTest {
 protected:
  static store::StoreOptions small() {
    store::StoreOptions options;
    options.window_changes = 4;
    return options;
  }
  SmallWindowTest() : RemoteObjectsTest(small()) {}
};

TEST_F(SmallWindowTest, lists_again_when_its_revision_is_no_longer_kept) {
  connect();
  bool cut = false;
  const auto subscription = remote->subscribe(remote->state().revision(), loop(),
                                              [&](const store::CommitPtr& commit) { cut = commit == nullptr; });
  server.close();
  for (int i = 0; i < 10; ++i) server.world.must({create(a_lease(str("lease", i)))});
  server.open();
  server.asked("");
  loop().advance(std::chrono::seconds(10));
  EXPECT_TRUE(remote->synced());
  EXPECT_GT(server.asked("GET /api"), all_kinds().size());
  EXPECT_TRUE(cut) << "what happened between cannot be told";
  expect_in_step();
}

}  // namespace
}  // namespace muster::client
