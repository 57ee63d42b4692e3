// The agent's one connection to its server: dials, says hello, beats, and dials again when it is lost.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/protocol/frames.h"
#include "runtime/agent/link.h"
#include "runtime/base/life.h"
#include "runtime/base/loop.h"
#include "runtime/base/random.h"

namespace muster::agent {

struct SessionCallbacks {
  std::function<protocol::Hello()> hello;
  std::function<void(const protocol::Welcome&)> on_welcome;
  // What comes after the welcome: put, remove, synced, ack, open.
  std::function<void(protocol::Down frame)> on_frame;
  // A connection that had been welcomed is lost.
  std::function<void()> on_lost;
  // Nothing was heard for a while: say something that has to be answered.
  std::function<void()> on_silence;
};

class Session {
 public:
  Session(Loop& loop, Random& random, Link& link, std::string target, SessionCallbacks callbacks);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start();
  // True from the welcome on.
  bool welcomed() const { return welcomed_; }
  // One line. False when there is no connection.
  bool send(std::string line);
  // Ends the connection, if there is one, and dials again.
  void reconnect(const std::string& reason);
  // Says the last line and ends the connection for good; `done` once that has happened or cannot happen any more.
  void shut_down(std::string last_line, std::function<void()> done);

  std::uint64_t connections() const { return connections_; }  // welcomed ones

 private:
  void dial();
  void dial_later(Duration shortest);
  void on_open();
  void on_message(const std::string& message);
  void on_first(protocol::Down frame);
  void on_close(const std::string& reason);
  void lose(const std::string& reason, Duration shortest_wait);
  void beat();
  void watch_silence();

  Loop& loop_;
  Random& random_;
  Link& link_;
  const std::string target_;
  SessionCallbacks callbacks_;
  std::unique_ptr<Connection> connection_;
  std::vector<std::unique_ptr<Connection>> lost_;  // until the callback that lost them has returned
  bool open_ = false, welcomed_ = false, ending_ = false;
  std::uint64_t dialed_ = 0;  // tells the callbacks of connections that have been given up
  std::uint64_t connections_ = 0;
  Duration backoff_;
  Duration beat_interval_{};
  Duration heard_{};  // monotonic
  bool asked_ = false;
  std::string last_reason_;
  Loop::Timer dial_timer_ = 0, beat_timer_ = 0, silence_timer_ = 0, end_timer_ = 0;
  std::function<void()> ended_;
  Life life_;
};

}  // namespace muster::agent
