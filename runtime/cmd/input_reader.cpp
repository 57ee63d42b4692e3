#include "runtime/cmd/input_reader.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <utility>

namespace muster::cmd {
namespace {

constexpr std::size_t piece_bytes = 32U << 10U;

void count(int event) {
  const std::uint64_t one = 1;
  while (::write(event, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

}  // namespace

// Shared with what is posted to the loop, which may run after the reader has gone.
struct InputReader::State {
  State(Loop& on, int from, std::function<void(std::string)> callback)
      : loop(on), descriptor(from), on_piece(std::move(callback)) {}
  ~State() { ::close(wake); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Loop& loop;
  const int descriptor;
  std::function<void(std::string)> on_piece;  // the loop's
  const int wake = ::eventfd(0, EFD_CLOEXEC);
  std::atomic<bool> over = false;

  // Waits for next() or the end; false at the end.
  bool called() const {
    std::uint64_t ignored = 0;
    while (::read(wake, &ignored, sizeof ignored) < 0 && errno == EINTR) {
    }
    return !over;
  }
  // Nothing at the end of the descriptor or of the reader.
  std::string read_piece() const {
    std::array<char, piece_bytes> piece{};
    while (!over) {
      std::array<pollfd, 2> waiting{{{descriptor, POLLIN, 0}, {wake, POLLIN, 0}}};
      if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return {};
      if (waiting[0].revents == 0) continue;
      const ssize_t got = ::read(descriptor, piece.data(), piece.size());
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      return got <= 0 ? std::string() : std::string(piece.data(), static_cast<std::size_t>(got));
    }
    return {};
  }
};

InputReader::InputReader(Loop& loop, int descriptor, std::function<void(std::string)> on_piece)
    : state_(std::make_shared<State>(loop, descriptor, std::move(on_piece))) {
  thread_ = std::thread([state = state_] {
    bool more = true;
    while (more && state->called()) {
      std::string piece = state->read_piece();
      more = !piece.empty();
      state->loop.post([state, piece = std::move(piece)]() mutable {
        if (!state->over) state->on_piece(std::move(piece));
      });
    }
  });
}

InputReader::~InputReader() {
  state_->over = true;
  count(state_->wake);
  thread_.join();
  state_->on_piece = nullptr;
}

void InputReader::next() {
  count(state_->wake);
}

}  // namespace muster::cmd
