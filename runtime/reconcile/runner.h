// The shell around every controller, once: watches, keeps the queue, calls plan(), commits each Plan as one transaction
// together with its journal entry, backs off on errors. Everything it does happens on its own Loop, so that a
// controller that hangs holds up nobody else.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "controllers/base/controller.h"
#include "runtime/base/random.h"
#include "runtime/reconcile/queue.h"
#include "runtime/store/objects.h"

namespace muster::reconcile {

// What happened to one key; for metrics. Called on the runner's loop.
struct Outcome {
  enum class Result { idle, committed, conflict, error };
  Result result = Result::idle;
  Duration planned{};  // time in plan()
  std::size_t depth = 0;
  std::size_t actions = 0;
};

struct RunnerOptions {
  std::string build;  // for the journal
  Duration first_backoff = std::chrono::milliseconds(5);
  Duration longest_backoff = std::chrono::seconds(30);
  std::function<void(const Outcome&)> on_outcome;  // may be empty
};

class Runner {
 public:
  // `objects`, `loop` and `random` must outlive the runner; random is used on the loop only.
  Runner(std::unique_ptr<Controller> controller, store::Objects& objects, Loop& loop, Random& random,
         RunnerOptions options);
  // On the loop's thread, or when the loop has ended.
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Begins to watch and work. On the loop.
  void start();
  std::string_view name() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace muster::reconcile
