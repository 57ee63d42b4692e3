// Tunnels carry bytes both ways, each side as fast as the other takes them, and end when either end does.
#include "runtime/agent/tunnels.h"

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
  std::vector<std::string> sent;
  std::vector<std::string> notes;
  std::size_t queued = 0;
};

class WireLink final : public Link {
 public:
  std::unique_ptr<Connection> dial(std::string target, LinkCallbacks callbacks) override {
    struct End final : Connection {
      explicit End(Wire& its_wire) : wire(its_wire) {}
      bool send_text(std::string) override { return false; }
      bool send_bytes(std::string message) override {
        wire.queued += message.size();
        wire.sent.push_back(std::move(message));
        return true;
      }
      std::size_t queued() const override { return wire.queued; }
      void pause() override { wire.notes.emplace_back("pause"); }
      void resume() override { wire.notes.emplace_back("resume"); }
      void close(std::string reason) override { wire.close_reason = reason; }
      Wire& wire;
    };
    wire = Wire{};
    wire.target = std::move(target);
    wire.callbacks = std::move(callbacks);
    return std::make_unique<End>(wire);
  }
  Wire wire;
};

class ChannelDriver final : public muster::testing::SilentDriver {
 public:
  struct Line final : drivers::Channel {
    explicit Line(ChannelDriver& its_driver) : driver(its_driver) {}
    ~Line() override { driver.notes.emplace_back("dropped"); }
    bool write(std::string bytes) override {
      driver.written += bytes;
      driver.queued += bytes.size();
      return true;
    }
    std::size_t queued() const override { return driver.queued; }
    void end_input() override { driver.notes.emplace_back("end of input"); }
    void resize(int width, int height) override {
      driver.notes.push_back("size " + std::to_string(width) + " " + std::to_string(height));
    }
    void pause() override { driver.notes.emplace_back("pause"); }
    void resume() override { driver.notes.emplace_back("resume"); }
    ChannelDriver& driver;
  };
  std::unique_ptr<drivers::Channel> exec(std::string name, std::vector<std::string> its_command,
                                         drivers::ProcessStreams its_streams,
                                         drivers::ChannelCallbacks its_callbacks) override {
    container = std::move(name);
    command = std::move(its_command);
    streams = its_streams;
    callbacks = std::move(its_callbacks);
    return std::make_unique<Line>(*this);
  }
  std::unique_ptr<drivers::Channel> connect(std::string, int its_port,
                                            drivers::ChannelCallbacks its_callbacks) override {
    port = its_port;
    callbacks = std::move(its_callbacks);
    return std::make_unique<Line>(*this);
  }
  std::string container, written;
  std::vector<std::string> command, notes;
  drivers::ProcessStreams streams;
  drivers::ChannelCallbacks callbacks;
  std::size_t queued = 0;
  int port = 0;
};

class TunnelsTest : public ::testing::Test {
 protected:
  void open(protocol::StreamKind kind) {
    protocol::Open request;
    request.stream = "s1";
    request.task_uid = "uid";
    request.container = "app";
    request.kind = kind;
    request.command = {"ls", "-l"};
    request.input = request.output = true;
    request.port = 8080;
    tunnels.open(request);
    wire.callbacks.on_open();
  }
  void receive(protocol::Tunnel type, std::string_view content) {
    wire.callbacks.on_message(protocol::tunnel_message(type, content));
  }
  static std::string up(protocol::Tunnel type, std::string_view content) {
    return protocol::tunnel_message(type, content);
  }
  testing::ManualLoop loop;
  WireLink link;
  Wire& wire = link.wire;
  ChannelDriver driver;
  Tunnels tunnels{loop, link, driver, "/streams/",
                  [](const std::string& uid, const std::string& container) { return uid + "/" + container; }};
};

TEST_F(TunnelsTest, runs_what_was_asked_for) {
  open(protocol::StreamKind::exec);
  EXPECT_EQ(wire.target, "/streams/s1");
  EXPECT_EQ(driver.container, "uid/app");
  EXPECT_THAT(driver.command, ElementsAre("ls", "-l"));
  EXPECT_TRUE(driver.streams.input && driver.streams.output && !driver.streams.errors && !driver.streams.terminal);
}

