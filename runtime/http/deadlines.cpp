#include "runtime/http/deadlines.h"

#include <algorithm>
#include <optional>

namespace muster::http {

void Deadlines::arm(Deadline& deadline, Duration length) {
  deadline.unlink();
  auto lane = std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& each) { return each.length == length; });
  if (lane == lanes_.end()) lane = lanes_.emplace(lanes_.end(), length);
  deadline.at_ = loop_.monotonic() + length;
  lane->list.push_back(deadline);
  set_timer(deadline.at_);
}

void Deadlines::set_timer(Duration at) {
  if (timer_ != 0 && timer_at_ <= at) return;  // rings early enough
  loop_.cancel(timer_);
  timer_at_ = at;
  timer_ = loop_.after(at - loop_.monotonic(), [this] { ring(); });
}

void Deadlines::ring() {
  timer_ = 0;
  const Duration now = loop_.monotonic();
  std::optional<Duration> next;
  for (Lane& lane : lanes_) {
    while (!lane.list.empty() && lane.list.front().at_ <= now) {
      Deadline& due = lane.list.front();
      due.unlink();
      due.owner_.on_deadline(due);
    }
    if (!lane.list.empty() && (!next || lane.list.front().at_ < *next)) next = lane.list.front().at_;
  }
  if (next) set_timer(*next);
}

}  // namespace muster::http
