// The sorted keys of one tree node in one piece of memory: the beginning they share is kept once, then the rest of
// each. Keys of neighbours differ in their last bytes only, so a node of 32 index entries takes a few hundred bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace muster {

class PackedKeys {
 public:
  static constexpr std::size_t most = 32;

  PackedKeys() = default;
  PackedKeys(const PackedKeys& other);
  PackedKeys& operator=(const PackedKeys& other);
  PackedKeys(PackedKeys&& other) noexcept = default;
  PackedKeys& operator=(PackedKeys&& other) noexcept = default;
  ~PackedKeys() = default;

  std::size_t count() const { return count_; }
  std::string_view prefix() const { return {bytes_.get(), prefix_}; }
  // What follows the prefix in the key at `index`.
  std::string_view rest(std::size_t index) const {
    const std::uint32_t begin = index == 0 ? prefix_ : ends_[index - 1];
    return {bytes_.get() + begin, ends_[index] - begin};
  }
  std::string key(std::size_t index) const;

  // The first index whose key is not less than `key`; count() when there is none.
  std::size_t lower_bound(std::string_view key) const;
  // The first index whose key is greater than `key`.
  std::size_t upper_bound(std::string_view key) const;
  bool equals(std::size_t index, std::string_view key) const;

  // The caller keeps the order, and at most `most` keys.
  void insert(std::size_t index, std::string_view key);
  void erase(std::size_t index);
  // Moves the keys from `index` on out of here.
  PackedKeys split_off(std::size_t index);

 private:
  enum class Bound { not_less, greater };
  std::size_t search(std::string_view key, Bound bound) const;
  // A copy of keys [from, to) with the longest prefix they share.
  PackedKeys slice(std::size_t from, std::size_t to) const;
  void shorten_prefix(std::size_t length);
  void reserve(std::size_t size);
  std::size_t used() const { return count_ == 0 ? prefix_ : ends_[count_ - 1]; }

  std::unique_ptr<char[]> bytes_;
  std::uint32_t capacity_ = 0;
  std::uint32_t prefix_ = 0;  // length
  std::uint32_t count_ = 0;
  // The first four bytes of each rest as a number of the same order: most searches touch nothing else.
  std::array<std::uint32_t, most> heads_;
  std::array<std::uint32_t, most> ends_;  // where each key's rest ends in bytes_
};

// How many bytes at the beginning are the same.
std::size_t common_length(std::string_view left, std::string_view right);

}  // namespace muster
