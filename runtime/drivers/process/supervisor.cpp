#include "runtime/drivers/process/supervisor.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "api/base/text.h"
#include "runtime/drivers/process/log_writer.h"

// Everything from here to "The agent's side" runs between fork and exec or exit, in a copy of a process with threads:
// system calls only, no allocation, no lock.
namespace muster::drivers {

namespace {

// Descriptors of the supervisor, after the rest has been closed.
constexpr int directory_fd = 3;
constexpr int lock_fd = 4;
constexpr int report_fd = 5;
constexpr int first_free_fd = 6;

// A Launch as system calls want it.
struct Prepared {
  explicit Prepared(const Launch& launch) : working_directory(launch.working_directory.c_str()) {
    for (const std::string& path : launch.candidates) candidates.push_back(path.c_str());
    for (const std::string& argument : launch.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
    for (const std::string& variable : launch.environment) environment.push_back(const_cast<char*>(variable.c_str()));
    arguments.push_back(nullptr);
    environment.push_back(nullptr);
    identity = launch.identity ? &*launch.identity : nullptr;
  }
  std::vector<const char*> candidates;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const char* working_directory;
  const Identity* identity = nullptr;
};

std::int64_t clock_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal <= 64; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_from(int first) {
  if (::syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0U) == 0) return;
  for (int fd = first; fd < 65536; ++fd) ::close(fd);
}

void write_all(int fd, const void* bytes, std::size_t size) {
  const auto* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t count = ::write(fd, at, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    at += count;
    size -= static_cast<std::size_t>(count);
  }
}

// Numbers in decimal, separated by spaces, through a temporary file and a rename.
void write_numbers(const char* temporary, const char* name, const std::int64_t* numbers, int count) {
  char text[128];
  std::size_t size = 0;
  for (int i = 0; i < count; ++i) {
    char reversed[24];
    int length = 0;
    std::int64_t value = numbers[i];
    do {
      reversed[length++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value > 0);
    while (length > 0) text[size++] = reversed[--length];
    text[size++] = i + 1 < count ? ' ' : '\n';
  }
  const int file = ::openat(directory_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return;
  write_all(file, text, size);
  ::close(file);
  ::renameat(directory_fd, temporary, directory_fd, name);
}

struct Failure {
  LaunchReport::Stage stage;
  std::int32_t error;
};

// The last steps of a new process. Returns only when they fail.
Failure become(const Prepared& prepared, pid_t parent) {
  if (prepared.identity != nullptr) {
    const Identity& identity = *prepared.identity;
    if (::setgroups(identity.groups.size(), identity.groups.data()) != 0 || ::setgid(identity.group) != 0 ||
        ::setuid(identity.user) != 0) {
      return {LaunchReport::Stage::identity, errno};
    }
  }
  // After the change of user, which clears it. The container must not outlive its supervisor: nobody would see its end.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  if (::chdir(prepared.working_directory) != 0) return {LaunchReport::Stage::working_directory, errno};
  int error = ENOENT;
  for (const char* path : prepared.candidates) {
    ::execve(path, prepared.arguments.data(), prepared.environment.data());
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
  }
  return {LaunchReport::Stage::execute, error};
}

class Supervisor {
 public:
  Supervisor(const Prepared& prepared, LogLimits limits)
      : prepared_(prepared), log_(directory_fd, limits.bytes_max, limits.files_max) {}

  [[noreturn]] void run() {
    ::setsid();
    ::prctl(PR_SET_NAME, "muster-process");
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGQUIT}) ::signal(signal, SIG_IGN);
    // Wakes poll() for orphans that became our children; reads go on.
    struct sigaction child_ended {};
    child_ended.sa_handler = [](int) {};
    child_ended.sa_flags = SA_RESTART;
    ::sigaction(SIGCHLD, &child_ended, nullptr);
    const LaunchReport report = start();
    write_all(report_fd, &report, sizeof report);
    ::close(report_fd);
    if (report.stage != LaunchReport::Stage::running) ::_exit(1);
    const int status = watch();
    end_descendants();
    drain();
    const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    const std::int64_t numbers[] = {code, finished_at_};
    write_numbers("exit.new", "exit", numbers, 2);
    ::_exit(0);
  }

 private:
  LaunchReport start() {
    int out[2];
    int err[2];
    int go[2];
    int failed[2];
    if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0 || ::pipe2(go, O_CLOEXEC) != 0 ||
        ::pipe2(failed, O_CLOEXEC) != 0) {
      return {LaunchReport::Stage::fork, errno, 0};
    }
    const pid_t self = ::getpid();
    child_ = ::fork();
    if (child_ < 0) return {LaunchReport::Stage::fork, errno, 0};
    if (child_ == 0) {
      reset_signals();
      ::setsid();
      ::dup2(out[1], 1);
      ::dup2(err[1], 2);
      ::close(go[1]);  // the supervisor has the only other end: its death ends the wait
      char byte = 0;
      if (::read(go[0], &byte, 1) != 1) ::_exit(1);
      const Failure failure = become(prepared_, self);
      write_all(failed[1], &failure, sizeof failure);
      ::_exit(1);
    }
    ::close(out[1]);
    ::close(err[1]);
    ::close(go[0]);
    ::close(failed[1]);
    output_[0] = out[0];
    output_[1] = err[0];
    for (const int fd : output_) ::fcntl(fd, F_SETFL, O_NONBLOCK);
    control_ = ::openat(directory_fd, "control", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    child_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, child_, 0));
    const std::int64_t started_at = clock_ns();
    // Who runs is on disk before it runs.
    const std::int64_t numbers[] = {self, static_cast<std::int64_t>(process_start(self)), child_,
                                    static_cast<std::int64_t>(process_start(child_)), started_at};
    write_numbers("run.new", "run", numbers, 5);
    write_all(go[1], "g", 1);
    ::close(go[1]);
    Failure failure{LaunchReport::Stage::running, 0};
    const ssize_t got = ::read(failed[0], &failure, sizeof failure);
    ::close(failed[0]);
    if (got != static_cast<ssize_t>(sizeof failure)) return {LaunchReport::Stage::running, 0, started_at};
    ::unlinkat(directory_fd, "run", 0);
    return {failure.stage, failure.error, 0};
  }

