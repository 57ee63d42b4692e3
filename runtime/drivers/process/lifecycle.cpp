// Adoption, start, end and health of the containers.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <utility>

#include "api/base/text.h"
#include "runtime/drivers/process/driver.h"
#include "runtime/drivers/process/reaper.h"

namespace muster::drivers {

namespace {

constexpr Duration adopt_retry = std::chrono::milliseconds(10);

Time time_of(std::int64_t nanoseconds) {
  return Time{Duration(nanoseconds)};
}

bool is_held(const std::string& lock) {
  const Result<Descriptor> locked = lock_file(lock);
  return !locked.ok() && locked.error().code == Code::conflict;
}

}  // namespace

Status ProcessDriver::adopt() {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory + "/containers", failed)) {
    TRY_VOID(adopt_one(entry.path().string()));
  }
  if (failed) return Error{Code::internal, str("read ", options_.directory, ": ", failed.message()), {}};
  return {};
}

Status ProcessDriver::adopt_one(const std::string& directory) {
  const Result<std::string> bytes = read_file(directory + "/record");
  Result<ProcessRecord> record = bytes.ok() ? decode_record(*bytes) : Result<ProcessRecord>(bytes.error());
  if (!record.ok()) {
    // A crash while it was made or removed, or before the disk had it. Nothing runs there unless the lock is held.
    std::error_code ignored;
    if (!is_held(directory + "/lock")) std::filesystem::remove_all(directory, ignored);
    return {};
  }
  Container container;
  container.record = std::move(*record);
  load_secrets(container.record);
  container.directory = directory;
  const std::string name = container.record.name;
  adopt_state(containers_.emplace(name, std::move(container)).first->second);
  return {};
}

// The lock tells whether a supervisor lives; no pid is trusted for that.
void ProcessDriver::adopt_state(Container& container) {
  if (!is_held(container.directory + "/lock")) {
    container.phase = Phase::created;
    read_exit(container);
    for (DoneVoid& done : std::exchange(container.start_waiters, {})) {
      later([done = std::move(done)] {
        done(Error{Code::internal, "CannotStartContainerError: it ended at once", {}});
      });
    }
    for (DoneVoid& done : std::exchange(container.exit_waiters, {})) {
      later([done = std::move(done)] { done({}); });
    }
    return;
  }
  adopt_running(container);
}

void ProcessDriver::adopt_running(Container& container) {
  const Result<std::string> text = read_file(container.directory + "/run");
  const std::optional<RunRecord> run = text.ok() ? parse_run(*text) : std::nullopt;
  Descriptor supervisor;
  if (run) {
    supervisor = open_process(run->supervisor);
    // The same process before and behind: the descriptor is of the one that wrote the record.
    if (process_start(run->supervisor) != run->supervisor_start) supervisor.reset();
  }
  if (!supervisor.valid()) {
    // Just being started, or just ending.
    container.phase = Phase::starting;
    timer(adopt_retry, container, &ProcessDriver::adopt_state);
    return;
  }
  container.started_at = time_of(run->started_at_ns);
  watch_supervisor(container, std::move(supervisor));
}

