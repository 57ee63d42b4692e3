#include "runtime/server/flow.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/server/status.h"

namespace muster::server {
namespace {

// A look at what else has come costs one turn of the loop: not after each of many short requests.
constexpr Duration short_time = std::chrono::milliseconds(1);
constexpr Duration patience_step = std::chrono::seconds(1);

}  // namespace

http::Response too_many_requests() {
  return error_response(Error{Code::too_many, "too many requests, please try again later", {}});
}

Flow::~Flow() {
  loop_.cancel(patience_);
}

Flow::Seat& Flow::Seat::operator=(Seat&& other) noexcept {
  give_back();
  flow_ = std::exchange(other.flow_, nullptr);
  lane_ = other.lane_;
  return *this;
}

void Flow::Seat::give_back() {
  if (const auto flow = std::exchange(flow_, nullptr)) flow->give_back(lane_);
}

Flow::Seat Flow::begin(Lane lane) {
  Queues& queues = lanes_[index(lane)];
  if (!queues.turns.empty() || queues.under_way >= limit(lane) || spent_ >= options_.slice) return {};
  ++queues.under_way;
  return Seat(shared_from_this(), lane);
}

void Flow::took(Duration time) {
  spent_ += time;
  if (spent_ < std::min(short_time, options_.slice) || std::exchange(look_posted_, true)) return;
  // Runs behind everything that is ready now.
  loop_.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->look_posted_ = false;
    self->spent_ = {};
  });
}

bool Flow::wait(Lane lane, std::string_view user, std::shared_ptr<http::Exchange> exchange, Serve serve) {
  Queues& queues = lanes_[index(lane)];
  const auto known = queues.by_name.find(user);
  const bool full = known != queues.by_name.end() && known->second->queue.size() >= options_.waiting_per_user;
  if (stopped_ || full || queues.waiting >= options_.waiting || options_.waiting_per_user == 0) {
    ++queues.refused;
    return false;
  }
  auto turn = known != queues.by_name.end() ? known->second : queues.turns.end();
  if (turn == queues.turns.end()) {
    turn = queues.turns.insert(queues.turns.end(), User{std::string(user), {}});
    queues.by_name.emplace(turn->name, turn);
  }
  auto waiting = std::make_shared<Waiting>(Waiting{std::move(exchange), std::move(serve), loop_.monotonic(), false});
  waiting->exchange->on_close([weak = std::weak_ptr<Waiting>(waiting)] {
    if (const auto self = weak.lock()) self->gone = true;
  });
  turn->queue.push_back(std::move(waiting));
  ++queues.waiting;
  watch_patience();
  if (queues.under_way < limit(lane)) serve_soon();
  return true;
}

void Flow::give_back(Lane lane) {
  Queues& queues = lanes_[index(lane)];
  --queues.under_way;
  if (!queues.turns.empty()) serve_soon();
}

void Flow::serve_soon() {
  if (stopped_ || std::exchange(serve_posted_, true)) return;
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->serve_waiting();
  });
}

// For one slice; then the loop looks at what else has come, which takes its place in the queues.
void Flow::serve_waiting() {
  serve_posted_ = false;
  const Duration end = loop_.monotonic() + options_.slice;
  bool served = true;
  while (served && !stopped_) {
    served = serve_next(Lane::reads);
    served = serve_next(Lane::writes) || served;
    if (served && loop_.monotonic() >= end) return serve_soon();
  }
}

bool Flow::serve_next(Lane lane) {
  Queues& queues = lanes_[index(lane)];
  if (stopped_ || queues.turns.empty() || queues.under_way >= limit(lane)) return false;
  const std::shared_ptr<Waiting> next = take_next(queues);
  if (next->gone) return true;
  ++queues.under_way;
  next->serve(Seat(shared_from_this(), lane));
  return true;
}

std::shared_ptr<Flow::Waiting> Flow::take_next(Queues& queues) {
  const auto turn = queues.turns.begin();
  std::shared_ptr<Waiting> next = std::move(turn->queue.front());
  turn->queue.pop_front();
  --queues.waiting;
  if (turn->queue.empty()) {
    queues.by_name.erase(turn->name);
    queues.turns.erase(turn);
  } else {
    queues.turns.splice(queues.turns.end(), queues.turns, turn);
  }
  return next;
}

void Flow::watch_patience() {
  if (patience_ != 0 || stopped_) return;
  patience_ = loop_.after(std::min(patience_step, options_.longest_wait), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->patience_ = 0;
    self->give_up_on_late_ones();
    if (self->waiting(Lane::reads) + self->waiting(Lane::writes) > 0) self->watch_patience();
  });
}

void Flow::give_up_on_late_ones() {
  const Duration latest = loop_.monotonic() - options_.longest_wait;
  std::vector<std::shared_ptr<Waiting>> late;
  for (Queues& queues : lanes_) {
    for (auto turn = queues.turns.begin(); turn != queues.turns.end();) {
      while (!turn->queue.empty() && turn->queue.front()->since <= latest) {
        late.push_back(std::move(turn->queue.front()));
        turn->queue.pop_front();
        --queues.waiting;
        ++queues.refused;
      }
      if (!turn->queue.empty()) {
        ++turn;
        continue;
      }
      queues.by_name.erase(turn->name);
      turn = queues.turns.erase(turn);
    }
  }
  for (const auto& each : late) each->exchange->respond(too_many_requests());
}

void Flow::stop() {
  stopped_ = true;
  loop_.cancel(std::exchange(patience_, 0));
  for (Queues& queues : lanes_) {
    queues.by_name.clear();
    queues.turns.clear();
    queues.waiting = 0;
  }
}

}  // namespace muster::server
