#include "runtime/agent/reporter.h"

#include <algorithm>
#include <utility>

namespace muster::agent {
namespace {

// Beyond that the server is behind; what changes meanwhile is gathered in one report.
constexpr std::size_t most_unacknowledged = 8;
// Of a report that is not full: keeps one message far below the link's limit.
constexpr std::size_t most_tasks = 1'000;

}  // namespace

Reporter::Reporter(Loop& loop, ReporterCallbacks callbacks) : loop_(loop), callbacks_(std::move(callbacks)) {}

void Reporter::mark(Worker& worker) {
  worker.report.acknowledged = false;
  worker.report.sequence = 0;
  if (!std::exchange(worker.report.due, true)) due_.push_back(worker.weak_from_this());
  flush_soon();
}

void Reporter::set_engine_down(bool down) {
  if (std::exchange(engine_down_, down) == down) return;
  say_something_ = true;
  flush_soon();
}

void Reporter::open(bool complete) {
  if (!open_) {
    open_ = true;
    full_due_ = true;
  }
  if (!complete && !engine_down_) return;
  if (!complete) say_something_ = true;
  if (complete && full_due_) {
    full_due_ = false;
    due_.clear();
    send(callbacks_.everything(), true);
    say_something_ = false;
  } else {
    flush_soon();
  }
}

void Reporter::close() {
  open_ = full_due_ = false;
  sent_.clear();
}

void Reporter::ask() {
  say_something_ = true;
  flush();
}

void Reporter::flush_soon() {
  if (!open_ || std::exchange(flushing_soon_, true)) return;
  loop_.post(life_.guard([this] {
    flushing_soon_ = false;
    flush();
  }));
}

void Reporter::flush() {
  if (!open_ || sent_.size() >= most_unacknowledged) return;
  if (full_due_) {
    // Nothing is said about tasks before the full report; that the engine is down cannot wait for it.
    if (std::exchange(say_something_, false)) send({}, false);
    return;
  }
  std::vector<std::shared_ptr<Worker>> workers;
  std::size_t taken = 0;
  for (; taken < due_.size() && workers.size() < most_tasks; ++taken) {
    if (auto worker = due_[taken].lock(); worker != nullptr && worker->report.due) workers.push_back(std::move(worker));
  }
  due_.erase(due_.begin(), due_.begin() + static_cast<std::ptrdiff_t>(taken));
  if (workers.empty() && !say_something_) return;
  say_something_ = false;
  send(workers, false);
  if (!due_.empty()) flush_soon();
}

void Reporter::send(const std::vector<std::shared_ptr<Worker>>& workers, bool full) {
  protocol::Report report;
  report.sequence = ++sequence_;
  report.full = full;
  report.engine_down = engine_down_;
  report.tasks.reserve(workers.size());
  Sent sent;
  sent.sequence = report.sequence;
  sent.workers.reserve(workers.size());
  for (const std::shared_ptr<Worker>& worker : workers) {
    const task::DesiredTask& task = worker->desired();
    report.tasks.push_back(protocol::TaskReport{task.ns, task.name, task.uid, worker->status()});
    worker->report.due = false;
    worker->report.sequence = report.sequence;
    sent.workers.push_back(worker);
  }
  ++reports_;
  sent_.push_back(std::move(sent));
  callbacks_.send(
      protocol::encode(protocol::Up(std::move(report))));  // a loss shows as close(), then all is told again
}

void Reporter::acknowledged(std::int64_t sequence) {
  while (!sent_.empty() && sent_.front().sequence <= sequence) {
    const Sent sent = std::move(sent_.front());
    sent_.pop_front();
    for (const std::weak_ptr<Worker>& weak : sent.workers) {
      const std::shared_ptr<Worker> worker = weak.lock();
      if (worker == nullptr || worker->report.sequence != sent.sequence) continue;
      worker->report.acknowledged = true;
      callbacks_.on_acknowledged(*worker);
    }
  }
  if (!due_.empty() || say_something_) flush_soon();
}

}  // namespace muster::agent