Status ProcessDriver::launch(Container& container) {
  TRY(Launch launch, make_launch(container.record, container.directory + "/work"));
  TRY(const Descriptor lock, lock_file(container.directory + "/lock"));
  const Descriptor directory(::open(container.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return Error{Code::internal, str("open ", container.directory, ": ", error_text(errno)), {}};
  ::unlinkat(directory.get(), "exit", 0);
  ::unlinkat(directory.get(), "run", 0);
  const LogLimits limits{options_.log_bytes_max, options_.log_files_max};
  TRY(Supervised supervised, fork_supervisor(launch, directory.get(), lock.get(), limits));
  Descriptor supervisor = open_process(supervised.pid);
  if (!supervisor.valid()) return Error{Code::internal, "pidfd_open: " + error_text(errno), {}};
  container.phase = Phase::starting;
  auto held = std::make_shared<std::pair<Launch, Descriptor>>(std::move(launch), std::move(supervisor));
  container.watch = watcher_.watch(std::move(supervised.report), [this, &container, held](Descriptor report) {
    reported(container, held->first, std::move(held->second), report);
  });
  return {};
}

void ProcessDriver::reported(Container& container, const Launch& launched, Descriptor supervisor,
                             const Descriptor& report) {
  container.watch = 0;
  LaunchReport told;
  const ssize_t count = ::read(report.get(), &told, sizeof told);
  if (count != static_cast<ssize_t>(sizeof told)) {
    watcher_.watch(std::move(supervisor), [](const Descriptor& ended) { reap(ended); });
    return start_failed(container, "its supervisor ended at once");
  }
  if (told.stage != LaunchReport::Stage::running) {
    watcher_.watch(std::move(supervisor), [](const Descriptor& ended) { reap(ended); });
    return start_failed(container, launch_error(told, launched));
  }
  container.started_at = time_of(told.started_at_ns);
  container.finished_at = Time{};
  container.exit_code.reset();
  watch_supervisor(container, std::move(supervisor));
}

void ProcessDriver::start_failed(Container& container, std::string error) {
  container.phase = container.exit_code ? Phase::exited : Phase::created;
  container.error = std::move(error);
  container.stop_after_start.reset();
  changed(container);
  for (DoneVoid& done : std::exchange(container.start_waiters, {})) {
    later([done = std::move(done), text = "CannotStartContainerError: " + container.error] {
      done(Error{Code::invalid, text, {}});
    });
  }
  for (DoneVoid& done : std::exchange(container.exit_waiters, {})) {
    later([done = std::move(done)] { done({}); });
  }
  if (container.remove_after_exit) erase(container);
}

void ProcessDriver::watch_supervisor(Container& container, Descriptor supervisor) {
  container.phase = Phase::running;
  container.error.clear();
  container.watch = watcher_.watch(std::move(supervisor), [this, &container](const Descriptor& ended) {
    reap(ended);
    supervisor_ended(container);
  });
  if (container.record.health_check) {
    container.health = Health::starting;
    container.health_failures = 0;
    schedule_check(container);
  }
  changed(container);
  for (DoneVoid& done : std::exchange(container.start_waiters, {})) {
    later([done = std::move(done)] { done({}); });
  }
  if (container.stop_after_start) begin_stop(container, *std::exchange(container.stop_after_start, std::nullopt));
}

void ProcessDriver::supervisor_ended(Container& container) {
  container.watch = 0;
  loop_.cancel(std::exchange(container.kill_timer, 0));
  end_checks(container);
  read_exit(container);
  changed(container);
  for (DoneVoid& done : std::exchange(container.exit_waiters, {})) {
    later([done = std::move(done)] { done({}); });
  }
  if (container.remove_after_exit) erase(container);
}

// How it ended, once no supervisor lives. Without a trace of a start it stays created.
void ProcessDriver::read_exit(Container& container) {
  const Result<std::string> run_text = read_file(container.directory + "/run");
  const std::optional<RunRecord> run = run_text.ok() ? parse_run(*run_text) : std::nullopt;
  const Result<std::string> exit_text = read_file(container.directory + "/exit");
  const std::optional<ExitRecord> exit = exit_text.ok() ? parse_exit(*exit_text) : std::nullopt;
  if (run) container.started_at = time_of(run->started_at_ns);
  if (exit) {
    container.phase = Phase::exited;
    container.exit_code = exit->exit_code;
    container.finished_at = time_of(exit->finished_at_ns);
  } else if (run) {
    // Its supervisor was killed, which kills the container's first process; or the machine went down.
    kill_left_behind(*run);
    container.phase = Phase::exited;
    container.exit_code = 128 + SIGKILL;
    container.error = "its supervisor was killed";
    container.finished_at = loop_.now();
  }
}

void ProcessDriver::begin_stop(Container& container, Duration grace) {
  const Duration at = loop_.monotonic() + grace;
  if (container.kill_timer != 0 && container.kill_at <= at) return;
  if (container.kill_timer == 0) send_signal(container, container.record.stop_signal);
  loop_.cancel(container.kill_timer);
  container.kill_at = at;
  container.kill_timer = timer(grace, container, &ProcessDriver::kill_now);
}

void ProcessDriver::kill_now(Container& container) {
  send_signal(container, SIGKILL);
}

// Through the supervisor, who alone knows that the pid is still the container's.
void ProcessDriver::send_signal(const Container& container, int signal) {
  const std::string path = container.directory + "/control";
  const Descriptor control(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (!control.valid()) return;  // nobody reads it: the supervisor is ending, and the watcher will say so
  const auto byte = static_cast<unsigned char>(signal);
  [[maybe_unused]] const ssize_t count = ::write(control.get(), &byte, 1);
}

void ProcessDriver::schedule_check(Container& container) {
  const Duration interval = container.record.health_check->interval;
  container.health_timer =
      timer(interval > Duration::zero() ? interval : std::chrono::seconds(30), container, &ProcessDriver::run_check);
}

void ProcessDriver::run_check(Container& container) {
  container.health_timer = 0;
  const Result<Launch> launch = make_health_launch(container.record, container.directory + "/work");
  const Result<pid_t> check = launch.ok() ? fork_check(*launch) : Result<pid_t>(launch.error());
  if (!check.ok()) return check_ended(container, CheckResult::failed);
  container.check = *check;
  container.check_watch = watcher_.watch(open_process(*check), [this, &container](const Descriptor& ended) {
    const std::optional<siginfo_t> how = reap(ended);
    ::kill(-std::exchange(container.check, 0), SIGKILL);  // what the check left behind
    loop_.cancel(std::exchange(container.health_timer, 0));
    container.check_watch = 0;
    const bool passed = how && how->si_code == CLD_EXITED && how->si_status == 0;
    check_ended(container, passed ? CheckResult::passed : CheckResult::failed);
  });
  const Duration timeout = container.record.health_check->timeout;
  container.health_timer = timer(timeout > Duration::zero() ? timeout : std::chrono::seconds(30), container,
                                 &ProcessDriver::check_timed_out);
}

// The kill ends the check with a failure.
void ProcessDriver::check_timed_out(Container& container) {
  container.health_timer = 0;
  if (container.check != 0) ::kill(-container.check, SIGKILL);
}

void ProcessDriver::check_ended(Container& container, CheckResult result) {
  const HealthCheck& check = *container.record.health_check;
  const Health before = container.health;
  if (result == CheckResult::passed) {
    container.health_failures = 0;
    container.health = Health::healthy;
  } else if (container.health != Health::starting || loop_.now() >= container.started_at + check.start_period) {
    if (++container.health_failures >= std::max(1, check.retries > 0 ? check.retries : 3)) {
      container.health = Health::unhealthy;
    }
  }
  if (container.health != before) changed(container);
  schedule_check(container);
}

void ProcessDriver::end_checks(Container& container) {
  loop_.cancel(std::exchange(container.health_timer, 0));
  watcher_.forget(std::exchange(container.check_watch, 0));
  if (container.check == 0) return;
  ::kill(-container.check, SIGKILL);
  ::kill(container.check, SIGKILL);  // it may not have its own session yet
  ::waitpid(std::exchange(container.check, 0), nullptr, 0);
}

}  // namespace muster::drivers
