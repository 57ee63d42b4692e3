// One pull an image, a few tries, then the reason.
#include "runtime/agent/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/manual_loop.h"
#include "tests/support/silent_driver.h"

namespace muster::agent {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct ImagesTest : ::testing::Test {
  testing::ManualLoop loop;
  SeededRandom random{1};

  // Fails as often as told, then succeeds.
  struct FlakyDriver final : muster::testing::SilentDriver {
    explicit FlakyDriver(Loop& the_loop) : loop(the_loop) {}
    void pull(std::string, std::function<void(std::string)>, drivers::DoneVoid done) override {
      ++pulls;
      const Status answer = failures > 0 ? Status(Error{code, "no luck", {}}) : Status();
      if (failures > 0) --failures;
      loop.after(seconds(1), [done, answer] { done(answer); });
    }
    void image_present(std::string, drivers::Done<bool> done) override {
      ++checks;
      loop.post([this, done] { done(present); });
    }
    Loop& loop;
    int pulls = 0, checks = 0, failures = 0;
    bool present = false;
    Code code = Code::internal;
  } driver{loop};
  Images images{loop, random, driver};

  std::vector<std::string> answers;
  void ensure(const std::string& image) {
    images.ensure(image,
                  [this](const Status& status) { answers.push_back(status.ok() ? "ok" : status.error().message); });
  }
};

TEST_F(ImagesTest, an_image_that_is_there_is_not_pulled_and_not_asked_for_again_soon) {
  driver.present = true;
  ensure("a");
  EXPECT_THAT(answers, IsEmpty()) << "never from inside the call";
  loop.run_ready();
  ensure("a");
  loop.run_ready();
  EXPECT_THAT(answers, ElementsAre("ok", "ok"));
  EXPECT_EQ(driver.pulls, 0);
  EXPECT_EQ(driver.checks, 1);
  loop.advance(seconds(61));
  ensure("a");
  loop.run_ready();
  EXPECT_EQ(driver.checks, 2);
  images.forget("a");
  ensure("a");
  loop.run_ready();
  EXPECT_EQ(driver.checks, 3);
}

TEST_F(ImagesTest, one_pull_serves_all) {
  for (int at = 0; at < 5; ++at) ensure("a");
  loop.advance(seconds(2));
  EXPECT_THAT(answers, ElementsAre("ok", "ok", "ok", "ok", "ok"));
  EXPECT_EQ(driver.pulls, 1);
}

TEST_F(ImagesTest, tries_a_few_times_with_growing_delay) {
  driver.failures = 2;
  ensure("a");
  loop.advance(seconds(30));
  EXPECT_THAT(answers, ElementsAre("ok"));
  EXPECT_EQ(driver.pulls, 3);
  driver.failures = 100;
  ensure("b");
  loop.advance(seconds(30));
  EXPECT_THAT(answers, ElementsAre("ok", "CannotPullContainerError: no luck"));
  EXPECT_EQ(driver.pulls, 6);
}

TEST_F(ImagesTest, does_not_ask_again_for_what_does_not_exist) {
  driver.failures = 100;
  driver.code = Code::not_found;
  ensure("a");
  loop.advance(seconds(30));
  EXPECT_THAT(answers, SizeIs(1));
  EXPECT_EQ(driver.pulls, 1);
}

}  // namespace
}  // namespace muster::agent
