#include "api/state/packed_keys.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "api/base/assert.h"

namespace muster {

namespace {

std::uint32_t head_of(std::string_view text) {
  std::uint32_t head = 0;
  for (std::size_t i = 0; i < sizeof(head); ++i) {
    head = head << 8U | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
  }
  return head;
}

}  // namespace

std::size_t common_length(std::string_view left, std::string_view right) {
  const std::size_t shorter = std::min(left.size(), right.size());
  std::size_t length = 0;
  while (length < shorter && left[length] == right[length]) ++length;
  return length;
}

PackedKeys::PackedKeys(const PackedKeys& other) {
  *this = other;
}

PackedKeys& PackedKeys::operator=(const PackedKeys& other) {
  if (this == &other) return *this;
  const std::size_t size = other.used();
  bytes_ = std::make_unique_for_overwrite<char[]>(size);
  if (size > 0) std::memcpy(bytes_.get(), other.bytes_.get(), size);
  capacity_ = static_cast<std::uint32_t>(size);
  prefix_ = other.prefix_;
  count_ = other.count_;
  std::copy_n(other.heads_.begin(), other.count_, heads_.begin());
  std::copy_n(other.ends_.begin(), other.count_, ends_.begin());
  return *this;
}

std::string PackedKeys::key(std::size_t index) const {
  const std::string_view rest_of_key = rest(index);
  std::string out;
  out.reserve(prefix_ + rest_of_key.size());
  out += prefix();
  out += rest_of_key;
  return out;
}

std::size_t PackedKeys::search(std::string_view key, Bound bound) const {
  if (count_ == 0) return 0;
  const int order = key.substr(0, prefix_).compare(prefix());
  if (order != 0) return order < 0 ? 0 : count_;
  const std::string_view wanted = key.substr(prefix_);
  const std::uint32_t head = head_of(wanted);
  const auto begin = heads_.begin();
  auto low = static_cast<std::size_t>(std::lower_bound(begin, begin + count_, head) - begin);
  std::size_t high = low;
  while (high < count_ && heads_[high] == head) ++high;
  // Equal heads: the texts decide.
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const int compared = rest(middle).compare(wanted);
    if (compared < 0 || (compared == 0 && bound == Bound::greater)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::size_t PackedKeys::lower_bound(std::string_view key) const {
  return search(key, Bound::not_less);
}

std::size_t PackedKeys::upper_bound(std::string_view key) const {
  return search(key, Bound::greater);
}

bool PackedKeys::equals(std::size_t index, std::string_view key) const {
  const std::string_view rest_of_key = rest(index);
  return key.size() == prefix_ + rest_of_key.size() && key.ends_with(rest_of_key) && key.starts_with(prefix());
}

void PackedKeys::insert(std::size_t index, std::string_view key) {
  MUSTER_ASSERT(count_ < most && index <= count_);
  if (count_ == 0) {
    prefix_ = 0;
    reserve(key.size());
    if (!key.empty()) std::memcpy(bytes_.get(), key.data(), key.size());
    prefix_ = static_cast<std::uint32_t>(key.size());
    heads_[0] = 0;
    ends_[0] = prefix_;
    count_ = 1;
    return;
  }
  const std::size_t shared = common_length(prefix(), key);
  if (shared < prefix_) shorten_prefix(shared);
  const std::string_view added = key.substr(prefix_);
  const std::size_t size = used();
  reserve(size + added.size());
  const std::size_t at = index == 0 ? prefix_ : ends_[index - 1];
  std::memmove(bytes_.get() + at + added.size(), bytes_.get() + at, size - at);
  if (!added.empty()) std::memcpy(bytes_.get() + at, added.data(), added.size());
  for (std::size_t i = count_; i > index; --i) {
    heads_[i] = heads_[i - 1];
    ends_[i] = ends_[i - 1] + static_cast<std::uint32_t>(added.size());
  }
  heads_[index] = head_of(added);
  ends_[index] = static_cast<std::uint32_t>(at + added.size());
  ++count_;
}

void PackedKeys::erase(std::size_t index) {
  MUSTER_ASSERT(index < count_);
  const std::size_t begin = index == 0 ? prefix_ : ends_[index - 1];
  const std::size_t end = ends_[index];
  std::memmove(bytes_.get() + begin, bytes_.get() + end, used() - end);
  for (std::size_t i = index; i + 1 < count_; ++i) {
    heads_[i] = heads_[i + 1];
    ends_[i] = ends_[i + 1] - static_cast<std::uint32_t>(end - begin);
  }
  --count_;
}

PackedKeys PackedKeys::split_off(std::size_t index) {
  PackedKeys tail = slice(index, count_);
  *this = slice(0, index);
  return tail;
}

PackedKeys PackedKeys::slice(std::size_t from, std::size_t to) const {
  PackedKeys out;
  if (from == to) return out;
  // Sorted: what the first and the last share, all share.
  const std::size_t more = common_length(rest(from), rest(to - 1));
  std::size_t size = prefix_ + more;
  for (std::size_t i = from; i < to; ++i) size += rest(i).size() - more;
  out.reserve(size + size / 4);
  char* end = std::copy_n(bytes_.get(), prefix_, out.bytes_.get());
  end = std::copy_n(rest(from).data(), more, end);
  out.prefix_ = static_cast<std::uint32_t>(prefix_ + more);
  for (std::size_t i = from; i < to; ++i) {
    const std::string_view rest_of_key = rest(i).substr(more);
    end = std::copy(rest_of_key.begin(), rest_of_key.end(), end);
    out.heads_[i - from] = head_of(rest_of_key);
    out.ends_[i - from] = static_cast<std::uint32_t>(end - out.bytes_.get());
  }
  out.count_ = static_cast<std::uint32_t>(to - from);
  return out;
}

void PackedKeys::shorten_prefix(std::size_t length) {
  const std::size_t moved = prefix_ - length;  // bytes that every rest takes over
  const std::string tail(bytes_.get() + length, moved);
  std::size_t size = used();
  const std::size_t new_size = size + moved * (count_ - 1);
  reserve(new_size);
  // From the last to the first, so that nothing is overwritten before it has moved.
  std::size_t end = new_size;
  for (std::size_t i = count_; i > 0; --i) {
    const std::size_t begin = i == 1 ? prefix_ : ends_[i - 2];
    const std::size_t rest_size = ends_[i - 1] - begin;
    ends_[i - 1] = static_cast<std::uint32_t>(end);
    end -= rest_size;
    std::memmove(bytes_.get() + end, bytes_.get() + begin, rest_size);
    end -= moved;
    std::memcpy(bytes_.get() + end, tail.data(), moved);
  }
  prefix_ = static_cast<std::uint32_t>(length);
  for (std::size_t i = 0; i < count_; ++i) heads_[i] = head_of(rest(i));
}

void PackedKeys::reserve(std::size_t size) {
  if (size <= capacity_) return;
  const std::size_t capacity = size + size / 8 + 16;
  MUSTER_ASSERT(capacity <= std::numeric_limits<std::uint32_t>::max());
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
  if (used() > 0) std::memcpy(bytes.get(), bytes_.get(), used());
  bytes_ = std::move(bytes);
  capacity_ = static_cast<std::uint32_t>(capacity);
}

}  // namespace muster
