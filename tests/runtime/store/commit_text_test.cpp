// Batches, answers and the feed as text: what is written is what is read, and what is not ours is refused.
#include "runtime/store/commit_text.h"

#include <gtest/gtest.h>

#include "api/base/limits.h"
#include "tests/runtime/store/store_support.h"

namespace muster::store {
namespace {

using testing::a_lease;

TEST(CommitText, a_batch_survives_the_way) {
  Batch batch;
  batch.writer = "controller/\"x\"";
  JournalRow row;
  row.revision = 7;
  row.time = Time{std::chrono::nanoseconds(1'767'225'600'123'456'789)};
  row.controller = "x";
  row.key = "leases/default/a";
  row.build = "1+2";
  row.seed = 0xffffffffffffffffULL;
  row.plan_hash = 1;
  batch.journal.push_back(row);
  Write removal;
  removal.verb = Verb::remove;
  removal.key = key_of(*a_lease("gone"));
  removal.expected_revision = 12;
  removal.expected_uid = "abc";
  removal.propagation = Propagation::foreground;
  batch.writes = {create(a_lease("a")), update(a_lease("b", "me")), update_status(a_lease("c")), removal};

  const auto read = read_batch(write_batch(batch));
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->writer, batch.writer);
  ASSERT_EQ(read->journal.size(), 1U);
  EXPECT_EQ(read->journal[0].time, row.time) << "to the nanosecond: a replay needs it";
  EXPECT_EQ(read->journal[0].seed, row.seed);
  EXPECT_EQ(read->journal[0].plan_hash, row.plan_hash);
  EXPECT_EQ(read->journal[0].key, row.key);
  ASSERT_EQ(read->writes.size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read->writes[i].verb, batch.writes[i].verb);
    EXPECT_EQ(encode_object(*read->writes[i].object), encode_object(*batch.writes[i].object));
  }
  EXPECT_EQ(read->writes[3].key, removal.key);
  EXPECT_EQ(read->writes[3].expected_revision, 12);
  EXPECT_EQ(read->writes[3].expected_uid, "abc");
  EXPECT_EQ(read->writes[3].propagation, Propagation::foreground);
}

TEST(CommitText, an_answer_survives_the_way) {
  Committed committed;
  committed.revision = 42;
  committed.results.push_back({a_lease("a"), true, false, {{"spec", "a \"word\""}}});
  committed.results.push_back({a_lease("b"), false, true, {}});
  const auto read = read_committed(write_committed(committed));
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->revision, 42);
  ASSERT_EQ(read->results.size(), 2U);
  EXPECT_TRUE(read->results[0].changed);
  EXPECT_EQ(read->results[0].warnings.at(0).message, "a \"word\"");
  EXPECT_FALSE(read->results[1].changed);
  EXPECT_TRUE(read->results[1].deleted);
  EXPECT_EQ(read->results[1].object->metadata.name, "b");
  EXPECT_FALSE(read_committed("").ok());
}

TEST(CommitText, what_is_no_batch_is_refused_with_its_line) {
  const std::string first = "{\"writer\":\"w\"}\n";
  for (const std::string& bad :
       {std::string(), std::string("[]"), std::string("{}"), first + "nonsense", first + "{\"verb\":\"steal\"}",
        first + "{\"verb\":\"create\"}", first + R"({"verb":"create","object":{"kind":"Wheel"}})",
        first + R"({"verb":"delete","kind":"Wheel","name":"x"})", first + std::string(1000, '['),
        std::string(R"({"writer":"w","journal":[{"revision":1,"time":1,"seed":"x","plan":"0"}]})")}) {
    const auto read = read_batch(bad);
    ASSERT_FALSE(read.ok()) << bad;
    EXPECT_EQ(read.error().code, Code::malformed) << bad;
    EXPECT_NE(read.error().message.find("line "), std::string::npos) << read.error().message;
  }
}

TEST(CommitText, a_batch_has_its_limit) {
  Batch batch;
  batch.writer = "w";
  batch.writes.assign(limits::batch_objects, create(a_lease("a")));
  EXPECT_TRUE(read_batch(write_batch(batch)).ok());
  batch.writes.push_back(create(a_lease("b")));
  EXPECT_EQ(read_batch(write_batch(batch)).error().code, Code::too_large);
}

TEST(CommitText, lines_of_the_feed) {
  std::string line = write_feed_line(FeedType::modified, "{\"a\":1}");
  ASSERT_EQ(line.back(), '\n');
  line.pop_back();
  const auto read = read_feed_line(line);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->type, FeedType::modified);
  EXPECT_EQ(read->object, "{\"a\":1}");
  EXPECT_FALSE(read_feed_line("").ok());
  EXPECT_FALSE(read_feed_line("{\"type\":\"ADDED\",\"object\":").ok());
  EXPECT_FALSE(read_feed_line("{}").ok());
}

}  // namespace
}  // namespace muster::store
