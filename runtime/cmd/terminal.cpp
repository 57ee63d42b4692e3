#include "runtime/cmd/terminal.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace muster::cmd {

struct RawTerminal::Before {
  termios settings{};
};

std::optional<TerminalSize> terminal_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return std::nullopt;
  return TerminalSize{size.ws_col, size.ws_row};
}

bool input_is_terminal() {
  return ::isatty(STDIN_FILENO) != 0;
}

RawTerminal::RawTerminal() {
  auto before = std::make_unique<Before>();
  if (::tcgetattr(STDIN_FILENO, &before->settings) != 0) return;
  termios raw = before->settings;
  ::cfmakeraw(&raw);
  if (::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0) before_ = std::move(before);
}

RawTerminal::~RawTerminal() {
  if (before_ != nullptr) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_->settings);
}

}  // namespace muster::cmd
