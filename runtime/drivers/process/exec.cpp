// Commands beside a container of the process driver: with its environment, directory and user, in a session of their
// own.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <utility>

#include "api/base/text.h"
#include "runtime/drivers/process/driver.h"
#include "runtime/drivers/process/pumped.h"
#include "runtime/drivers/process/reaper.h"
#include "runtime/drivers/process/refused.h"

namespace muster::drivers {
namespace {

constexpr char end_of_transmission = 4;
constexpr std::string_view exec_error = "CannotExecContainerError";

struct Ends {
  Descriptor ours, theirs;
};

enum class Direction { in, out };

Result<Ends> make_pipe(Direction direction) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error{Code::internal, "pipe: " + error_text(errno), {}};
  Ends out;
  out.ours = Descriptor(ends[direction == Direction::in ? 1 : 0]);
  out.theirs = Descriptor(ends[direction == Direction::in ? 0 : 1]);
  ::fcntl(out.ours.get(), F_SETFL, O_NONBLOCK);
  return out;
}

Result<Ends> make_terminal() {
  Ends out;
  out.ours = Descriptor(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  char name[64];
  if (!out.ours.valid() || ::grantpt(out.ours.get()) != 0 || ::unlockpt(out.ours.get()) != 0 ||
      ::ptsname_r(out.ours.get(), name, sizeof name) != 0) {
    return Error{Code::internal, "no terminal: " + error_text(errno), {}};
  }
  out.theirs = Descriptor(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!out.theirs.valid()) return Error{Code::internal, "no terminal: " + error_text(errno), {}};
  return out;
}

// A running command. Its own watches keep it until the process has been reaped.
class Command final : public Pumped, public std::enable_shared_from_this<Command> {
 public:
  Command(Loop& loop, Watcher& watcher, std::weak_ptr<void> driver, ChannelCallbacks callbacks)
      : loop_(loop), watcher_(watcher), driver_(std::move(driver)), callbacks_(std::move(callbacks)) {}

  Status start(const Launch& launch, const ProcessStreams& streams) {
    terminal_ = streams.terminal;
    std::vector<StreamPump::Source> sources;
    Descriptor sink;
    CommandStreams theirs;
    theirs.terminal = terminal_;
    Ends input, output, errors;
    const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (terminal_) {
      TRY(output, make_terminal());
      theirs.input = theirs.output = theirs.errors = output.theirs.get();
      sink = Descriptor(::fcntl(output.ours.get(), F_DUPFD_CLOEXEC, 0));
    } else {
      theirs.input = theirs.output = theirs.errors = nothing.get();
      if (streams.input) {
        TRY(input, make_pipe(Direction::in));
        theirs.input = input.theirs.get();
        sink = std::move(input.ours);
      }
      if (streams.output) {
        TRY(output, make_pipe(Direction::out));
        theirs.output = output.theirs.get();
      }
      if (streams.errors) {
        TRY(errors, make_pipe(Direction::out));
        theirs.errors = errors.theirs.get();
      }
    }
    TRY(pid_, fork_command(launch, theirs));
    for (Ends* each : {&output, &errors}) {
      if (each->ours.valid()) sources.push_back({std::move(each->ours), each == &errors});
    }
    pump_ = std::make_shared<StreamPump>(loop_, watcher_, StreamPump::Callbacks{callbacks_.on_bytes, nullptr});
    pump_->start(std::move(sources), std::move(sink));
    watcher_.watch(open_process(pid_), [self = shared_from_this()](const Descriptor& ended) { self->exited(ended); });
    return {};
  }

  void end_input() override {
    if (pump_ == nullptr) return;
    if (!terminal_) return pump_->end_input(nullptr);
    pump_->end_input([](const Descriptor& sink) {
      [[maybe_unused]] const ssize_t done = ::write(sink.get(), &end_of_transmission, 1);
    });
  }
  void resize(int width, int height) override {
    if (pump_ == nullptr || !terminal_) return;
    winsize size{};
    size.ws_col = static_cast<unsigned short>(width);
    size.ws_row = static_cast<unsigned short>(height);
    ::ioctl(pump_->sink().get(), TIOCSWINSZ, &size);
  }
  // Nobody listens any more: it ends.
  void drop() override {
    callbacks_ = {};
    if (driver_.expired()) return;
    stop_pump();
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
  }

 private:
  void exited(const Descriptor& process) {
    // What it left behind; before it is reaped, while its number is still its own.
    ::kill(-std::exchange(pid_, 0), SIGKILL);
    const std::optional<siginfo_t> how = reap(process);
    if (pump_ != nullptr) pump_->drain();
    stop_pump();
    const auto callback = std::move(callbacks_.on_end);
    callbacks_ = {};
    if (!callback) return;
    constexpr int signal_base = 128;
    if (!how) return callback(Error{Code::internal, str(exec_error, ": its exit code is not known"), {}});
    callback(how->si_code == CLD_EXITED ? how->si_status : signal_base + how->si_status);
  }

  Loop& loop_;
  Watcher& watcher_;
  std::weak_ptr<void> driver_;
  ChannelCallbacks callbacks_;
  pid_t pid_ = 0;
  bool terminal_ = false;
};

}  // namespace

std::unique_ptr<Channel> ProcessDriver::exec(std::string name, std::vector<std::string> command, ProcessStreams streams,
                                             ChannelCallbacks callbacks) {
  const auto refuse = [&](Error error) {
    return refused_channel(loop_, std::move(error).under(exec_error), std::move(callbacks.on_end));
  };
  const Container* container = find(name);
  if (container == nullptr) return refuse(Error{Code::not_found, str("no container ", name), {}});
  if (container->phase != Phase::running) return refuse(Error{Code::conflict, "the container does not run", {}});
  const auto launch = make_command_launch(container->record, container->directory + "/work", std::move(command));
  if (!launch.ok()) return refuse(launch.error());
  auto running = std::make_shared<Command>(loop_, watcher_, std::weak_ptr<void>(life_), callbacks);
  const Status started = running->start(*launch, streams);
  if (!started.ok()) return refuse(started.error());
  return channel_of(std::move(running));
}

}  // namespace muster::drivers
