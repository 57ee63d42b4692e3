#include "runtime/drivers/docker/streams.h"

#include <algorithm>

namespace muster::drivers::docker {

void Lines::feed(std::string_view bytes, const std::function<void(std::string_view)>& on_line) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (pending_.size() + piece.size() > max_bytes_) {
      too_long_ = true;
      pending_.clear();
    }
    if (!too_long_) pending_ += piece;
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    if (!pending_.empty() && pending_.back() == '\r') pending_.pop_back();
    // The callback may end this stream: nothing of it is touched meanwhile.
    const std::string line = std::move(pending_);
    pending_.clear();
    const bool usable = !too_long_ && !line.empty();
    too_long_ = false;
    if (usable) on_line(line);
  }
}

bool Frames::feed(std::string_view bytes, const OnBytes& on_bytes) {
  while (!bytes.empty()) {
    if (left_ > 0) {
      const std::string_view content = bytes.substr(0, left_);
      left_ -= content.size();
      bytes.remove_prefix(content.size());
      on_bytes(content, static_cast<Stream>(head_[0]));
      continue;
    }
    head_[head_size_++] = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (head_size_ < head_.size()) continue;
    head_size_ = 0;
    if (head_[0] > 3 || head_[1] != 0 || head_[2] != 0 || head_[3] != 0) return false;
    left_ = (std::size_t{head_[4]} << 24U) | (std::size_t{head_[5]} << 16U) | (std::size_t{head_[6]} << 8U) | head_[7];
  }
  return true;
}

}  // namespace muster::drivers::docker
