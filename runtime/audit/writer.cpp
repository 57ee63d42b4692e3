#include "runtime/audit/writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "api/base/text.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/base/loop.h"

namespace muster::audit {
namespace {

constexpr Duration complaint_interval = std::chrono::seconds(10);
constexpr std::size_t piece_bytes = 1U << 20U;  // written at a time

Error failed(const std::string& path, std::string_view what) {
  return Error{Code::internal, str("the audit log ", path, ' ', what, ": ", std::strerror(errno)), {}};
}

}  // namespace

struct Writer::State {
  WriterOptions options;
  int file = -1;
  std::uint64_t size = 0;
  Duration last_complaint{};
  std::uint64_t complained_of = 0;

  std::atomic<std::uint64_t> written{0}, dropped{0};
  std::mutex mutex;
  std::condition_variable wake, idle;
  std::vector<std::shared_ptr<const Event>> queue;
  bool writing = false, hurried = false, ending = false;
  std::thread thread;

  Status open() {
    if (options.path == "-") {
      file = STDOUT_FILENO;
      return {};
    }
    const std::size_t slash = options.path.rfind('/');
    if (slash != std::string::npos && slash > 0) TRY_VOID(make_directories(options.path.substr(0, slash), 0700));
    file = ::open(options.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return failed(options.path, "cannot be opened");
    struct stat info {};
    if (::fstat(file, &info) != 0) return failed(options.path, "cannot be examined");
    size = static_cast<std::uint64_t>(info.st_size);
    return {};
  }

  void close() {
    if (file > STDERR_FILENO) ::close(file);
    file = -1;
  }

  std::string backup(std::uint64_t number) const { return str(options.path, '.', number); }

  Status rotate() {
    close();
    if (options.backups == 0) {
      ::unlink(options.path.c_str());
    } else {
      for (std::uint64_t number = options.backups; number > 1; --number) {
        std::rename(backup(number - 1).c_str(), backup(number).c_str());  // there may be none yet
      }
      if (std::rename(options.path.c_str(), backup(1).c_str()) != 0) return failed(options.path, "cannot be renamed");
    }
    return open();
  }

  Status write(std::string_view text) {
    if (file < 0) TRY_VOID(open());
    if (options.path != "-" && size > 0 && size + text.size() > options.max_bytes) TRY_VOID(rotate());
    while (!text.empty()) {
      const ssize_t done = ::write(file, text.data(), text.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return failed(options.path, "cannot be written");
      size += static_cast<std::uint64_t>(done);
      text.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
  }

  void write_all(const std::vector<std::shared_ptr<const Event>>& events) {
    std::string text;
    std::uint64_t lines = 0;
    const auto put = [&] {
      if (const Status status = write(text); status.ok()) {
        written += lines;
      } else {
        dropped += lines;
        complain(status.error().message);
      }
      text.clear();
      lines = 0;
    };
    for (const auto& event : events) {
      const std::string line = write_event(*event);
      // A file never grows beyond its size for a piece that would have fitted into the next one.
      const std::uint64_t room = options.max_bytes > size ? options.max_bytes - size : 0;
      if (lines > 0 && (text.size() > piece_bytes || text.size() + line.size() + 1 > room)) put();
      text += line;
      text += '\n';
      ++lines;
    }
    if (lines > 0) put();
  }

  void complain(std::string_view why) {
    const Duration now = system_monotonic();
    if (complained_of > 0 && now - last_complaint < complaint_interval) return;
    const std::uint64_t all = dropped;
    log::warning("the audit log is not complete", {{"reason", why}, {"events_lost", all - complained_of}});
    last_complaint = now;
    complained_of = all;
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return ending || !queue.empty(); });
      if (queue.empty()) return;
      // One write for what comes together: at full load a wake-up for each event would cost more than the event.
      wake.wait_for(lock, options.gather, [&] { return ending || hurried; });
      std::vector<std::shared_ptr<const Event>> taken;
      taken.swap(queue);
      writing = true;
      lock.unlock();
      write_all(taken);
      if (dropped > complained_of) complain("more requests than could be written");
      lock.lock();
      writing = false;
      if (queue.empty()) {
        hurried = false;
        idle.notify_all();
      }
    }
  }
};

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Writer>> Writer::open(WriterOptions options) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  TRY_VOID(state->open());
  state->thread = std::thread([state = state.get()] { state->run(); });
  return std::unique_ptr<Writer>(new Writer(std::move(state)));
}

Writer::~Writer() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->wake.notify_all();
  state_->thread.join();
  state_->close();
}

void Writer::add(std::shared_ptr<const Event> event) {
  const std::lock_guard lock(state_->mutex);
  if (state_->queue.size() >= state_->options.queue) {
    ++state_->dropped;
    return;
  }
  state_->queue.push_back(std::move(event));
  if (state_->queue.size() == 1) state_->wake.notify_one();
}

void Writer::flush() {
  std::unique_lock lock(state_->mutex);
  state_->hurried = !state_->queue.empty();
  state_->wake.notify_all();
  state_->idle.wait(lock, [&] { return state_->queue.empty() && !state_->writing; });
}

std::uint64_t Writer::written() const {
  return state_->written;
}

std::uint64_t Writer::dropped() const {
  return state_->dropped;
}

}  // namespace muster::audit
