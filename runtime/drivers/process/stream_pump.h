// Descriptors of a command or of a connection as a Channel: what can be read is told, what is written is queued.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/loop.h"
#include "runtime/drivers/base/driver.h"
#include "runtime/drivers/process/file.h"
#include "runtime/drivers/process/watcher.h"

namespace muster::drivers {

// All on the loop. Descriptors must not block.
class StreamPump : public std::enable_shared_from_this<StreamPump> {
 public:
  struct Source {
    Descriptor descriptor;
    bool is_stderr = false;
  };
  struct Callbacks {
    std::function<void(std::string_view bytes, bool is_stderr)> on_bytes;
    // All sources have ended.
    std::function<void()> on_end;
  };

  // `watcher` must outlive it, or be told by stop().
  StreamPump(Loop& loop, Watcher& watcher, Callbacks callbacks);

  void on_end(std::function<void()> callback) { callbacks_.on_end = std::move(callback); }
  void start(std::vector<Source> sources, Descriptor sink);
  // Closes everything; no callback follows.
  void stop();

  // False when it has been closed or too much is queued.
  bool write(std::string_view bytes);
  std::size_t queued() const { return queue_.size() - written_; }
  // Closes the sink after what is queued. `how` is called with it first: a socket is shut down, a terminal gets a byte.
  void end_input(std::function<void(const Descriptor& sink)> how);
  const Descriptor& sink() const { return sink_; }

  void pause() { paused_ = true; }
  void resume();
  // Reads what is there now and is told no more: the process has ended, others may hold its pipes.
  void drain();

 private:
  void watch(std::size_t index);
  // False at the end of the source.
  bool read(Source& source);
  void source_ended();
  void flush();

  Loop& loop_;
  Watcher& watcher_;
  Callbacks callbacks_;
  std::vector<Source> sources_;
  std::vector<Watcher::Id> watches_;  // of each source, 0: none
  std::vector<bool> held_;            // readable while paused
  std::size_t open_ = 0;
  Descriptor sink_;
  std::string queue_;
  std::size_t written_ = 0;
  bool paused_ = false, stopped_ = false, flushing_ = false;
  std::function<void(const Descriptor& sink)> ending_;
  bool ends_ = false;
};

}  // namespace muster::drivers
