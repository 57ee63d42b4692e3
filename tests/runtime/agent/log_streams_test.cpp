// Logs flow as fast as the reader takes them, and no faster.
#include "runtime/agent/log_streams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/manual_loop.h"
#include "tests/support/silent_driver.h"

namespace muster::agent {
namespace {

using ::testing::ElementsAre;

struct Wire {
  LinkCallbacks callbacks;
  std::string target, close_reason;
  std::size_t sent = 0, queued = 0, largest = 0;
  bool dropped = false, broken = false;
};

class WireLink final : public Link {
 public:
  std::unique_ptr<Connection> dial(std::string target, LinkCallbacks callbacks) override {
    struct End final : Connection {
      explicit End(Wire& its_wire) : wire(its_wire) {}
      ~End() override { wire.dropped = true; }
      bool send_text(std::string) override { return false; }
      bool send_bytes(std::string message) override {
        wire.sent += message.size();
        wire.queued += message.size();
        wire.largest = std::max(wire.largest, message.size());
        return !wire.broken;
      }
      std::size_t queued() const override { return wire.queued; }
      void close(std::string reason) override { wire.close_reason = reason.empty() ? "(end)" : reason; }
      Wire& wire;
    };
    wire = Wire{};
    wire.target = std::move(target);
    wire.callbacks = std::move(callbacks);
    return std::make_unique<End>(wire);
  }
  Wire wire;
};

class LogDriver final : public muster::testing::SilentDriver {
 public:
  struct Reading final : drivers::Subscription {
    explicit Reading(std::vector<std::string>& its_notes) : notes(its_notes) {}
    ~Reading() override { notes.emplace_back("dropped"); }
    void pause() override { notes.emplace_back("pause"); }
    void resume() override { notes.emplace_back("resume"); }
    std::vector<std::string>& notes;
  };
  std::unique_ptr<drivers::Subscription> logs(std::string name, drivers::LogOptions asked,
                                              drivers::LogCallbacks its_callbacks) override {
    container = std::move(name);
    options = asked;
    callbacks = std::move(its_callbacks);
    return std::make_unique<Reading>(notes);
  }
  std::string container;
  drivers::LogOptions options;
  drivers::LogCallbacks callbacks;
  std::vector<std::string> notes;
};

class LogStreamsTest : public ::testing::Test {
 protected:
  void open() {
    protocol::Open request;
    request.stream = "s1";
    request.task_uid = "uid";
    request.container = "app";
    request.follow = request.timestamps = true;
    request.tail = 5;
    streams.open(request);
    wire.callbacks.on_open();
  }
  testing::ManualLoop loop;
  WireLink link;
  Wire& wire = link.wire;
  LogDriver driver;
  LogStreams streams{loop, link, driver, "/streams/",
                     [](const std::string& uid, const std::string& container) { return uid + "/" + container; }};
};

TEST_F(LogStreamsTest, asks_for_what_was_asked_for) {
  open();
  EXPECT_EQ(wire.target, "/streams/s1");
  EXPECT_EQ(driver.container, "uid/app");
  EXPECT_TRUE(driver.options.follow && driver.options.timestamps);
  EXPECT_EQ(driver.options.tail, 5);
}

TEST_F(LogStreamsTest, large_pieces_are_cut) {
  open();
  driver.callbacks.on_bytes(std::string(200'000, 'x'), false);
  EXPECT_EQ(wire.sent, 200'000u);
  EXPECT_LE(wire.largest, 65'536u);
}

TEST_F(LogStreamsTest, a_slow_reader_makes_the_driver_wait) {
  open();
  driver.callbacks.on_bytes(std::string(1'100'000, 'x'), false);
  EXPECT_THAT(driver.notes, ElementsAre("pause"));
  loop.advance(std::chrono::seconds(1));
  EXPECT_THAT(driver.notes, ElementsAre("pause"));
  wire.queued = 1'000;
  loop.advance(std::chrono::seconds(1));
  EXPECT_THAT(driver.notes, ElementsAre("pause", "resume"));
  EXPECT_EQ(loop.timers(), 0u);
}

TEST_F(LogStreamsTest, a_driver_that_cannot_wait_is_cut_off) {
  open();
  for (int at = 0; at < 40 && wire.close_reason.empty(); ++at) {
    driver.callbacks.on_bytes(std::string(1'000'000, 'x'), false);
  }
  EXPECT_EQ(wire.close_reason, "the reader is too slow for this log");
  EXPECT_LT(wire.queued, 40'000'000u);
}

TEST_F(LogStreamsTest, the_end_of_the_log_ends_the_stream) {
  open();
  driver.callbacks.on_end({});
  EXPECT_EQ(wire.close_reason, "(end)");
  wire.callbacks.on_close("closed");
  loop.run_ready();
  EXPECT_EQ(streams.size(), 0u);
  EXPECT_TRUE(wire.dropped);
  EXPECT_THAT(driver.notes, ElementsAre("dropped"));
}

TEST_F(LogStreamsTest, a_reader_that_leaves_ends_the_reading) {
  open();
  wire.callbacks.on_close("gone");
  loop.run_ready();
  EXPECT_EQ(streams.size(), 0u);
  EXPECT_THAT(driver.notes, ElementsAre("dropped"));
  driver.callbacks.on_bytes("late", false);  // nobody is there any more
}

TEST_F(LogStreamsTest, a_broken_connection_ends_it) {
  open();
  wire.broken = true;
  driver.callbacks.on_bytes("x", false);
  EXPECT_EQ(wire.close_reason, "the connection is lost");
}

}  // namespace
}  // namespace muster::agent
