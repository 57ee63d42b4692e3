// Who floods the server waits behind himself.
#include "runtime/server/flow.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "api/base/text.h"
#include "tests/support/manual_loop.h"

namespace muster::server {
namespace {

// Keeps what it was answered.
class Asked final : public http::Exchange {
 public:
  const http::Request& request() const override { return request_; }
  void respond(http::Response response) override {
    answer = response.status, retry = !http::header(response.headers, "Retry-After").empty();
  }
  std::shared_ptr<http::Stream> stream(http::Response) override { return nullptr; }
  std::shared_ptr<http::ByteStream> take_over(http::Headers) override { return nullptr; }
  std::shared_ptr<http::WebSocket> upgrade(std::string_view) override { return nullptr; }
  bool wants_upgrade() const override { return false; }
  std::string peer() const override { return "test"; }
  void on_close(std::function<void()> callback) override { gone = std::move(callback); }

  std::optional<int> answer;
  bool retry = false;
  std::function<void()> gone;

 private:
  http::Request request_;
};

class FlowTest : public ::testing::Test {
 protected:
  void options(FlowOptions options) { flow_ = std::make_shared<Flow>(loop_, options); }
  ~FlowTest() override { flow_->stop(); }

  // A request of the user: begins, waits or is refused. Those that begin keep their seats until `answered()`.
  std::shared_ptr<Asked> ask(const std::string& user, Lane lane = Lane::writes) {
    auto asked = std::make_shared<Asked>();
    if (Flow::Seat seat = flow_->begin(lane)) {
      begin(user, std::move(seat));
    } else if (!flow_->wait(lane, user, asked, [this, user](Flow::Seat given) { begin(user, std::move(given)); })) {
      asked->respond(too_many_requests());
    }
    return asked;
  }
  // The oldest request under way is answered.
  void answered() {
    ASSERT_FALSE(seats_.empty());
    seats_.erase(seats_.begin());
    loop_.run_ready();
  }
  std::string begun() { return std::exchange(begun_, {}); }

  testing::ManualLoop loop_;
  std::shared_ptr<Flow> flow_ = std::make_shared<Flow>(loop_, FlowOptions{});
  std::vector<Flow::Seat> seats_;
  std::string begun_;

 private:
  void begin(const std::string& user, Flow::Seat seat) {
    begun_ += user;
    seats_.push_back(std::move(seat));
  }
};

TEST_F(FlowTest, nobody_waits_while_there_are_seats) {
  options({.writes = 3});
  for (int i = 0; i < 3; ++i) ask("a");
  EXPECT_EQ(begun(), "aaa");
  ask("a");
  EXPECT_EQ(begun(), "");
  EXPECT_EQ(flow_->waiting(Lane::writes), 1U);
  ask("b", Lane::reads);
  EXPECT_EQ(begun(), "b") << "reads have seats of their own";
  answered();
  EXPECT_EQ(begun(), "a");
  EXPECT_EQ(flow_->under_way(Lane::writes), 3U);
}

TEST_F(FlowTest, who_floods_does_not_starve_another) {
  options({.writes = 1});
  for (int i = 0; i < 100; ++i) ask("a");
  ask("b");
  ask("c");
  EXPECT_EQ(begun(), "a");
  for (int i = 0; i < 6; ++i) answered();
  EXPECT_EQ(begun(), "abcaaa") << "one for each user in turn";
}

TEST_F(FlowTest, a_full_queue_is_the_users_own) {
  options({.writes = 1, .waiting_per_user = 5, .waiting = 100});
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    const auto asked = ask("a");
    if (!asked->answer) continue;
    EXPECT_EQ(*asked->answer, 429);
    EXPECT_TRUE(asked->retry);
    ++refused;
  }
  EXPECT_EQ(refused, 14);
  EXPECT_EQ(flow_->refused(Lane::writes), 14);
  EXPECT_FALSE(ask("b")->answer);
}

TEST_F(FlowTest, many_users_find_an_end_too) {
  options({.writes = 1, .waiting = 10});
  for (int i = 0; i < 11; ++i) EXPECT_FALSE(ask(str("user", i))->answer);
  EXPECT_EQ(ask("one more")->answer, 429);
}

TEST_F(FlowTest, who_waits_too_long_is_told) {
  options({.writes = 1, .longest_wait = std::chrono::seconds(10)});
  ask("a");
  const auto late = ask("b");
  loop_.advance(std::chrono::seconds(9));
  EXPECT_FALSE(late->answer);
  loop_.advance(std::chrono::seconds(3));
  EXPECT_EQ(late->answer, 429);
  EXPECT_EQ(flow_->waiting(Lane::writes), 0U);
  EXPECT_EQ(loop_.timers(), 0U) << "nothing to look after";
  answered();
  EXPECT_EQ(begun(), "a") << "its turn has passed";
}

TEST_F(FlowTest, who_has_gone_is_not_served) {
  options({.writes = 1});
  ask("a");
  const auto gone = ask("b");
  ask("c");
  gone->gone();
  answered();
  EXPECT_EQ(begun(), "ac");
}

TEST_F(FlowTest, long_work_makes_the_rest_take_turns) {
  options({.slice = std::chrono::milliseconds(5)});
  ask("a", Lane::reads);
  flow_->took(std::chrono::milliseconds(60));
  for (int i = 0; i < 3; ++i) ask("a", Lane::reads);
  ask("b", Lane::reads);
  EXPECT_EQ(begun(), "a") << "the loop has not looked up since";
  loop_.run_ready();
  EXPECT_EQ(begun(), "abaa");
  seats_.clear();
  loop_.run_ready();
  ask("b", Lane::reads);
  EXPECT_EQ(begun(), "b") << "at once again";
}

TEST_F(FlowTest, short_work_never_waits) {
  for (int i = 0; i < 300; ++i) {
    ask("a", Lane::reads);
    seats_.clear();
    flow_->took(std::chrono::microseconds(200));
    if (i % 8 == 0) loop_.run_ready();
  }
  EXPECT_EQ(begun(), std::string(300, 'a'));
}

TEST_F(FlowTest, a_seat_may_outlive_the_server) {
  options({.writes = 1});
  ask("a");
  const auto waiting = ask("b");
  flow_->stop();
  seats_.clear();
  loop_.run_ready();
  EXPECT_EQ(begun(), "a") << "nothing is served after the end";
}

}  // namespace
}  // namespace muster::server
