// The last lines of a log, cut on this side.
#include "runtime/drivers/docker/tail.h"

#include <gtest/gtest.h>

namespace muster::drivers::docker {
namespace {

std::string left(Tail& tail) {
  std::string out;
  for (const Tail::Line& line : tail.take()) out += (line.is_stderr ? "!" : "") + line.bytes;
  return out;
}

TEST(Tail, KeepsTheLastLinesWithAndWithoutAnEnd) {
  Tail tail(2);
  for (const char* part : {"one\ntw", "o\nth", "ree"}) tail.add(part, false);
  EXPECT_EQ(left(tail), "two\nthree");
  EXPECT_EQ(left(tail), "");
}

TEST(Tail, LinesOfTwoStreamsAreTwoLines) {
  Tail tail(2);
  tail.add("out", false);
  tail.add("err\n", true);
  tail.add("more\n", false);
  EXPECT_EQ(left(tail), "!err\nmore\n");
}

TEST(Tail, IsBounded) {
  Tail tail(1'000, 10);
  for (int i = 0; i < 100; ++i) tail.add("line\n", false);
  EXPECT_EQ(left(tail), "line\nline\n");
  tail.add(std::string(100, 'x'), false);
  EXPECT_EQ(left(tail), "");
}

}  // namespace
}  // namespace muster::drivers::docker