  // Until the container's process has ended; answers its wait status.
  int watch() {
    while (true) {
      pollfd fds[4] = {{output_[0], POLLIN, 0}, {output_[1], POLLIN, 0}, {control_, POLLIN, 0}, {child_fd_, POLLIN, 0}};
      ::poll(fds, 4, child_fd_ < 0 ? 100 : -1);
      for (int i = 0; i < 2; ++i) {
        if (fds[i].revents != 0) copy(i);
      }
      if (fds[2].revents != 0) obey();
      int status = 0;
      for (pid_t ended = 1; ended > 0;) {
        ended = ::waitpid(-1, &status, WNOHANG);
        if (ended != child_) continue;
        finished_at_ = clock_ns();
        return status;
      }
    }
  }

  // Copies what there is. False when nothing was there.
  bool copy(int stream) {
    if (output_[stream] < 0) return false;
    const ssize_t count = ::read(output_[stream], buffer_, sizeof buffer_);
    if (count > 0) {
      log_.write(stream == 0 ? LogStream::out : LogStream::err, buffer_, static_cast<std::size_t>(count), clock_ns());
      return true;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    ::close(output_[stream]);
    output_[stream] = -1;
    return false;
  }

  void obey() {
    unsigned char signals[64];
    const ssize_t count = ::read(control_, signals, sizeof signals);
    for (ssize_t i = 0; i < count; ++i) {
      if (signals[i] < 1 || signals[i] > 64) continue;
      // The child has not been waited for, so its pid and its group are still its own.
      if (::kill(-child_, signals[i]) != 0) ::kill(child_, signals[i]);
    }
  }

  // A container ends with its first process. What that left behind has become our child.
  void end_descendants() {
    ::kill(-child_, SIGKILL);
    for (int rounds = 0; rounds < 1000; ++rounds) {
      kill_children();
      int status = 0;
      pid_t ended = 0;
      while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0) {
      }
      if (ended < 0) return;
      const timespec pause{0, 1'000'000};
      ::nanosleep(&pause, nullptr);
    }
  }

