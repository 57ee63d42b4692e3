// A server that was held up does not take its own lateness for the silence of its agents.
#include "runtime/server/patience.h"

#include <gtest/gtest.h>

namespace muster::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration silence = milliseconds(950);

TEST(Patience, in_time_is_the_silence_that_was_asked_for) {
  Patience patience;
  EXPECT_EQ(patience.tolerated(seconds(5), silence), silence) << "the first sweep is never late";
  patience.expect(seconds(6));
  EXPECT_EQ(patience.tolerated(seconds(6) + milliseconds(100), silence), silence) << "a little lateness is none";
}

TEST(Patience, late_lasts_as_long_again_as_the_lateness) {
  Patience patience;
  patience.expect(seconds(10));
  EXPECT_EQ(patience.tolerated(seconds(13), silence), seconds(10));
  for (const Duration now : {milliseconds(13'200), milliseconds(15'000), milliseconds(15'999)}) {
    patience.expect(now);
    EXPECT_EQ(patience.tolerated(now, silence), seconds(10)) << "what was sent is still being read";
  }
  patience.expect(seconds(16));
  EXPECT_EQ(patience.tolerated(seconds(16), silence), silence);
}

TEST(Patience, never_shortens_what_many_agents_are_given) {
  Patience patience;
  patience.expect(seconds(10));
  EXPECT_EQ(patience.tolerated(seconds(12), seconds(25)), seconds(25));
}

}  // namespace
}  // namespace muster::server
