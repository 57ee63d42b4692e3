#include "runtime/http/stream.h"

#include <utility>

#include "runtime/http/connection.h"
#include "runtime/http/server_core.h"

namespace muster::http {

ServerStream::~ServerStream() {
  if (state_ == State::open) connection_->abort();
}

void ServerStream::begin(const Response& head) {
  if (!connection_->open()) {
    state_ = State::gone;
  } else if (!connection_->begin_stream(head, weak_from_this())) {
    state_ = State::no_body;
  }
}

bool ServerStream::write(std::shared_ptr<const std::string> bytes) {
  if (state_ == State::no_body) return true;  // to HEAD: the body is only described
  if (state_ != State::open) return false;
  if (bytes->empty()) return true;
  return connection_->stream_bytes(std::move(bytes));
}

void ServerStream::finish() {
  if (state_ == State::open) {
    state_ = State::finished;
    connection_->finish_stream();
  }
  close_callback_ = nullptr;
}

std::size_t ServerStream::queued() const {
  return state_ == State::open ? connection_->queued() : 0;
}

void ServerStream::on_close(std::function<void()> callback) {
  if (state_ == State::finished || state_ == State::no_body) return;
  close_callback_ = std::move(callback);
  if (state_ == State::gone) peer_gone();
}

void ServerStream::peer_gone() {
  state_ = State::gone;
  if (!close_callback_) return;
  connection_->core().call_soon([self = shared_from_this()] {
    if (auto callback = std::exchange(self->close_callback_, nullptr)) callback();
  });
}

}  // namespace muster::http
