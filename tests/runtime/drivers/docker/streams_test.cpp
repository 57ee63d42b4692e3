// Streams cut anywhere come out the same; what is broken or endless does not take memory.
#include "runtime/drivers/docker/streams.h"

#include <gtest/gtest.h>

#include <vector>

#include "api/base/text.h"

namespace muster::drivers::docker {
namespace {

std::string frame(int stream, const std::string& content) {
  std::string out(8, '\0');
  out[0] = static_cast<char>(stream);
  out[4] = static_cast<char>(content.size() >> 24U);
  out[5] = static_cast<char>(content.size() >> 16U);
  out[6] = static_cast<char>(content.size() >> 8U);
  out[7] = static_cast<char>(content.size());
  return out + content;
}

TEST(Frames, AnyCutGivesTheSame) {
  const std::string bytes = frame(1, "hello\n") + frame(2, "bad\n") + frame(1, "") + frame(1, std::string(300, 'x'));
  for (std::size_t cut = 1; cut <= bytes.size(); ++cut) {
    Frames frames;
    std::string out;
    std::string err;
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      ASSERT_TRUE(frames.feed(std::string_view(bytes).substr(at, cut), [&](std::string_view content, auto stream) {
        (stream == Frames::Stream::err ? err : out) += content;
      }));
    }
    EXPECT_EQ(out, "hello\n" + std::string(300, 'x'));
    EXPECT_EQ(err, "bad\n");
  }
}

TEST(Frames, OtherBytesAreRefused) {
  const auto nothing = [](std::string_view, Frames::Stream) { FAIL(); };
  EXPECT_FALSE(Frames().feed("just some text", nothing));
  EXPECT_FALSE(Frames().feed(std::string("\4\0\0\0\0\0\0\1x", 9), nothing));
  EXPECT_FALSE(Frames().feed(std::string("\1\0\1\0\0\0\0\1x", 9), nothing));
}

TEST(Lines, AnyCutGivesTheSame) {
  const std::string bytes = "one\r\n\ntwo\nthree";
  for (std::size_t cut = 1; cut <= bytes.size(); ++cut) {
    Lines lines(100);
    std::vector<std::string> out;
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      lines.feed(std::string_view(bytes).substr(at, cut), [&](std::string_view line) { out.emplace_back(line); });
    }
    EXPECT_EQ(out, (std::vector<std::string>{"one", "two"})) << "the last has no end yet";
  }
}

TEST(Lines, EndlessLineIsDropped) {
  Lines lines(10);
  std::vector<std::string> out;
  const auto collect = [&](std::string_view line) { out.emplace_back(line); };
  for (int i = 0; i < 100; ++i) lines.feed("xxxxxxxx", collect);
  lines.feed("tail\nnext\n", collect);
  EXPECT_EQ(out, std::vector<std::string>{"next"});
}

}  // namespace
}  // namespace muster::drivers::docker
