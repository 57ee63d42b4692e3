// Plain processes: what the container gets, how it ends, and that nothing is lost while no agent lives.
#include "runtime/drivers/process/process.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <future>
#include <thread>

#include "api/base/text.h"
#include "runtime/drivers/process/file.h"
#include "runtime/drivers/process/supervisor.h"
#include "tests/support/driver_calls.h"
#include "tests/support/temporary_directory.h"

namespace muster::drivers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A socket that answers one connection.
class Listener {
 public:
  Listener() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return;
    if (::listen(listening_.get(), 1) != 0) return;
    ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  int port() const { return port_; }
  // Reads five bytes, writes them with " back", and ends.
  void answer_one() const {
    const Descriptor connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string text(5, ' ');
    EXPECT_EQ(::recv(connection.get(), text.data(), text.size(), MSG_WAITALL), 5);
    text += " back";
    EXPECT_EQ(::write(connection.get(), text.data(), text.size()), 10);
  }

 private:
  Descriptor listening_;
  int port_ = 0;
};

class ProcessTest : public ::testing::Test {
 protected:
  ProcessTest() { connect(); }
  ~ProcessTest() override {
    if (calls == nullptr) connect();
    const auto left = calls->list({});
    if (!left.ok()) return;
    for (const ContainerState& container : *left) EXPECT_TRUE(calls->remove(container.name).ok());
  }

  // Also after a drop: a new agent in the same directory.
  void connect() {
    ProcessOptions options;
    options.directory = directory / "driver";
    options.log_bytes_max = 100'000;
    testing::on_loop(loop, [&] {
      Result<std::unique_ptr<Driver>> driver = make_process_driver(loop, options);
      ASSERT_TRUE(driver.ok()) << driver.error().message;
      calls = std::make_unique<testing::DriverCalls>(loop, std::move(*driver));
    });
  }
  void crash() { calls.reset(); }

  static ContainerConfig config(const std::string& name, const std::string& script) {
    ContainerConfig out;
    out.name = name;
    out.command = std::vector<std::string>{"/bin/sh", "-c", script};
    out.labels = {{"test", "process"}};
    return out;
  }
  void run(const ContainerConfig& container) {
    const Status created = calls->create(container);
    ASSERT_TRUE(created.ok()) << created.error().message;
    const Status started = calls->start(container.name);
    ASSERT_TRUE(started.ok()) << started.error().message;
  }
  // Runs to its end and answers what it printed.
  std::string output(const ContainerConfig& container) {
    run(container);
    LogOptions options;
    options.follow = true;
    const auto log = calls->logs(container.name, options);
    EXPECT_TRUE(log.ok());
    return log.ok() ? log->all : "";
  }
  void wait_for_output(const std::string& name, const std::string& text) {
    const auto printed = calls->inspect_until(name, [&](const ContainerState&) {
      const auto log = calls->logs(name, {});
      return log.ok() && log->all.find(text) != std::string::npos;
    });
    ASSERT_TRUE(printed.ok()) << printed.error().message;
  }
  struct Attachment {
    std::string out, err;
    Result<int> end = 0;
  };
  using Open = std::function<std::unique_ptr<Channel>(Driver& driver, ChannelCallbacks callbacks)>;
  // Opens a channel, does `then` with it, and waits for the end.
  Attachment talk(const Open& open, const std::function<void(Channel& channel)>& then = {}) {
    Attachment seen;
    std::promise<void> over;
    ChannelCallbacks callbacks;
    callbacks.on_bytes = [&](std::string_view bytes, bool is_stderr) { (is_stderr ? seen.err : seen.out) += bytes; };
    callbacks.on_end = [&](Result<int> end) {
      seen.end = std::move(end);
      over.set_value();
    };
    std::unique_ptr<Channel> channel;
    testing::on_loop(loop, [&] { channel = open(calls->driver(), std::move(callbacks)); });
    testing::on_loop(loop, [] {});  // a log that it follows is open
    if (then) then(*channel);
    over.get_future().wait();
    testing::on_loop(loop, [&] { channel.reset(); });
    return seen;
  }
  Attachment attach(const std::string& name, ProcessStreams streams, const std::function<void()>& then = {}) {
    return talk([&](Driver& driver, ChannelCallbacks callbacks) { return driver.attach(name, streams, callbacks); },
                [&](Channel&) {
                  if (then) then();
                });
  }
  Attachment exec(const std::string& name, const std::string& script, ProcessStreams streams,
                  const std::function<void(Channel& channel)>& then = {}) {
    return talk(
        [&](Driver& driver, ChannelCallbacks callbacks) {
          return driver.exec(name, {"/bin/sh", "-c", script}, streams, callbacks);
        },
        then);
  }
  std::string file(const std::string& name, const std::string& leaf) {
    return str(directory / "driver", "/containers/", name, "/", leaf);
  }
  RunRecord run_record(const std::string& name) {
    const Result<std::string> text = read_file(file(name, "run"));
    return text.ok() ? parse_run(*text).value_or(RunRecord{}) : RunRecord{};
  }
  static bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + seconds(40);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return true;
  }
  static bool alive(pid_t pid) {
    const Result<std::string> status = read_file(str("/proc/", pid, "/status"));
    return status.ok() && status->find("State:\tZ") == std::string::npos;
  }

  testing::TemporaryDirectory directory;
  ThreadLoop loop{"driver"};
  std::unique_ptr<testing::DriverCalls> calls;
};