  void kill_children() {
    const int file = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    const ssize_t count = ::read(file, buffer_, sizeof buffer_);
    ::close(file);
    pid_t pid = 0;
    for (ssize_t i = 0; i < count; ++i) {
      if (buffer_[i] >= '0' && buffer_[i] <= '9') {
        pid = pid * 10 + (buffer_[i] - '0');
      } else {
        if (pid > 0) ::kill(pid, SIGKILL);
        pid = 0;
      }
    }
  }

  void drain() {
    for (int blocks = 0; blocks < 1000 && (copy(0) || copy(1)); ++blocks) {
    }
    log_.flush(clock_ns());
  }

  const Prepared& prepared_;
  LogWriter log_;
  pid_t child_ = -1;
  int child_fd_ = -1;
  int control_ = -1;
  int output_[2] = {-1, -1};
  std::int64_t finished_at_ = 0;
  char buffer_[65536];
};

[[noreturn]] void supervise(const Prepared& prepared, int directory, int lock, int report, LogLimits limits) {
  reset_signals();
  const int high[] = {::fcntl(directory, F_DUPFD, 64), ::fcntl(lock, F_DUPFD, 64), ::fcntl(report, F_DUPFD, 64)};
  const int nothing = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(nothing, fd);
  const int low[] = {directory_fd, lock_fd, report_fd};
  for (int i = 0; i < 3; ++i) ::dup3(high[i], low[i], O_CLOEXEC);
  close_from(first_free_fd);
  Supervisor(prepared, limits).run();
}

// Blocks every signal while alive, so that no handler of the agent runs in the child.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

template <std::size_t N>
std::optional<std::array<std::int64_t, N>> parse_numbers(std::string_view text) {
  const std::vector<std::string_view> parts = split(trim(text), ' ');
  if (parts.size() != N) return std::nullopt;
  std::array<std::int64_t, N> out{};
  for (std::size_t i = 0; i < N; ++i) {
    const std::optional<std::int64_t> number = parse_int(parts[i]);
    if (!number) return std::nullopt;
    out[i] = *number;
  }
  return out;
}

}  // namespace

std::uint64_t process_start(pid_t pid) {
  char path[32] = "/proc/";
  std::size_t at = 6;
  char reversed[16];
  int length = 0;
  do {
    reversed[length++] = static_cast<char>('0' + pid % 10);
    pid /= 10;
  } while (pid > 0);
  while (length > 0) path[at++] = reversed[--length];
  std::memcpy(path + at, "/stat", 6);
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[1024];
  const ssize_t size = ::read(file, text, sizeof text);
  ::close(file);
  // The command's name in parentheses may hold anything; the fields after its end are numbers.
  ssize_t i = size - 1;
  while (i >= 0 && text[i] != ')') --i;
  if (i < 0) return 0;
  int field = 2;
  std::uint64_t value = 0;
  for (++i; i < size; ++i) {
    if (text[i] == ' ') {
      if (field == 22) return value;
      ++field;
      value = 0;
    } else if (text[i] >= '0' && text[i] <= '9') {
      value = value * 10 + static_cast<std::uint64_t>(text[i] - '0');
    }
  }
  return 0;
}

// The agent's side.

Result<Supervised> fork_supervisor(const Launch& launch, int directory, int lock, LogLimits limits) {
  ::mkfifoat(directory, "control", 0600);  // it may be there from an earlier start
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return Error{Code::internal, "pipe: " + error_text(errno), {}};
  Descriptor read_end(report[0]);
  const Descriptor write_end(report[1]);
  const Prepared prepared(launch);
  pid_t pid = 0;
  {
    const SignalsBlocked blocked;
    pid = ::fork();
    if (pid == 0) supervise(prepared, directory, lock, write_end.get(), limits);
  }
  if (pid < 0) return Error{Code::internal, "fork: " + error_text(errno), {}};
  Supervised out;
  out.pid = pid;
  out.report = std::move(read_end);
  return out;
}

