#include "runtime/cmd/signals.h"

#include <csignal>

namespace muster::cmd {
namespace {

sigset_t end_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void block_end_signals() {
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int wait_for_end_signal() {
  const sigset_t set = end_signals();
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  return signal;
}

bool wait_for_end_signal(Duration limit) {
  const sigset_t set = end_signals();
  const auto whole = std::chrono::floor<std::chrono::seconds>(limit);
  timespec time{};
  time.tv_sec = whole.count();
  time.tv_nsec = std::chrono::nanoseconds(limit - whole).count();
  return sigtimedwait(&set, nullptr, &time) > 0;
}

}  // namespace muster::cmd
