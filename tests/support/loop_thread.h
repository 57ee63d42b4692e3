// Lets a test on its own thread use something that lives on a loop's thread.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "api/base/error.h"
#include "runtime/base/loop.h"

namespace muster::testing {

// Longer than anything that works takes; a test that waits so long has failed.
inline constexpr std::chrono::seconds patience{60};

// Runs the function on the loop and waits for its end.
template <class F>
void on_loop(Loop& loop, F function) {
  std::promise<void> ended;
  loop.post([&] {
    function();
    ended.set_value();
  });
  ended.get_future().wait();
}

// Calls `start(done)` on the loop and waits until `done(result)` has been called.
template <class T, class F>
Result<T> wait_for(Loop& loop, F start) {
  struct Slot {
    std::promise<void> ended;
    std::optional<Result<T>> result;
    bool answered = false;
  };
  auto slot = std::make_shared<Slot>();
  std::future<void> ended = slot->ended.get_future();
  loop.post([slot, start] {
    start([slot](Result<T> result) {
      if (std::exchange(slot->answered, true)) std::terminate();  // answered twice
      slot->result.emplace(std::move(result));
      slot->ended.set_value();
    });
  });
  if (ended.wait_for(patience) != std::future_status::ready) return Error{Code::internal, "the test got no answer", {}};
  return std::move(*slot->result);
}

}  // namespace muster::testing
