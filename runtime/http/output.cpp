#include "runtime/http/output.h"

#include <sys/uio.h>

#include <array>
#include <string_view>
#include <utility>

#include "api/base/assert.h"
#include "runtime/http/transport.h"

namespace muster::http {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t max_vectors = 256;  // the kernel takes 1024; more than this gains nothing
constexpr std::size_t keep_capacity = 16;

// An array of vectors that skips the bytes which have been sent already.
class Vectors {
 public:
  explicit Vectors(std::size_t skip) : skip_(skip) {}
  void add(std::string_view bytes) {
    if (skip_ >= bytes.size()) {
      skip_ -= bytes.size();
      return;
    }
    bytes.remove_prefix(std::exchange(skip_, 0));
    vectors_[count_++] = iovec{const_cast<char*>(bytes.data()), bytes.size()};  // NOLINT: only read from
  }
  bool room_for(std::size_t more) const { return count_ + more <= max_vectors; }
  const iovec* data() const { return vectors_.data(); }
  std::size_t size() const { return count_; }

 private:
  std::array<iovec, max_vectors> vectors_;
  std::size_t count_ = 0;
  std::size_t skip_;
};

}  // namespace

std::size_t Output::Piece::size() const {
  return head.size() + (body ? body->size() : 0) + (chunk ? line_end.size() : 0);
}

void Output::add(Piece piece) {
  bytes_ += piece.size();
  pieces_.push_back(std::move(piece));
}

void Output::push(std::string bytes) {
  if (!bytes.empty()) add(Piece{std::move(bytes), nullptr, false});
}

void Output::push(std::string head, std::shared_ptr<const std::string> body) {
  add(Piece{std::move(head), std::move(body), false});
}

void Output::push_chunk(std::shared_ptr<const std::string> bytes) {
  MUSTER_ASSERT(!bytes->empty());  // an empty chunk would end the body
  std::string head;                // short enough to need no memory of its own
  std::size_t rest = bytes->size();
  for (; rest != 0; rest >>= 4U) head.insert(head.begin(), "0123456789abcdef"[rest & 15U]);
  head += line_end;
  add(Piece{std::move(head), std::move(bytes), true});
}

void Output::clear() {
  pieces_ = {};
  first_ = sent_ = bytes_ = 0;
}

void Output::consume(std::size_t count) {
  bytes_ -= count;
  sent_ += count;
  while (first_ < pieces_.size() && sent_ >= pieces_[first_].size()) {
    sent_ -= pieces_[first_].size();
    pieces_[first_] = Piece{};  // lets go of the shared bytes
    ++first_;
  }
  if (first_ == pieces_.size()) {
    first_ = 0;
    pieces_.clear();
    if (pieces_.capacity() > keep_capacity) pieces_.shrink_to_fit();
  } else if (first_ >= 64 && first_ * 2 > pieces_.size()) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

std::size_t Output::flush(Transport& transport, boost::system::error_code& error) {
  std::size_t total = 0;
  error.clear();
  while (bytes_ > 0 && !error) {
    Vectors vectors(sent_);
    for (std::size_t i = first_; i < pieces_.size() && vectors.room_for(3); ++i) {
      vectors.add(pieces_[i].head);
      if (pieces_[i].body) vectors.add(*pieces_[i].body);
      if (pieces_[i].chunk) vectors.add(line_end);
    }
    const std::size_t sent = transport.write(vectors.data(), vectors.size(), error);
    consume(sent);
    total += sent;
  }
  return total;
}

}  // namespace muster::http
