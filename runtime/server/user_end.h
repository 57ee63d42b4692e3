// The user's end of a stream, whatever protocol it speaks: bytes and signs in, bytes and the outcome out.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/protocol/tunnel.h"

namespace muster::server {

enum class Output { out, errors };

struct UserCallbacks {
  std::function<void(std::string_view bytes)> on_input;
  std::function<void()> on_input_end;
  std::function<void(protocol::WindowSize size)> on_resize;
  // The user has gone; nothing follows.
  std::function<void()> on_gone;
};

// All on the server's loop; callbacks never come from inside a call. Dropping it ends the user's connection or his part
// of it.
class UserEnd {
 public:
  virtual ~UserEnd() = default;
  // What has come before is told then.
  virtual void start(UserCallbacks callbacks) = 0;
  virtual void write(Output which, std::string_view bytes) = 0;
  // Nothing more is written. False when the protocol cannot say so while input goes on: the stream is then over.
  virtual bool end_output() { return false; }
  // The last word: how it ended. Then the end.
  virtual void finish(const protocol::StreamEnd& end) = 0;
  // Bytes written and not yet on their way.
  virtual std::size_t queued() const = 0;
  // Back-pressure; of ends that share a connection, for all of them. Pausing twice is pausing once.
  void pause() {
    if (!std::exchange(paused_, true)) pause_input();
  }
  void resume() {
    if (std::exchange(paused_, false)) resume_input();
  }

 private:
  virtual void pause_input() = 0;
  virtual void resume_input() = 0;

  bool paused_ = false;
};

// The Status that ends an exec or attach, as Kubernetes says it.
std::string end_status(const protocol::StreamEnd& end);
// {"Width":80,"Height":24}, as a terminal's new size comes. Nothing for anything else.
std::optional<protocol::WindowSize> parse_size(std::string_view json);

}  // namespace muster::server
