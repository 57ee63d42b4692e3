#include "runtime/drivers/process/watcher.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "api/base/assert.h"

namespace muster::drivers {

Watcher::Watcher(Loop& loop)
    : loop_(loop), poll_(::epoll_create1(EPOLL_CLOEXEC)), stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  MUSTER_ASSERT(poll_.valid() && stop_.valid());
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = 0;
  MUSTER_ASSERT(::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, stop_.get(), &event) == 0);
  // Signals are for the program's own threads.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Watcher::~Watcher() {
  const std::uint64_t one = 1;
  MUSTER_ASSERT(::write(stop_.get(), &one, sizeof one) == static_cast<ssize_t>(sizeof one));
  thread_.join();
}

Watcher::Id Watcher::watch(Descriptor descriptor, Callback callback) {
  const Id id = next_++;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.u64 = id;
  const int fd = descriptor.get();
  waiting_.emplace(id, Waiting{std::move(descriptor), std::move(callback)});
  if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    loop_.post([self = std::weak_ptr<Watcher*>(self_), id] {
      if (const auto alive = self.lock()) (*alive)->ready(id);
    });
  }
  return id;
}

void Watcher::forget(Id id) {
  waiting_.erase(id);
}

void Watcher::ready(Id id) {
  const auto at = waiting_.find(id);
  if (at == waiting_.end()) return;
  Waiting waiting = std::move(at->second);
  waiting_.erase(at);
  ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, waiting.descriptor.get(), nullptr);
  waiting.callback(std::move(waiting.descriptor));
}

void Watcher::run() {
  epoll_event events[64];
  while (true) {
    const int count = ::epoll_wait(poll_.get(), events, 64, -1);
    if (count < 0 && errno != EINTR) return;
    for (int i = 0; i < count; ++i) {
      const Id id = events[i].data.u64;
      if (id == 0) return;
      loop_.post([self = std::weak_ptr<Watcher*>(self_), id] {
        if (const auto alive = self.lock()) (*alive)->ready(id);
      });
    }
  }
}

}  // namespace muster::drivers