TEST_F(TunnelsTest, carries_bytes_both_ways) {
  open(protocol::StreamKind::exec);
  receive(protocol::Tunnel::input, "in");
  receive(protocol::Tunnel::resize, protocol::encode_size({80, 24}));
  receive(protocol::Tunnel::input_end, "");
  wire.callbacks.on_message("\xff nonsense");
  EXPECT_EQ(driver.written, "in");
  EXPECT_THAT(driver.notes, ElementsAre("size 80 24", "end of input"));
  driver.callbacks.on_bytes("out", false);
  driver.callbacks.on_bytes("err", true);
  EXPECT_THAT(wire.sent, ElementsAre(up(protocol::Tunnel::output, "out"), up(protocol::Tunnel::errors, "err")));
}

TEST_F(TunnelsTest, the_exit_code_is_the_last_word) {
  open(protocol::StreamKind::exec);
  driver.callbacks.on_end(7);
  EXPECT_THAT(wire.sent, ElementsAre(up(protocol::Tunnel::exited, "7")));
  EXPECT_EQ(wire.close_reason, "done");
  receive(protocol::Tunnel::input, "late");
  EXPECT_EQ(driver.written, "");
  wire.callbacks.on_close("closed");
  loop.run_ready();
  EXPECT_EQ(tunnels.size(), 0U);
  EXPECT_THAT(driver.notes, ElementsAre("dropped"));
}

TEST_F(TunnelsTest, a_port_ends_without_an_exit_code) {
  open(protocol::StreamKind::forward);
  EXPECT_EQ(driver.port, 8080);
  driver.callbacks.on_output_end();
  driver.callbacks.on_end(0);
  EXPECT_THAT(wire.sent, ElementsAre(up(protocol::Tunnel::output_end, ""), up(protocol::Tunnel::closed, "")));
}

TEST_F(TunnelsTest, tells_why_it_failed) {
  open(protocol::StreamKind::exec);
  driver.callbacks.on_end(Error{Code::not_found, "NoSuchContainerError: gone", {}});
  EXPECT_THAT(wire.sent, ElementsAre(up(protocol::Tunnel::failed, "NoSuchContainerError: gone")));
}

TEST_F(TunnelsTest, a_driver_that_cannot_says_so) {
  open(protocol::StreamKind::attach);
  EXPECT_THAT(wire.sent,
              ElementsAre(up(protocol::Tunnel::failed, "the driver of this host does not support attach yet")));
  EXPECT_EQ(wire.close_reason, "done");
}

TEST_F(TunnelsTest, a_slow_reader_makes_the_process_wait) {
  open(protocol::StreamKind::exec);
  driver.callbacks.on_bytes(std::string(1'100'000, 'x'), false);
  EXPECT_THAT(driver.notes, ElementsAre("pause"));
  loop.advance(std::chrono::seconds(1));
  EXPECT_THAT(driver.notes, ElementsAre("pause"));
  wire.queued = 1'000;
  loop.advance(std::chrono::seconds(1));
  EXPECT_THAT(driver.notes, ElementsAre("pause", "resume"));
  EXPECT_EQ(loop.timers(), 0U);
}

TEST_F(TunnelsTest, a_slow_process_makes_the_server_wait) {
  open(protocol::StreamKind::exec);
  receive(protocol::Tunnel::input, std::string(1'100'000, 'x'));
  EXPECT_THAT(wire.notes, ElementsAre("pause"));
  driver.queued = 0;
  loop.advance(std::chrono::seconds(1));
  EXPECT_THAT(wire.notes, ElementsAre("pause", "resume"));
  EXPECT_EQ(loop.timers(), 0U);
}

TEST_F(TunnelsTest, a_server_that_leaves_ends_the_process) {
  open(protocol::StreamKind::exec);
  wire.callbacks.on_close("gone");
  loop.run_ready();
  EXPECT_EQ(tunnels.size(), 0U);
  EXPECT_THAT(driver.notes, ElementsAre("dropped"));
  driver.callbacks.on_bytes("late", false);  // nobody is there any more
}

}  // namespace
}  // namespace muster::agent
