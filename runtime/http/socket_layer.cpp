#include "runtime/http/socket_layer.h"

#include <sys/uio.h>

#include <boost/asio/error.hpp>
#include <cstring>

namespace muster::http {

using boost::system::error_code;

namespace {

constexpr std::size_t keep_capacity = 2048;

}  // namespace

void Gatherer::complete(Handler& handler, error_code error, std::size_t bytes) {
  boost::asio::post(executor_, [operation = std::move(handler), error, bytes] { operation->complete(error, bytes); });
}

void Gatherer::read(boost::asio::mutable_buffer buffer, Handler handler) {
  read_buffer_ = buffer;
  read_handler_ = std::move(handler);
  if (!transport_) return complete(read_handler_, boost::asio::error::operation_aborted, 0);
  if (early_.empty()) return transport_->wait_readable(shared_from_this());
  const std::size_t size = std::min(early_.size(), buffer.size());
  std::memcpy(buffer.data(), early_.data(), size);
  early_.erase(0, size);
  if (early_.empty()) early_.shrink_to_fit();
  complete(read_handler_, {}, size);
}

void Gatherer::on_readable(const error_code& error) {
  if (!read_handler_ || !transport_) return;
  error_code failure = error;
  std::size_t size = 0;
  if (!failure) size = transport_->read(static_cast<char*>(read_buffer_.data()), read_buffer_.size(), failure);
  if (failure == boost::asio::error::would_block) return transport_->wait_readable(shared_from_this());
  const Handler done = std::move(read_handler_);
  done->complete(failure, size);
}

void Gatherer::written(std::size_t bytes, Handler handler) {
  if (!transport_) write_error_ = boost::asio::error::operation_aborted;
  write_bytes_ = bytes;
  write_handler_ = std::move(handler);
  if (write_error_) return fail_write(write_error_);
  if (queued() < enough) {
    complete(write_handler_, {}, bytes);
    if (corked_ || writing_ || std::exchange(flush_posted_, true)) return;
    boost::asio::post(executor_, [self = shared_from_this()] {
      self->flush_posted_ = false;
      if (!self->corked_) self->flush();
    });
    return;
  }
  flush();
}

void Gatherer::uncork() {
  corked_ = false;
  flush();
}

void Gatherer::flush() {
  if (!transport_ || writing_ || queued() == 0) return;
  error_code error;
  while (!error && queued() > 0) {
    const iovec piece{out_.data() + sent_, queued()};
    const std::size_t size = transport_->write(&piece, 1, error);
    sent_ += size;
    progress_ += size;
  }
  if (queued() == 0) {
    out_.clear();
    if (out_.capacity() > keep_capacity) out_.shrink_to_fit();
    sent_ = 0;
  }
  if (error == boost::asio::error::would_block) {
    writing_ = true;
    transport_->wait_writable(shared_from_this());
  } else if (error) {
    write_error_ = error;
    return fail_write(error);
  }
  if (write_handler_ && queued() < enough) complete(write_handler_, {}, write_bytes_);
}

void Gatherer::on_writable(const error_code& error) {
  writing_ = false;
  if (!error) flush();
}

void Gatherer::fail_write(error_code error) {
  out_ = {};
  sent_ = 0;
  if (write_handler_) complete(write_handler_, error, 0);
}

void Gatherer::shutdown() {
  flush();
  if (transport_) transport_->shutdown_send();
}

void Gatherer::close() {
  if (!transport_) return;
  transport_->close();
  transport_.reset();
  if (read_handler_) complete(read_handler_, boost::asio::error::operation_aborted, 0);
  fail_write(boost::asio::error::operation_aborted);
}

void teardown(boost::beast::role_type, SocketLayer& layer, error_code& error) {
  layer.gatherer().shutdown();
  error.clear();
}

void beast_close_socket(SocketLayer& layer) {
  layer.gatherer().close();
}

}  // namespace muster::http
