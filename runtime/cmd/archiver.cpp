#include "runtime/cmd/archiver.h"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() is POSIX
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "api/base/text.h"
#include "runtime/base/file.h"
#include "runtime/client/program.h"

namespace muster::cmd {

Archiver::~Archiver() {
  close_pipe();
  if (pid_ == 0) return;
  ::kill(pid_, SIGTERM);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Status Archiver::start(const std::vector<std::string>& arguments, ArchiverEnd end) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Error{Code::internal, str("tar was not started: ", std::strerror(errno)), {}};
  }
  const bool reads = end == ArchiverEnd::reads;
  const int theirs = reads ? ends[0] : ends[1];
  pipe_ = reads ? ends[1] : ends[0];
  client::Program tar;
  tar.command = "tar";
  tar.arguments = arguments;
  const int failed =
      client::start_program(tar, reads ? client::Redirected{theirs, -1} : client::Redirected{-1, theirs}, pid_);
  ::close(theirs);
  if (failed == 0) return {};
  pid_ = 0;
  close_pipe();
  return Error{Code::not_found, str("this machine's tar was not started: ", std::strerror(failed)), {}};
}

bool Archiver::write(std::string_view bytes) {
  return write_all(pipe_, bytes);
}

Status Archiver::finish() {
  close_pipe();
  int status = 0;
  const int pid = std::exchange(pid_, 0);
  if (pid == 0) return {};
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error{Code::internal, "this machine's tar failed", {}};
}

void Archiver::close_pipe() {
  if (pipe_ >= 0) ::close(std::exchange(pipe_, -1));
}

}  // namespace muster::cmd
