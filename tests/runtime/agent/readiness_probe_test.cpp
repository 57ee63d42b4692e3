// When a container counts as ready: what its checks say, one after the other.
#include "runtime/agent/readiness_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "tests/support/manual_loop.h"

namespace muster::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Held final : drivers::Channel {
  bool write(std::string) override { return true; }
  std::size_t queued() const override { return 0; }
  void end_input() override {}
};

class Probe : public ::testing::Test {
 protected:
  void begin() {
    const auto exec = [this](std::vector<std::string> command, const drivers::ChannelCallbacks& callbacks) {
      commands.push_back(std::move(command));
      if (!can_run) return std::unique_ptr<drivers::Channel>();
      if (!answers.empty()) {
        const Result<int> answer = answers.front();
        if (answers.size() > 1) answers.pop_front();
        loop.post([on_end = callbacks.on_end, answer] { on_end(answer); });
      }
      return std::unique_ptr<drivers::Channel>(std::make_unique<Held>());
    };
    probe = std::make_unique<ReadinessProbe>(loop, exec, check, [this](bool ready) { verdicts.push_back(ready); });
  }

  muster::testing::ManualLoop loop;
  HealthCheck check{{"CMD-SHELL", "test -f /ready"}, 10, 5, 3, 0};
  bool can_run = true;
  std::deque<Result<int>> answers;  // the last one stays; none: the command hangs
  std::vector<std::vector<std::string>> commands;
  std::vector<bool> verdicts;
  std::unique_ptr<ReadinessProbe> probe;
};

TEST_F(Probe, IsReadyAtTheFirstSuccess) {
  answers = {0};
  begin();
  loop.advance(milliseconds(1));
  EXPECT_THAT(verdicts, ElementsAre(true));
  EXPECT_THAT(commands, ElementsAre(ElementsAre("/bin/sh", "-c", "test -f /ready")));
  loop.advance(seconds(30));
  EXPECT_EQ(commands.size(), 4U);
  EXPECT_THAT(verdicts, ElementsAre(true));
}

TEST_F(Probe, AsksEverySecondUntilThen) {
  answers = {1, 1, 1, 1, 0};
  begin();
  loop.advance(milliseconds(1));
  EXPECT_THAT(verdicts, IsEmpty());
  loop.advance(seconds(2));
  EXPECT_THAT(verdicts, ElementsAre(false));
  loop.advance(seconds(2));
  EXPECT_THAT(verdicts, ElementsAre(false, true));
}

TEST_F(Probe, ForgivesFewerFailuresThanItsRetries) {
  answers = {0, 1, 1, 0, 1, 1, 1, 0};
  begin();
  loop.advance(milliseconds(1));
  loop.advance(seconds(50));
  EXPECT_THAT(verdicts, ElementsAre(true));
  loop.advance(seconds(10));
  EXPECT_THAT(verdicts, ElementsAre(true, false));
  loop.advance(seconds(10));
  EXPECT_THAT(verdicts, ElementsAre(true, false, true));
}

TEST_F(Probe, FailuresWithinTheStartPeriodDoNotCount) {
  check.start_period = 20;
  answers = {1};
  begin();
  loop.advance(milliseconds(1));
  loop.advance(seconds(19));
  EXPECT_THAT(verdicts, IsEmpty());
  loop.advance(seconds(5));
  EXPECT_THAT(verdicts, ElementsAre(false));
}

TEST_F(Probe, OneThatHangsHasFailed) {
  begin();
  loop.advance(milliseconds(1));
  loop.advance(seconds(17));
  EXPECT_THAT(verdicts, ElementsAre(false));
}

TEST_F(Probe, AnEngineThatDoesNotAnswerSaysNothing) {
  answers = {0, Error{Code::unavailable, "no engine", {}}};
  begin();
  loop.advance(milliseconds(1));
  loop.advance(std::chrono::minutes(5));
  EXPECT_THAT(verdicts, ElementsAre(true));
  EXPECT_GT(commands.size(), 10U);
}

TEST_F(Probe, WithoutCommandsItIsEnoughToRun) {
  can_run = false;
  begin();
  loop.advance(milliseconds(1));
  EXPECT_THAT(verdicts, ElementsAre(true));
}

TEST_F(Probe, SaysNothingOnceItIsGone) {
  answers = {0};
  begin();
  probe.reset();
  loop.advance(seconds(30));
  EXPECT_THAT(verdicts, IsEmpty());
  EXPECT_THAT(commands, IsEmpty());
}

}  // namespace
}  // namespace muster::agent