Result<pid_t> fork_check(const Launch& launch) {
  const Prepared prepared(launch);
  const pid_t parent = ::getpid();
  const SignalsBlocked blocked;
  const pid_t pid = ::fork();
  if (pid == 0) {
    reset_signals();
    ::setsid();
    const int nothing = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(nothing, fd);
    close_from(3);
    become(prepared, parent);
    ::_exit(127);
  }
  if (pid < 0) return Error{Code::internal, "fork: " + error_text(errno), {}};
  return pid;
}

Result<pid_t> fork_command(const Launch& launch, const CommandStreams& streams) {
  const Prepared prepared(launch);
  const pid_t parent = ::getpid();
  int failed[2];
  if (::pipe2(failed, O_CLOEXEC) != 0) return Error{Code::internal, "pipe: " + error_text(errno), {}};
  const Descriptor read_end(failed[0]);
  Descriptor write_end(failed[1]);
  pid_t pid = 0;
  {
    const SignalsBlocked blocked;
    pid = ::fork();
    if (pid == 0) {
      reset_signals();
      ::setsid();
      const int high[] = {::fcntl(streams.input, F_DUPFD, 64), ::fcntl(streams.output, F_DUPFD, 64),
                          ::fcntl(streams.errors, F_DUPFD, 64), ::fcntl(write_end.get(), F_DUPFD, 64)};
      for (int fd = 0; fd < 3; ++fd) ::dup2(high[fd], fd);
      ::dup3(high[3], 3, O_CLOEXEC);
      close_from(4);
      if (streams.terminal) ::ioctl(0, TIOCSCTTY, 0);
      const Failure failure = become(prepared, parent);
      write_all(3, &failure, sizeof failure);
      ::_exit(127);
    }
  }
  if (pid < 0) return Error{Code::internal, "fork: " + error_text(errno), {}};
  write_end.reset();
  Failure failure{LaunchReport::Stage::running, 0};
  const ssize_t got = ::read(read_end.get(), &failure, sizeof failure);
  if (got != static_cast<ssize_t>(sizeof failure)) return pid;
  ::waitpid(pid, nullptr, 0);
  return Error{Code::invalid, launch_error({failure.stage, failure.error, 0}, launch), {}};
}

void kill_left_behind(const RunRecord& run) {
  timespec up{};
  ::clock_gettime(CLOCK_BOOTTIME, &up);
  const std::int64_t booted_at = clock_ns() - static_cast<std::int64_t>(up.tv_sec) * 1'000'000'000;
  if (run.process <= 1 || run.started_at_ns < booted_at) return;
  // While the group has a member, no new process gets its number. So a leader that is gone or still the same means that
  // the group is the container's.
  const std::uint64_t leader = process_start(run.process);
  if (leader == 0 || leader == run.process_start) ::kill(-run.process, SIGKILL);
}

std::optional<RunRecord> parse_run(std::string_view text) {
  const auto numbers = parse_numbers<5>(text);
  if (!numbers) return std::nullopt;
  RunRecord out;
  out.supervisor = static_cast<pid_t>((*numbers)[0]);
  out.supervisor_start = static_cast<std::uint64_t>((*numbers)[1]);
  out.process = static_cast<pid_t>((*numbers)[2]);
  out.process_start = static_cast<std::uint64_t>((*numbers)[3]);
  out.started_at_ns = (*numbers)[4];
  return out;
}

std::optional<ExitRecord> parse_exit(std::string_view text) {
  const auto numbers = parse_numbers<2>(text);
  if (!numbers) return std::nullopt;
  ExitRecord out;
  out.exit_code = static_cast<int>((*numbers)[0]);
  out.finished_at_ns = (*numbers)[1];
  return out;
}

}  // namespace muster::drivers
