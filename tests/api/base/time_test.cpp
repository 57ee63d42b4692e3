#include "api/base/time.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

using namespace std::chrono_literals;

Time at(std::int64_t seconds, Duration rest = {}) {
  return Time(std::chrono::seconds(seconds) + rest);
}

TEST(time, format_is_rfc_3339_in_utc) {
  EXPECT_EQ(format_time(at(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(at(1'795'377'600)), "2026-11-22T20:00:00Z");
  EXPECT_EQ(format_time(at(1'795'377'600, 5ms)), "2026-11-22T20:00:00.005Z");
  EXPECT_EQ(format_time(at(1'795'377'600, 5us)), "2026-11-22T20:00:00Z");  // finer than it shows
  EXPECT_EQ(format_time(at(-1, 250ms)), "1969-12-31T23:59:59.250Z");
}

TEST(time, micro_time_has_always_six_digits) {
  EXPECT_EQ(format_micro_time(at(1'795'377'600)), "2026-11-22T20:00:00.000000Z");
  EXPECT_EQ(format_micro_time(at(1'795'377'600, 5us)), "2026-11-22T20:00:00.000005Z");
  EXPECT_EQ(format_micro_time(at(-1, 250ms)), "1969-12-31T23:59:59.250000Z");
}

TEST(time, parse_takes_every_offset_and_fraction) {
  const Time expected = at(1'795'377'600);
  for (const char* text : {"2026-11-22T20:00:00Z", "2026-11-22t20:00:00z", "2026-11-22T21:30:00+01:30",
                           "2026-11-22T12:00:00-08:00", "2026-11-22T20:00:00.000Z", "2026-11-22T20:00:00-00:00"}) {
    const Result<Time> time = parse_time(text);
    ASSERT_TRUE(time.ok()) << text;
    EXPECT_EQ(*time, expected) << text;
  }
  EXPECT_EQ(*parse_time("2026-11-22T20:00:00.123456789Z"), expected + 123456789ns);
  EXPECT_EQ(*parse_time("2026-11-22T20:00:00.1234567899Z"), expected + 123456789ns);
  EXPECT_EQ(*parse_time("2026-11-22T20:00:00.5Z"), expected + 500ms);
  EXPECT_EQ(*parse_time("2024-02-29T00:00:00Z"), at(1'709'164'800));
}

TEST(time, parse_refuses_what_is_no_time) {
  for (const char* text : {"",
                           "now",
                           "2026-11-22",
                           "2026-11-22T20:00:00",
                           "2026-11-22 20:00:00Z",
                           "2026-13-22T20:00:00Z",
                           "2026-02-29T20:00:00Z",
                           "2026-00-01T20:00:00Z",
                           "2026-11-22T24:00:00Z",
                           "2026-11-22T20:60:00Z",
                           "2026-11-22T20:00:60Z",
                           "2026-11-22T20:00:00.Z",
                           "2026-11-22T20:00:00+24:00",
                           "2026-11-22T20:00:00+01",
                           "2026-11-22T20:00:00Z ",
                           "26-11-22T20:00:00Z",
                           "+026-11-22T20:00:00Z",
                           "1677-01-01T00:00:00Z",
                           "2263-01-01T00:00:00Z",
                           "2262-04-12T00:00:00Z",
                           "9999-12-31T23:59:59Z",
                           "0000-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_time(text).ok()) << text;
  }
  EXPECT_EQ(parse_time("x").error().code, Code::malformed);
}

TEST(time, parse_reads_what_format_writes) {
  for (std::int64_t millisecond = -9'000'000'000'000; millisecond < 9'000'000'000'000; millisecond += 77'777'777'777) {
    const Time time{std::chrono::milliseconds(millisecond)};
    EXPECT_EQ(*parse_time(format_time(time)), time);
  }
  EXPECT_TRUE(parse_time("1678-01-01T00:00:00Z").ok());
  EXPECT_TRUE(parse_time("2262-04-11T00:00:00Z").ok());
}

TEST(duration, format_leaves_zero_units_out) {
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(1h + 5s), "1h5s");
  EXPECT_EQ(format_duration(90s), "1m30s");
  EXPECT_EQ(format_duration(1500ms), "1.5s");
  EXPECT_EQ(format_duration(250ms), "250ms");
  EXPECT_EQ(format_duration(1500us), "1.5ms");
  EXPECT_EQ(format_duration(7us), "7\u00b5s");
  EXPECT_EQ(format_duration(3ns), "3ns");
  EXPECT_EQ(format_duration(-90s), "-1m30s");
  EXPECT_EQ(format_duration(Duration::min()), "-2562047h47m16.854775808s");
}

TEST(duration, parse_reads_go_notation) {
  EXPECT_EQ(*parse_duration("1h30m0s"), 90min);
  EXPECT_EQ(*parse_duration("0"), 0s);
  EXPECT_EQ(*parse_duration("1.5h"), 90min);
  EXPECT_EQ(*parse_duration(".5s"), 500ms);
  EXPECT_EQ(*parse_duration("1.s"), 1s);
  EXPECT_EQ(*parse_duration("-2m"), -2min);
  EXPECT_EQ(*parse_duration("+2m"), 2min);
  EXPECT_EQ(*parse_duration("3us4ns"), 3004ns);
  EXPECT_EQ(*parse_duration("3\u00b5s"), 3us);
  EXPECT_EQ(*parse_duration("3\u03bcs"), 3us);
  EXPECT_EQ(*parse_duration("2562047h47m16.854775807s"), Duration::max());
}

TEST(duration, parse_refuses_the_rest) {
  for (const char* text : {"", "5", "s", "-", ".s", "1d", "1 s", "1s ", "1h-5m", "1,5s", "1e3s", "9999999h",
                           "999999999999999999999s", "2562047h47m16.854775808s", "1hm"}) {
    EXPECT_FALSE(parse_duration(text).ok()) << text;
  }
}

TEST(duration, parse_reads_what_format_writes) {
  std::int64_t value = 1;
  for (int i = 0; i < 2000; ++i) {
    value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) * 6364136223846793005U + 1442695040888963407U);
    const Duration duration(value >> (i % 60));
    EXPECT_EQ(*parse_duration(format_duration(duration)), duration) << format_duration(duration);
  }
}

TEST(age, is_short) {
  EXPECT_EQ(format_age(5s), "5s");
  EXPECT_EQ(format_age(119s), "119s");
  EXPECT_EQ(format_age(3min), "3m");
  EXPECT_EQ(format_age(3min + 20s), "3m20s");
  EXPECT_EQ(format_age(59min), "59m");
  EXPECT_EQ(format_age(2h), "120m");
  EXPECT_EQ(format_age(5h), "5h");
  EXPECT_EQ(format_age(5h + 7min), "5h7m");
  EXPECT_EQ(format_age(47h), "47h");
  EXPECT_EQ(format_age(96h), "4d");
  EXPECT_EQ(format_age(100h), "4d4h");
  EXPECT_EQ(format_age(24h * 500), "500d");
  EXPECT_EQ(format_age(24h * 731), "2y1d");
  EXPECT_EQ(format_age(24h * 365 * 10), "10y");
  EXPECT_EQ(format_age(-500ms), "0s");
  EXPECT_EQ(format_age(-5s), "<invalid>");
}

}  // namespace
}  // namespace muster
