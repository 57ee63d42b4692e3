// The ByteStream over a Transport. For this folder only.
#pragma once

#include <memory>
#include <string>

#include "runtime/http/byte_stream.h"
#include "runtime/http/transport.h"

namespace muster::http {

// The inside of a ByteStream. It lives until its connection ends; the user's pointer is a handle.
class RawStream : public ByteStream {
 public:
  // The user's pointer: dropping it closes the connection.
  virtual std::shared_ptr<ByteStream> handle() = 0;
  // Ends the connection at once.
  virtual void abort(std::string reason) = 0;
  // These bytes come again, first, to whoever starts the stream next.
  virtual void put_back(std::string bytes) = 0;
};

// `early`: bytes that were read before and come first. `ended` is called once, when the connection has ended.
std::shared_ptr<RawStream> make_raw_stream(IoLoop& loop, std::unique_ptr<Transport> transport, std::string early,
                                           ByteStreamOptions options, std::function<void(const RawStream*)> ended);

}  // namespace muster::http
