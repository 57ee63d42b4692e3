#include "runtime/agent/lanes.h"

#include <algorithm>

namespace muster::agent {

struct Lane::State : std::enable_shared_from_this<Lane::State> {
  using Key = std::pair<Priority, Ticket>;

  State(Loop& the_loop, std::size_t the_width) : loop(the_loop), width(std::max<std::size_t>(the_width, 1)) {}

  // From the loop, so that a chain of operations which answer at once does not nest.
  void wake() {
    if (waiting.empty() || waking) return;
    waking = true;
    loop.post([weak = weak_from_this()] {
      if (const std::shared_ptr<State> self = weak.lock()) self->run();
    });
  }
  void run();

  Loop& loop;
  const std::size_t width;
  std::size_t running = 0;
  bool waking = false;
  Ticket last = 0;
  std::map<Key, Job> waiting;
};

class Lane::Pass {
 public:
  explicit Pass(std::weak_ptr<State> lane) : lane_(std::move(lane)) {}
  ~Pass() {
    const std::shared_ptr<State> lane = lane_.lock();
    if (lane == nullptr) return;
    --lane->running;
    lane->wake();
  }
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;

 private:
  std::weak_ptr<State> lane_;
};

void Lane::State::run() {
  waking = false;
  while (running < width && !waiting.empty()) {
    const Job job = std::move(waiting.begin()->second);
    waiting.erase(waiting.begin());
    ++running;
    job(std::make_shared<Pass>(weak_from_this()));
  }
}

Lane::Lane(Loop& loop, std::size_t width) : state_(std::make_shared<State>(loop, width)) {}

Lane::~Lane() {
  state_->waiting.clear();
}

Lane::Ticket Lane::enter(Priority priority, Job job) {
  if (state_->running < state_->width && state_->waiting.empty()) {
    ++state_->running;
    job(std::make_shared<Pass>(state_));
    return 0;
  }
  const Ticket ticket = ++state_->last;
  state_->waiting.emplace(State::Key{priority, ticket}, std::move(job));
  state_->wake();
  return ticket;
}

void Lane::leave(Ticket ticket) {
  state_->waiting.erase({Priority::urgent, ticket});
  state_->waiting.erase({Priority::normal, ticket});
}

std::size_t Lane::waiting() const {
  return state_->waiting.size();
}

}  // namespace muster::agent
