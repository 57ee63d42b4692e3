// Pieces of the engine's streams put together again. Pure; memory is bounded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace muster::drivers::docker {

// Cuts a stream into lines. A line beyond the limit is dropped as a whole.
class Lines {
 public:
  explicit Lines(std::size_t max_bytes) : max_bytes_(max_bytes) {}
  // Lines are given without their end; empty ones are left out.
  void feed(std::string_view bytes, const std::function<void(std::string_view)>& on_line);

 private:
  std::size_t max_bytes_;
  std::string pending_;
  bool too_long_ = false;
};

// Takes the log of a container without a terminal apart: frames of 8 bytes head (stream, 0, 0, 0, length) and content.
// Content is passed on as it arrives, never kept.
class Frames {
 public:
  enum class Stream : std::uint8_t { in = 0, out = 1, err = 2, system_error = 3 };
  using OnBytes = std::function<void(std::string_view bytes, Stream stream)>;
  // False when the bytes are not such frames; nothing more can then be read.
  bool feed(std::string_view bytes, const OnBytes& on_bytes);

 private:
  std::array<unsigned char, 8> head_{};
  std::size_t head_size_ = 0;
  std::size_t left_ = 0;  // of the content
};

}  // namespace muster::drivers::docker
