// One after the other at one object, at once at several; no turn is lost.
#include "runtime/server/turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/types/service.h"
#include "tests/support/manual_loop.h"

namespace muster::server {
namespace {

using ::testing::ElementsAre;

class TurnsTest : public ::testing::Test {
 protected:
  static Key key(const std::string& name) { return {&kind_of<Service>(), "default", name}; }
  bool enter(const std::string& object, const std::string& who) {
    return turns->enter(key(object), [this, who](const Turns::Turn& turn) {
      began.push_back(who);
      held[who] = turn;
    });
  }
  void end(const std::string& who) {
    held.erase(who);
    loop.run_ready();
  }

  testing::ManualLoop loop;
  std::shared_ptr<Turns> turns = std::make_shared<Turns>(loop);
  std::vector<std::string> began;
  std::map<std::string, Turns::Turn> held;
};

TEST_F(TurnsTest, who_comes_later_waits_for_the_same_object_only) {
  enter("web", "a");
  enter("web", "b");
  enter("web", "c");
  enter("db", "d");
  EXPECT_THAT(began, ElementsAre("a", "d"));
  end("a");
  EXPECT_THAT(began, ElementsAre("a", "d", "b"));
  end("b");
  end("c");
  enter("web", "e");
  EXPECT_THAT(began, ElementsAre("a", "d", "b", "c", "e"));
}

TEST_F(TurnsTest, who_enters_between_two_turns_waits_behind) {
  enter("web", "a");
  enter("web", "b");
  held.erase("a");
  enter("web", "c");
  EXPECT_THAT(began, ElementsAre("a")) << "the loop has not come to it";
  loop.run_ready();
  EXPECT_THAT(began, ElementsAre("a", "b"));
  end("b");
  EXPECT_THAT(began, ElementsAre("a", "b", "c"));
}

TEST_F(TurnsTest, not_too_many_wait) {
  enter("web", "first");
  std::size_t waiting = 0;
  while (waiting < 1000 && enter("web", std::to_string(waiting))) ++waiting;
  EXPECT_EQ(waiting, 64U);
  end("first");
  EXPECT_TRUE(enter("web", "one more"));
}

TEST_F(TurnsTest, a_turn_may_outlive_them) {
  enter("web", "a");
  enter("web", "b");
  turns.reset();
  end("a");
  EXPECT_THAT(began, ElementsAre("a"));
}

}  // namespace
}  // namespace muster::server
