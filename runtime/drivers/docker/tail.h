// The last lines of a log, for engines that cannot be asked for them. For this folder only.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace muster::drivers::docker {

class Tail {
 public:
  struct Line {
    std::string bytes;  // with its line feed, if it has one
    bool is_stderr = false;
  };

  explicit Tail(std::int64_t lines, std::size_t most_bytes = std::size_t{64} << 20U)
      : lines_(lines), most_bytes_(most_bytes) {}
  // In the order of the log; a line may come in parts.
  void add(std::string_view bytes, bool is_stderr);
  // What is kept, oldest first; nothing afterwards.
  std::deque<Line> take();

 private:
  void shorten();

  const std::int64_t lines_;
  const std::size_t most_bytes_;
  std::deque<Line> kept_;
  std::size_t bytes_ = 0;
};

}  // namespace muster::drivers::docker
