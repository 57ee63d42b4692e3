#include "runtime/drivers/process/stream_pump.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "api/base/limits.h"

namespace muster::drivers {
namespace {

constexpr Duration flush_interval = std::chrono::milliseconds(2);

}  // namespace

StreamPump::StreamPump(Loop& loop, Watcher& watcher, Callbacks callbacks)
    : loop_(loop), watcher_(watcher), callbacks_(std::move(callbacks)) {}

void StreamPump::start(std::vector<Source> sources, Descriptor sink) {
  sources_ = std::move(sources);
  sink_ = std::move(sink);
  open_ = sources_.size();
  watches_.assign(sources_.size(), 0);
  held_.assign(sources_.size(), false);
  for (std::size_t i = 0; i < sources_.size(); ++i) watch(i);
  flush();
}

void StreamPump::stop() {
  stopped_ = true;
  for (const Watcher::Id id : watches_) watcher_.forget(id);
  watches_.clear();
  sources_.clear();
  sink_.reset();
  callbacks_ = {};
}

void StreamPump::watch(std::size_t index) {
  const int copy = ::dup(sources_[index].descriptor.get());
  watches_[index] = watcher_.watch(Descriptor(copy), [weak = weak_from_this(), index](const Descriptor&) {
    const auto self = weak.lock();
    if (self == nullptr || self->stopped_) return;
    self->watches_[index] = 0;
    if (self->paused_) {
      self->held_[index] = true;
    } else if (self->read(self->sources_[index])) {
      if (!self->stopped_) self->watch(index);
    } else {
      self->source_ended();
    }
  });
}

bool StreamPump::read(Source& source) {
  std::array<char, limits::stream_piece_bytes> piece{};
  const ssize_t got = ::read(source.descriptor.get(), piece.data(), piece.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got <= 0) return false;  // of a terminal EIO is the end
  if (callbacks_.on_bytes) {
    // A copy: the callback may stop all of this.
    const auto callback = callbacks_.on_bytes;
    callback(std::string_view(piece.data(), static_cast<std::size_t>(got)), source.is_stderr);
  }
  return true;
}

void StreamPump::source_ended() {
  if (stopped_ || --open_ > 0 || !callbacks_.on_end) return;
  const auto callback = std::exchange(callbacks_.on_end, nullptr);
  callback();
}

void StreamPump::drain() {
  const auto self = shared_from_this();
  for (std::size_t i = 0; i < sources_.size() && !stopped_; ++i) {
    if (watches_[i] == 0 && !held_[i]) continue;
    watcher_.forget(std::exchange(watches_[i], 0));
    constexpr int most_pieces = 64;  // of what a pipe can hold
    for (int pieces = 0; pieces < most_pieces && !stopped_; ++pieces) {
      errno = 0;
      if (!read(sources_[i]) || errno == EAGAIN) break;
    }
  }
}

bool StreamPump::write(std::string_view bytes) {
  if (stopped_ || ends_) return false;
  if (queued() + bytes.size() > 4 * limits::stream_pause_bytes) return false;
  queue_.erase(0, std::exchange(written_, 0));
  queue_ += bytes;
  if (sink_.valid()) flush();
  return true;
}

void StreamPump::end_input(std::function<void(const Descriptor& sink)> how) {
  if (std::exchange(ends_, true)) return;
  ending_ = std::move(how);
  if (sink_.valid()) flush();
}

void StreamPump::flush() {
  if (stopped_ || flushing_ || !sink_.valid()) return;
  while (queued() > 0) {
    const ssize_t done = ::write(sink_.get(), queue_.data() + written_, queued());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && errno == EAGAIN) {
      flushing_ = true;
      loop_.after(flush_interval, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self == nullptr) return;
        self->flushing_ = false;
        self->flush();
      });
      return;
    }
    if (done < 0) {  // nobody reads it any more
      written_ = queue_.size();
      break;
    }
    written_ += static_cast<std::size_t>(done);
  }
  if (!ends_) return;
  if (const auto how = std::exchange(ending_, nullptr)) {
    how(sink_);
  } else {
    sink_.reset();
  }
}

void StreamPump::resume() {
  if (!std::exchange(paused_, false) || stopped_) return;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    if (held_[i]) {
      held_[i] = false;
      watch(i);
    }
  }
}

}  // namespace muster::drivers
