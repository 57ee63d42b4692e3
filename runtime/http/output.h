// What waits to be sent on one connection: pieces that go out together in one system call, large ones without a copy.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace muster::http {

class Transport;

class Output {
 public:
  void push(std::string bytes);
  // `head`, then the shared bytes as they are.
  void push(std::string head, std::shared_ptr<const std::string> body);
  // The bytes as one chunk of a chunked body; they must not be empty.
  void push_chunk(std::shared_ptr<const std::string> bytes);

  bool empty() const { return bytes_ == 0; }
  std::size_t bytes() const { return bytes_; }
  void clear();

  // Sends until all is gone or the kernel takes no more (error would_block). Answers the bytes sent.
  std::size_t flush(Transport& transport, boost::system::error_code& error);

 private:
  struct Piece {
    std::string head;
    std::shared_ptr<const std::string> body;  // may be null
    bool chunk = false;                       // a line end follows the body
    std::size_t size() const;
  };
  void add(Piece piece);
  void consume(std::size_t count);

  std::vector<Piece> pieces_;  // a deque would cost an idle connection half a kilobyte
  std::size_t first_ = 0;      // the first piece that is not sent yet
  std::size_t sent_ = 0;       // bytes of it that are
  std::size_t bytes_ = 0;
};

}  // namespace muster::http
