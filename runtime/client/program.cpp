#include "runtime/client/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() is POSIX
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "api/base/text.h"
#include "runtime/base/loop.h"

namespace muster::client {
namespace {

// The variables of this process with the added ones in place of those of the same names.
std::vector<std::string> environment_of(const Program& program) {
  std::vector<std::string> out;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view text = *each;
    const bool replaced = std::any_of(program.environment.begin(), program.environment.end(),
                                      [&](const auto& added) { return text.substr(0, text.find('=')) == added.first; });
    if (!replaced) out.emplace_back(text);
  }
  for (const auto& [name, value] : program.environment) out.push_back(str(name, '=', value));
  return out;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

int start_program(const Program& program, Redirected redirected, int& pid) {
  std::vector<std::string> words = {program.command};
  words.insert(words.end(), program.arguments.begin(), program.arguments.end());
  std::vector<std::string> variables = environment_of(program);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  if (redirected.output >= 0) ::posix_spawn_file_actions_adddup2(&actions, redirected.output, STDOUT_FILENO);
  if (redirected.input >= 0) {
    ::posix_spawn_file_actions_adddup2(&actions, redirected.input, STDIN_FILENO);
  } else if (program.input == Program::Input::none) {
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  sigset_t defaults;
  sigset_t mask;
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);  // this process ignores it, and that would be inherited
  ::sigemptyset(&mask);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setsigmask(&attributes, &mask);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  const int failed = ::posix_spawnp(&pid, program.command.c_str(), &actions, &attributes, pointers_to(words).data(),
                                    pointers_to(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return failed;
}

namespace {

Error failed(const Program& program, Code code, std::string_view why) {
  return Error{code, str(program.command, ' ', why), {}};
}

// Everything until the program closes its output.
Result<std::string> read_all(const Program& program, int from) {
  const Duration end = system_monotonic() + program.patience;
  std::string out;
  std::array<char, 4096> piece{};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - system_monotonic()).count();
    if (left <= 0) return failed(program, Code::timeout, str("did not end within ", format_duration(program.patience)));
    pollfd waiting{from, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left, 1'000'000)));
    if (ready <= 0) continue;  // the time is up, or a signal came
    const ssize_t got = ::read(from, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(program, Code::internal, str("cannot be read: ", std::strerror(errno)));
    if (got == 0) return out;
    out.append(piece.data(), static_cast<std::size_t>(got));
    if (out.size() > program.max_output) {
      return failed(program, Code::too_large, str("wrote more than ", program.max_output, " bytes"));
    }
  }
}

}  // namespace

Result<std::string> output_of(const Program& program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return failed(program, Code::internal, str("was not started: ", std::strerror(errno)));
  }
  pid_t pid = 0;
  const int error = start_program(program, {-1, ends[1]}, pid);
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    const Code code = error == ENOENT ? Code::not_found : Code::internal;
    return failed(program, code,
                  error == ENOENT ? std::string("was not found") : str("was not started: ", std::strerror(error)));
  }
  auto output = read_all(program, ends[0]);
  ::close(ends[0]);
  if (!output.ok()) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!output.ok()) return output;
  if (WIFSIGNALED(status)) return failed(program, Code::internal, str("was killed by signal ", WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) {
    return failed(program, Code::internal, str("failed with exit code ", WEXITSTATUS(status)));
  }
  return output;
}

}  // namespace muster::client
