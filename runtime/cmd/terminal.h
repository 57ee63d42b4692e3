// The terminal that standard input is, given to a program elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

namespace muster::cmd {

struct TerminalSize {
  std::uint16_t columns = 0, rows = 0;
};
// Of the terminal that standard output is; nothing when it is none.
std::optional<TerminalSize> terminal_size();

bool input_is_terminal();

// While it lives, keys are passed on as they are typed, the interrupt key too, and nothing is echoed.
class RawTerminal {
 public:
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  struct Before;
  std::unique_ptr<Before> before_;
};

}  // namespace muster::cmd
