// Tells the server what has changed: what changes in one turn of the loop goes in one report, each report is
// acknowledged, and after a connection was lost everything is told again.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/protocol/frames.h"
#include "runtime/agent/worker.h"
#include "runtime/base/life.h"
#include "runtime/base/loop.h"

namespace muster::agent {

struct ReporterCallbacks {
  std::function<bool(std::string line)> send;
  // Every task that the server may know.
  std::function<std::vector<std::shared_ptr<Worker>>()> everything;
  // The server has this task's present status.
  std::function<void(Worker& worker)> on_acknowledged;
};

class Reporter {
 public:
  Reporter(Loop& loop, ReporterCallbacks callbacks);
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  // The task's status is new.
  void mark(Worker& worker);
  void set_engine_down(bool down);
  // The connection is ready for reports. `complete`: the host has been looked at, so that a full report can be made.
  void open(bool complete);
  void close();
  // Sends something even if nothing has changed: it will be acknowledged.
  void ask();
  void acknowledged(std::int64_t sequence);
  // What is due goes out now.
  void flush();

  std::uint64_t reports() const { return reports_; }

 private:
  void flush_soon();
  void send(const std::vector<std::shared_ptr<Worker>>& workers, bool full);

  struct Sent {
    std::int64_t sequence;
    std::vector<std::weak_ptr<Worker>> workers;
  };

  Loop& loop_;
  ReporterCallbacks callbacks_;
  bool open_ = false;
  bool full_due_ = false;  // the first report of the connection is still to come
  bool say_something_ = false;
  bool engine_down_ = false;
  bool flushing_soon_ = false;
  std::int64_t sequence_ = 0;
  std::uint64_t reports_ = 0;
  std::vector<std::weak_ptr<Worker>> due_;
  std::deque<Sent> sent_;  // not yet acknowledged, in order
  Life life_;
};

}  // namespace muster::agent
