// A file descriptor whose bytes come to a loop: standard input, or the output of a program.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "runtime/base/loop.h"

namespace muster::cmd {

// Reads on a thread of its own, a piece at a time: what follows stays where it is until next() is called.
class InputReader {
 public:
  // The callbacks come on the loop; an empty piece is the end, and the last. The descriptor stays the caller's.
  InputReader(Loop& loop, int descriptor, std::function<void(std::string piece)> on_piece);
  // Without waiting for the descriptor. No callback follows.
  ~InputReader();
  InputReader(const InputReader&) = delete;
  InputReader& operator=(const InputReader&) = delete;

  // Reading begins, or goes on.
  void next();

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace muster::cmd
