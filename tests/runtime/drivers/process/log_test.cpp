// The log of a plain process: what is written comes back, by stream, cut, rotated, from the end, since a time,
// followed.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "api/base/text.h"
#include "runtime/drivers/process/log_format.h"
#include "runtime/drivers/process/log_reader.h"
#include "runtime/drivers/process/log_writer.h"
#include "tests/support/temporary_directory.h"

namespace muster::drivers {
namespace {

constexpr std::int64_t start_ns = 1'767'225'600'000'000'000;  // 2026-01-01T00:00:00Z

class LogTest : public ::testing::Test {
 protected:
  void open(std::int64_t bytes_max = 1'000'000, int files_max = 3) {
    descriptor = Descriptor(::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY));
    writer = std::make_unique<LogWriter>(descriptor.get(), bytes_max, files_max);
  }
  void write(const std::string& text, LogStream stream = LogStream::out, std::int64_t at = start_ns) {
    writer->write(stream, text.data(), text.size(), at);
  }
  static std::string drain(LogReader& reader) {
    std::string out;
    while (reader.read([&](std::string_view bytes, bool is_stderr) {
      out += is_stderr ? str("<", bytes, ">") : std::string(bytes);
    }) == LogReader::Progress::more) {
    }
    return out;
  }
  std::string read(const LogOptions& options = {}) {
    LogReader reader(directory.path(), options);
    return drain(reader);
  }

  testing::TemporaryDirectory directory;
  Descriptor descriptor;
  std::unique_ptr<LogWriter> writer;
};

TEST(LogStamp, IsTheCalendar) {
  const auto stamp = [](std::int64_t ns) {
    std::string out(log_stamp_size, ' ');
    format_log_stamp(ns, out.data());
    return out;
  };
  EXPECT_EQ(stamp(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(stamp(start_ns + 123456789), "2026-01-01T00:00:00.123456789Z");
  EXPECT_EQ(stamp(951'782'399'000'000'000), "2000-02-28T23:59:59.000000000Z");
  EXPECT_EQ(stamp(951'782'400'000'000'000), "2000-02-29T00:00:00.000000000Z");
  EXPECT_EQ(stamp(1'735'689'599'999'999'999), "2024-12-31T23:59:59.999999999Z");
}

TEST_F(LogTest, StreamsStayApart) {
  open();
  write("one\ntwo\n");
  write("bad\n", LogStream::err);
  write("three\n");
  EXPECT_EQ(read(), "one\ntwo\n<bad\n>three\n");
}

TEST_F(LogTest, LinesAreJoinedAcrossReads) {
  open();
  write("he");
  write("err", LogStream::err);
  write("llo\nrest");
  EXPECT_EQ(read(), "hello\n");
  writer->flush(start_ns);
  EXPECT_EQ(read(), "hello\nrest<err>");
}

TEST_F(LogTest, LongLinesAreCutAndComeBackWhole) {
  open();
  const std::string line(3 * log_line_max + 17, 'x');
  write(line + "\nend\n");
  EXPECT_EQ(read(), line + "\nend\n");
}

TEST_F(LogTest, TimestampsOncePerLine) {
  open();
  write(std::string(log_line_max + 1, 'x') + "\ny\n");
  LogOptions options;
  options.timestamps = true;
  const std::string stamp = "2026-01-01T00:00:00.000000000Z ";
  EXPECT_EQ(read(options), stamp + std::string(log_line_max + 1, 'x') + "\n" + stamp + "y\n");
}

TEST_F(LogTest, TailCountsFromTheEnd) {
  open(2000, 5);
  std::string all;
  for (int i = 0; i < 100; ++i) {
    write(str("line ", i, "\n"));
    all += str("line ", i, "\n");
  }
  ASSERT_EQ(read(), all) << "all five files together hold it";
  ASSERT_TRUE(std::filesystem::exists(directory / "log.2"));
  for (int tail = 0; tail <= 101; ++tail) {
    LogOptions options;
    options.tail = tail;
    std::string expected;
    for (int i = std::max(0, 100 - tail); i < 100; ++i) expected += str("line ", i, "\n");
    EXPECT_EQ(read(options), expected) << "tail " << tail;
  }
}

TEST_F(LogTest, RotationKeepsTheNewest) {
  open(2000, 3);
  for (int i = 0; i < 1000; ++i) write(str("line ", i, "\n"));
  const std::string text = read();
  EXPECT_NE(text.find("line 999\n"), std::string::npos);
  EXPECT_EQ(text.find("line 0\n"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(directory / "log.3"));
  for (const char* name : {"log", "log.1", "log.2"}) EXPECT_LE(std::filesystem::file_size(directory / name), 2000U);
}

TEST_F(LogTest, SinceSkipsOlderLines) {
  open();
  write("old\n", LogStream::out, start_ns);
  write("new\n", LogStream::out, start_ns + 2);
  LogOptions options;
  options.since = Time{Duration(start_ns + 1)};
  EXPECT_EQ(read(options), "new\n");
}

TEST_F(LogTest, FollowsThroughRotations) {
  open(300, 9);
  LogReader reader(directory.path(), {});
  EXPECT_EQ(drain(reader), "") << "nothing is there yet";
  std::string expected;
  std::string got;
  for (int i = 0; i < 200; ++i) {
    write(str("line ", i, "\n"));
    expected += str("line ", i, "\n");
    if (i % 7 == 0) got += drain(reader);
  }
  got += drain(reader);
  EXPECT_EQ(got, expected);
}

TEST_F(LogTest, OneFileIsEnough) {
  open(200, 1);
  for (int i = 0; i < 50; ++i) write(str("line ", i, "\n"));
  EXPECT_NE(read().find("line 49\n"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(directory / "log.1"));
}

}  // namespace
}  // namespace muster::drivers
