// A Transport in the shape that Beast's WebSocket wants (AsyncStream). Writes are gathered: while corked, several
// messages become one system call.
#pragma once

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <memory>
#include <string>
#include <utility>

#include "runtime/http/transport.h"

namespace muster::http {

// An operation of Beast that waits for bytes. Asio's own any_completion_handler recurses without end in 1.81 when it is
// made from one that is not const.
class Operation {
 public:
  virtual ~Operation() = default;
  virtual void complete(boost::system::error_code error, std::size_t bytes) = 0;
};

template <class Handler>
class OperationOf final : public Operation {
 public:
  explicit OperationOf(Handler handler) : handler_(std::move(handler)) {}
  void complete(boost::system::error_code error, std::size_t bytes) override { handler_(error, bytes); }

 private:
  Handler handler_;
};

class Gatherer final : public Waiter, public std::enable_shared_from_this<Gatherer> {
 public:
  using Handler = std::unique_ptr<Operation>;
  using Executor = boost::asio::io_context::executor_type;
  static constexpr std::size_t enough = 64U << 10U;  // gathered bytes at which a write waits for the kernel

  // `early`: bytes that were read before and come first.
  Gatherer(Executor executor, std::unique_ptr<Transport> transport, std::string early)
      : executor_(std::move(executor)), transport_(std::move(transport)), early_(std::move(early)) {}

  Executor executor() const { return executor_; }
  void read(boost::asio::mutable_buffer buffer, Handler handler);
  // `bytes` of the handler's buffers have been appended to gathered().
  void written(std::size_t bytes, Handler handler);
  std::string& gathered() { return out_; }

  void cork() { corked_ = true; }
  void uncork();
  void flush();
  void shutdown();
  void close();
  std::size_t queued() const { return out_.size() - sent_; }
  // Grows with every byte that the kernel takes: for noticing that it takes none.
  std::size_t progress() const { return progress_; }

 private:
  void on_readable(const boost::system::error_code& error) override;
  void on_writable(const boost::system::error_code& error) override;
  void complete(Handler& handler, boost::system::error_code error, std::size_t bytes);
  void fail_write(boost::system::error_code error);

  Executor executor_;
  std::unique_ptr<Transport> transport_;
  std::string early_;
  boost::asio::mutable_buffer read_buffer_;
  Handler read_handler_;
  std::string out_;
  std::size_t sent_ = 0;  // of out_
  std::size_t progress_ = 0;
  Handler write_handler_;
  std::size_t write_bytes_ = 0;
  boost::system::error_code write_error_;
  bool corked_ = false;
  bool writing_ = false;
  bool flush_posted_ = false;
};

class SocketLayer {
 public:
  using executor_type = Gatherer::Executor;

  explicit SocketLayer(std::shared_ptr<Gatherer> gatherer) : gatherer_(std::move(gatherer)) {}
  executor_type get_executor() const { return gatherer_->executor(); }
  Gatherer& gatherer() { return *gatherer_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& all) {
          boost::asio::mutable_buffer first;
          for (auto it = boost::asio::buffer_sequence_begin(all); it != boost::asio::buffer_sequence_end(all); ++it) {
            if (first.size() == 0) first = boost::asio::mutable_buffer(*it);
          }
          gatherer_->read(first, std::make_unique<OperationOf<decltype(handler)>>(std::move(handler)));
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& all) {
          std::size_t taken = 0;
          std::string& out = gatherer_->gathered();
          for (auto it = boost::asio::buffer_sequence_begin(all); it != boost::asio::buffer_sequence_end(all); ++it) {
            const boost::asio::const_buffer piece(*it);
            const std::size_t size = std::min(piece.size(), Gatherer::enough - taken);
            out.append(static_cast<const char*>(piece.data()), size);
            taken += size;
          }
          gatherer_->written(taken, std::make_unique<OperationOf<decltype(handler)>>(std::move(handler)));
        },
        token, buffers);
  }

 private:
  std::shared_ptr<Gatherer> gatherer_;
};

// Found by Beast through the type of their argument.
void teardown(boost::beast::role_type role, SocketLayer& layer, boost::system::error_code& error);
void beast_close_socket(SocketLayer& layer);
template <class Handler>
void async_teardown(boost::beast::role_type, SocketLayer& layer, Handler&& handler) {
  layer.gatherer().shutdown();
  boost::asio::post(layer.get_executor(),
                    [handler = std::forward<Handler>(handler)]() mutable { handler(boost::system::error_code()); });
}

}  // namespace muster::http
