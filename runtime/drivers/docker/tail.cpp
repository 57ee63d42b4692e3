#include "runtime/drivers/docker/tail.h"

#include <utility>

namespace muster::drivers::docker {

void Tail::add(std::string_view bytes, bool is_stderr) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end == std::string_view::npos ? bytes.size() : end + 1);
    bytes.remove_prefix(part.size());
    bytes_ += part.size();
    const bool goes_on = !kept_.empty() && kept_.back().is_stderr == is_stderr && !kept_.back().bytes.ends_with('\n');
    if (goes_on) {
      kept_.back().bytes += part;
    } else {
      kept_.push_back({std::string(part), is_stderr});
    }
    shorten();
  }
}

void Tail::shorten() {
  while (!kept_.empty() && (static_cast<std::int64_t>(kept_.size()) > lines_ || bytes_ > most_bytes_)) {
    bytes_ -= kept_.front().bytes.size();
    kept_.pop_front();
  }
}

std::deque<Tail::Line> Tail::take() {
  bytes_ = 0;
  return std::exchange(kept_, {});
}

}  // namespace muster::drivers::docker
