#include "runtime/drivers/process/reaper.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace muster::drivers {

Descriptor open_process(pid_t pid) {
  return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

std::optional<siginfo_t> reap(const Descriptor& process) {
  siginfo_t info{};
  const auto id = static_cast<id_t>(process.get());
  if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return std::nullopt;
  return info;
}

}  // namespace muster::drivers
