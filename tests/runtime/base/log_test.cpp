#include "runtime/base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <thread>
#include <vector>

namespace muster::log {
namespace {

const Time now = parse_time("2026-11-22T20:00:00.123Z").value();

std::string json(std::string_view message, Fields fields) {
  return render(Format::json, Level::info, now, message, fields);
}
std::string text(std::string_view message, Fields fields) {
  return render(Format::text, Level::info, now, message, fields);
}

TEST(log, json_keeps_numbers_and_booleans) {
  EXPECT_EQ(json("task started", {{"task", "default/web"}, {"count", 3}, {"ok", true}, {"took", Duration(1500000000)}}),
            R"({"time":"2026-11-22T20:00:00.123Z","level":"info","message":"task started",)"
            R"("task":"default/web","count":3,"ok":true,"took":"1.5s"})"
            "\n");
  EXPECT_NE(json("", {{"x", std::nan("")}}).find(R"("x":"nan")"), std::string::npos);
  EXPECT_NE(json("", {{"e", Error{Code::invalid, "bad", {}}}}).find(R"("e":"bad")"), std::string::npos);
}

TEST(log, text_is_for_people) {
  EXPECT_EQ(text("task started", {{"task", "default/web"}, {"why", "a b"}, {"none", ""}}),
            "20:00:00.123 INFO  task started task=default/web why=\"a b\" none=\"\"\n");
}

TEST(log, the_journal_gets_the_priority) {
  EXPECT_EQ(render(Format::journal, Level::error, now, "m", {}).substr(0, 4), "<3>{");
  EXPECT_EQ(render(Format::journal, Level::warning, now, "m", {}).substr(0, 4), "<4>{");
}

TEST(log, nothing_from_outside_breaks_a_line_or_a_terminal) {
  const std::string evil = "a\nb\x1b[31m\"\\\x7f\u0085\xff\t";
  for (const std::string& line : {json(evil, {{"k", evil}}), text(evil, {{"k", evil}})}) {
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
    EXPECT_EQ(line.find('\x7f'), std::string::npos);
    EXPECT_EQ(line.find("\u0085"), std::string::npos);
    EXPECT_TRUE(valid_utf8(line));
    EXPECT_NE(line.find(R"(a\nb\u001b[31m\"\\\u007f\u0085)"), std::string::npos) << line;
  }
}

TEST(log, long_values_are_cut) {
  const std::string line = json(std::string(100'000, 'm'), {{"v", std::string(100'000, 'v')}});
  EXPECT_LT(line.size(), 4400U);
  EXPECT_NE(line.find("vvv...\""), std::string::npos);
  // Also in the middle of a character.
  std::string euros;
  for (int i = 0; i < 1000; ++i) euros += "\u20ac";
  EXPECT_TRUE(valid_utf8(json("", {{"v", euros}})));
}

TEST(log, levels_have_names) {
  for (const Level level : {Level::debug, Level::info, Level::warning, Level::error}) {
    EXPECT_EQ(parse_level(level_name(level)), level);
  }
  EXPECT_EQ(parse_level("loud"), std::nullopt);
}

TEST(log, writes_whole_lines_of_its_level_to_stderr) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int saved = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  ::close(ends[1]);
  std::string got;
  std::thread reader([&] {
    char bytes[4096];
    for (ssize_t size = 0; (size = ::read(ends[0], bytes, sizeof bytes)) > 0;)
      got.append(bytes, static_cast<std::size_t>(size));
  });
  set_level(Level::warning);
  EXPECT_FALSE(enabled(Level::info));
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([] {
      for (int j = 0; j < 200; ++j) {
        info("dropped");
        warning("kept", {{"filler", std::string(100, 'x')}});
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  set_level(Level::info);
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  reader.join();
  ::close(ends[0]);
  std::size_t lines = 0;
  for (const std::string_view line : split(trim(got), '\n')) {
    ++lines;
    EXPECT_NE(line.find("kept"), std::string_view::npos);
    EXPECT_EQ(line.find("dropped"), std::string_view::npos);
  }
  EXPECT_EQ(lines, 800U);
}

}  // namespace
}  // namespace muster::log