TEST_F(ProcessTest, GetsEnvironmentDirectoryAndArguments) {
  ContainerConfig container = config("a", "echo \"$GREETING|$PATH|$PWD|$0|$1\"");
  container.entry_point = container.command;
  container.command = std::vector<std::string>{"zero", "one two"};
  container.environment = {{"GREETING", "hello; $(date)"}, {"PATH", "/usr/bin:/bin"}};
  container.working_directory = "/usr";
  EXPECT_EQ(output(container), "hello; $(date)|/usr/bin:/bin|/usr|zero|one two\n");
}

TEST_F(ProcessTest, HasADirectoryOfItsOwnAndNothingOfTheAgent) {
  ::setenv("MUSTER_TEST_SECRET", "leaked", 1);
  const std::string text = output(config("a", "pwd; echo \"[$MUSTER_TEST_SECRET]\"; ls /proc/self/fd; echo x > own"));
  ::unsetenv("MUSTER_TEST_SECRET");
  EXPECT_EQ(text.find("leaked"), std::string::npos);
  EXPECT_EQ(text, file("a", "work") + "\n[]\n0\n1\n2\n3\n") << "3 is the directory that ls reads";
  EXPECT_TRUE(read_file(file("a", "work/own")).ok());
}

TEST_F(ProcessTest, NoSecretInACommandLine) {
  ContainerConfig container = config("a", "sleep 1000");
  container.environment = {{"PASSWORD", "hunter2"}};
  run(container);
  const RunRecord ids = run_record("a");
  for (const pid_t pid : {ids.supervisor, ids.process}) {
    const Result<std::string> command = read_file(str("/proc/", pid, "/cmdline"));
    ASSERT_TRUE(command.ok());
    EXPECT_EQ(command->find("hunter2"), std::string::npos);
  }
  struct stat status {};
  ASSERT_EQ(::stat(file("a", "record").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(ProcessTest, RunsAsTheUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can change the user";
  ContainerConfig container = config("a", "id -u; id -g; id -G");
  container.user = "65534:65533";
  container.working_directory = "/";
  EXPECT_EQ(output(container), "65534\n65533\n65533\n");
  container.name = "b";
  container.user = "nobody";
  EXPECT_EQ(output(container).substr(0, 6), "65534\n");
  container.name = "c";
  container.user = "no-such-user";
  ASSERT_TRUE(calls->create(container).ok());
  EXPECT_EQ(calls->start("c").error().message, "CannotStartContainerError: no such user: no-such-user");
}

TEST_F(ProcessTest, WhatCannotStartSaysWhy) {
  ContainerConfig container = config("a", "");
  container.command = std::vector<std::string>{"muster-no-such-program"};
  ASSERT_TRUE(calls->create(container).ok());
  EXPECT_EQ(calls->start("a").error().message,
            "CannotStartContainerError: exec \"muster-no-such-program\": No such file or directory");
  EXPECT_EQ(calls->inspect("a")->phase, ContainerPhase::created);
  container = config("b", "true");
  container.working_directory = "/no/such/directory";
  ASSERT_TRUE(calls->create(container).ok());
  EXPECT_EQ(calls->start("b").error().message,
            "CannotStartContainerError: working directory /no/such/directory: No such file or directory");
  crash();
  connect();
  EXPECT_EQ(calls->inspect("a")->phase, ContainerPhase::created) << "a failed start leaves no trace of a run";
}

TEST_F(ProcessTest, SignalExitCodes) {
  run(config("a", "kill -KILL $$"));
  EXPECT_EQ(calls->inspect_until_exited("a")->exit_code, 137);
  ContainerConfig container = config("b", "trap 'exit 5' USR1; echo ready; while :; do sleep 0.01; done");
  container.stop_signal = "SIGUSR1";
  run(container);
  wait_for_output("b", "ready\n");
  ASSERT_TRUE(calls->stop("b", seconds(60)).ok());
  EXPECT_EQ(calls->inspect("b")->exit_code, 5);
}

TEST_F(ProcessTest, EndsWithEverythingItStarted) {
  // One child in the same session, one in its own: both are left behind by the first process.
  const std::string text =
      output(config("a",
                    "sleep 1000 & echo $!; setsid sh -c 'echo $$; echo up > up; exec sleep 1000' & "
                    "while [ ! -e up ]; do sleep 0.01; done; exit 3"));
  EXPECT_EQ(calls->inspect_until_exited("a")->exit_code, 3);
  const std::vector<std::string_view> children = split(trim(text), '\n');
  ASSERT_EQ(children.size(), 2U) << text;
  for (const std::string_view child : children) EXPECT_FALSE(alive(static_cast<pid_t>(*parse_int(child))));
}

TEST_F(ProcessTest, RunningContainerIsAdopted) {
  run(config("a", "echo before; sleep 1000"));
  const ContainerState before = *calls->inspect("a");
  const pid_t process = run_record("a").process;
  crash();
  EXPECT_TRUE(alive(process));
  connect();
  const Result<ContainerState> after = calls->inspect("a");
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->phase, ContainerPhase::running);
  EXPECT_EQ(after->id, before.id);
  EXPECT_EQ(after->started_at, before.started_at);
  EXPECT_EQ(after->labels, before.labels);
  EXPECT_TRUE(calls->start("a").ok()) << "it runs already";
  EXPECT_EQ(run_record("a").process, process) << "and was not started again";
  wait_for_output("a", "before\n");
  ASSERT_TRUE(calls->stop("a", seconds(60)).ok());
  EXPECT_EQ(calls->inspect("a")->exit_code, 143);
  EXPECT_FALSE(alive(process));
}

TEST_F(ProcessTest, ExitWhileNoAgentLivesIsKept) {
  run(config("a", "while [ ! -e end ]; do sleep 0.01; done; echo last words; exit 42"));
  const pid_t supervisor = run_record("a").supervisor;
  crash();
  ASSERT_TRUE(write_file(file("a", "work/end"), "").ok());
  while (alive(supervisor)) ::usleep(1000);
  connect();
  const Result<ContainerState> state = calls->inspect("a");
  EXPECT_EQ(state->phase, ContainerPhase::exited);
  EXPECT_EQ(state->exit_code, 42);
  EXPECT_GE(state->finished_at, state->started_at);
  EXPECT_EQ(state->error, "");
  EXPECT_EQ(calls->logs("a", {})->out, "last words\n");
}

TEST_F(ProcessTest, KilledSupervisorTakesTheContainerWithIt) {
  run(config("a", "sleep 1000 & echo $!; wait"));
  wait_for_output("a", "\n");
  const auto child = static_cast<pid_t>(*parse_int(trim(calls->logs("a", {})->out)));
  const RunRecord ids = run_record("a");
  ::kill(ids.supervisor, SIGKILL);
  const Result<ContainerState> state = calls->inspect_until_exited("a");
  EXPECT_EQ(state->exit_code, 137);
  EXPECT_EQ(state->error, "its supervisor was killed");
  for (const pid_t pid : {ids.process, child}) {
    while (alive(pid)) ::usleep(1000);  // the kill has been sent; the kernel takes its time
  }
  ASSERT_TRUE(calls->start("a").ok());
  EXPECT_EQ(calls->inspect("a")->phase, ContainerPhase::running);
}

TEST_F(ProcessTest, SupervisorOutlivesSignalsToItsAgent) {
  run(config("a", "sleep 1000"));
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::kill(run_record("a").supervisor, signal);
  EXPECT_EQ(calls->inspect("a")->phase, ContainerPhase::running);
  EXPECT_NE(::getsid(run_record("a").supervisor), ::getsid(0));
  EXPECT_NE(::getsid(run_record("a").process), ::getsid(run_record("a").supervisor));
}

TEST_F(ProcessTest, HalfMadeContainerIsForgotten) {
  crash();
  std::filesystem::create_directories(directory / "driver/containers/half/work");
  ASSERT_TRUE(write_file(directory / "driver/containers/half/record", "id 3:ab").ok());
  connect();
  EXPECT_EQ(calls->inspect("half").error().code, Code::not_found);
  EXPECT_FALSE(std::filesystem::exists(directory / "driver/containers/half"));
}

TEST_F(ProcessTest, OneDriverADirectory) {
  testing::on_loop(loop, [&] {
    const auto second = make_process_driver(loop, ProcessOptions{directory / "driver"});
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, Code::conflict);
  });
}

TEST_F(ProcessTest, NamesThatAreNoNamesAreRefused) {
  for (const char* name : {"", "..", "../x", "a/b", ".hidden", "-x"}) {
    const Status created = calls->create(config(name, "true"));
    ASSERT_FALSE(created.ok()) << name;
    EXPECT_EQ(created.error().code, Code::invalid);
  }
}

TEST_F(ProcessTest, HealthCheckIsRun) {
  ContainerConfig container = config("a", "sleep 1000");
  container.health_check = HealthCheck{{"CMD-SHELL", "test -e healthy"}, milliseconds(20), seconds(30), {}, 2};
  run(container);
  EXPECT_EQ(calls->inspect_until("a", [](const ContainerState& s) { return s.health != Health::starting; })->health,
            Health::unhealthy);
  testing::EventLog events(*calls, {{"test", "process"}});
  ASSERT_TRUE(write_file(file("a", "work/healthy"), "").ok());
  EXPECT_TRUE(events.wait_for("a"));
  EXPECT_EQ(calls->inspect("a")->health, Health::healthy);
}

TEST_F(ProcessTest, HungHealthCheckFails) {
  ContainerConfig container = config("a", "sleep 1000");
  container.health_check = HealthCheck{{"CMD", "/bin/sleep", "1000"}, milliseconds(10), milliseconds(50), {}, 1};
  run(container);
  EXPECT_EQ(calls->inspect_until("a", [](const ContainerState& s) { return s.health != Health::starting; })->health,
            Health::unhealthy);
}

TEST_F(ProcessTest, MuchOutputIsWholeAndInOrder) {
  ContainerConfig container = config("a", "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done");
  std::string expected;
  for (int i = 0; i < 3000; ++i) expected += str("line ", i, "\n");
  EXPECT_EQ(output(container), expected);
}

TEST_F(ProcessTest, AttachesToWhatComesFromNowOn) {
  run(config("a", "echo before; while [ ! -e go ]; do sleep 0.01; done; echo out; echo err >&2"));
  wait_for_output("a", "before\n");
  const Attachment seen =
      attach("a", {false, true, true, false}, [&] { EXPECT_TRUE(write_file(file("a", "work/go"), "").ok()); });
  ASSERT_TRUE(seen.end.ok()) << seen.end.error().message;
  EXPECT_EQ(*seen.end, 0);
  EXPECT_EQ(seen.out, "out\n");
  EXPECT_EQ(seen.err, "err\n");
}

TEST_F(ProcessTest, RefusesToAttachToWhatItCannot) {
  EXPECT_EQ(attach("none", {false, true, true, false}).end.error().code, Code::not_found);
  run(config("a", "sleep 1000"));
  EXPECT_EQ(attach("a", {true, true, true, false}).end.error().code, Code::invalid);
  ASSERT_TRUE(calls->stop("a", Duration::zero()).ok());
  EXPECT_EQ(attach("a", {false, true, true, false}).end.error().code, Code::conflict);
}

constexpr ProcessStreams all_streams{true, true, true, false};

TEST_F(ProcessTest, RunsACommandWithTheContainersEnvironmentAndDirectory) {
  ContainerConfig container = config("a", "sleep 1000");
  container.environment = {{"COLOR", "blue"}};
  run(container);
  const Attachment seen = exec("a", "echo $COLOR; basename $PWD; echo wrong >&2; exit 7", {false, true, true, false});
  EXPECT_EQ(seen.out, "blue\nwork\n");
  EXPECT_EQ(seen.err, "wrong\n");
  ASSERT_TRUE(seen.end.ok()) << seen.end.error().message;
  EXPECT_EQ(*seen.end, 7);
  EXPECT_EQ(*exec("a", "kill -9 $$", {false, true, false, false}).end, 137);
}

TEST_F(ProcessTest, ACommandTakesInputToItsEnd) {
  run(config("a", "sleep 1000"));
  const std::string input(3'000'000, 'x');
  const Attachment seen = exec("a", "cat", all_streams, [&](Channel& channel) {
    for (std::size_t at = 0; at < input.size(); at += 100'000) {
      bool taken = false;
      while (!taken) testing::on_loop(loop, [&] { taken = channel.write(input.substr(at, 100'000)); });
    }
    testing::on_loop(loop, [&] { channel.end_input(); });
  });
  EXPECT_TRUE(seen.out == input) << seen.out.size();
  EXPECT_EQ(*seen.end, 0);
}

TEST_F(ProcessTest, ACommandHasATerminal) {
  run(config("a", "sleep 1000"));
  const Attachment seen = exec("a", "read go; stty size; tty", {true, true, false, true}, [&](Channel& channel) {
    testing::on_loop(loop, [&] {
      channel.resize(77, 33);
      channel.write("go\n");
    });
  });
  EXPECT_NE(seen.out.find("33 77"), std::string::npos) << seen.out;
  EXPECT_NE(seen.out.find("/dev/pts/"), std::string::npos) << seen.out;
}

TEST_F(ProcessTest, ACommandEndsWithWhatItStartedAndWithWhoListens) {
  run(config("a", "sleep 1000"));
  // Its child keeps the pipes open; the command has ended all the same.
  const Attachment seen = exec("a", "sleep 1000 & echo $!", {false, true, true, false});
  EXPECT_EQ(*seen.end, 0);
  const pid_t child = static_cast<pid_t>(std::stol(seen.out));
  EXPECT_TRUE(eventually([&] { return !alive(child); }));
  std::string out;
  std::unique_ptr<Channel> channel;
  testing::on_loop(loop, [&] {
    ChannelCallbacks callbacks;
    callbacks.on_bytes = [&](std::string_view bytes, bool) { out += bytes; };
    channel = calls->driver().exec("a", {"/bin/sh", "-c", "echo $$; exec sleep 1000"}, {false, true, false, false},
                                   std::move(callbacks));
  });
  pid_t pid = 0;
  ASSERT_TRUE(eventually([&] {
    testing::on_loop(loop, [&] { pid = out.ends_with("\n") ? static_cast<pid_t>(std::stol(out)) : 0; });
    return pid != 0;
  }));
  testing::on_loop(loop, [&] { channel.reset(); });
  EXPECT_TRUE(eventually([&] { return !alive(pid); }));
}

TEST_F(ProcessTest, ACommandThatCannotRunSaysWhy) {
  const auto none = exec("a", "true", {false, true, true, false});
  EXPECT_EQ(none.end.error().code, Code::not_found);
  run(config("a", "sleep 1000"));
  const Attachment seen = talk([&](Driver& driver, ChannelCallbacks callbacks) {
    return driver.exec("a", {"/no/such"}, {false, true, true, false}, callbacks);
  });
  ASSERT_FALSE(seen.end.ok());
  EXPECT_NE(seen.end.error().message.find("/no/such"), std::string::npos) << seen.end.error().message;
}

TEST_F(ProcessTest, ConnectsToAPort) {
  run(config("a", "sleep 1000"));
  const Attachment refused =
      talk([&](Driver& driver, ChannelCallbacks callbacks) { return driver.connect("a", 1, std::move(callbacks)); });
  EXPECT_FALSE(refused.end.ok());
  Listener listener;
  ASSERT_GT(listener.port(), 0);
  const Attachment seen = talk(
      [&](Driver& driver, ChannelCallbacks callbacks) {
        callbacks.on_output_end = [] {};
        return driver.connect("a", listener.port(), std::move(callbacks));
      },
      [&](Channel& channel) {
        testing::on_loop(loop, [&] { channel.write("hello"); });
        listener.answer_one();
        testing::on_loop(loop, [&] { channel.end_input(); });
      });
  EXPECT_EQ(seen.out, "hello back");
  EXPECT_EQ(*seen.end, 0);
}

}  // namespace
}  // namespace muster::drivers
