// The server's end of a SPDY/3.1 connection as kubectl speaks it: frames, header compression and the book of streams.
// No I/O: bytes go in by feed(), bytes to be sent come out by a callback. Everything that a peer can make large is
// bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/error.h"

namespace muster::spdy {

using StreamId = std::uint32_t;
// Names in lower case, in the order of arrival.
using Headers = std::vector<std::pair<std::string, std::string>>;
// The value of the first field of this name, or empty.
std::string_view header(const Headers& headers, std::string_view name);

enum class More { follows, ends };  // whether further bytes follow in this direction of the stream

struct Limits {
  std::size_t control_bytes = 64U << 10U;  // of one control frame
  std::size_t header_bytes = 64U << 10U;   // of one header block, decompressed
  std::size_t header_fields = 64;
  std::size_t streams = 256;  // open at once
};

struct Callbacks {
  // The peer has opened a stream; answer with reply() or reset().
  std::function<void(StreamId id, const Headers& headers, More more)> on_stream;
  // Bytes of an open stream as they arrive, cut anywhere; may be empty with More::ends.
  std::function<void(StreamId id, std::string_view bytes, More more)> on_data;
  // The peer has given the stream up; it is closed.
  std::function<void(StreamId id)> on_reset;
  // Bytes for the peer.
  std::function<void(std::string bytes)> on_output;
};

class Session {
 public:
  explicit Session(Callbacks callbacks, Limits limits = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Code::malformed or too_large: nothing more can be understood of this peer, the connection must end. Not to be
  // called, nor this destroyed, from inside a callback.
  Status feed(std::string_view bytes);

  // To streams that have ended in this direction, these do nothing.
  void reply(StreamId id);
  void data(StreamId id, std::string_view bytes, More more);
  void reset(StreamId id);
  void go_away();
  // Open in either direction.
  std::size_t streams() const { return streams_.size(); }

 private:
  struct Zlib;
  struct Stream {
    bool in_open = true, out_open = true;
  };

  Status control();
  Status open_stream(std::string_view payload);
  Result<Headers> headers(std::string_view block);
  void data_arrived(std::string_view bytes);
  void close_out(StreamId id);
  void close_in(StreamId id);
  void drop_closed(StreamId id);
  void control_frame(std::uint16_t type, std::string_view payload);

  Callbacks callbacks_;
  const Limits limits_;
  std::unique_ptr<Zlib> zlib_;
  std::map<StreamId, Stream> streams_;
  StreamId last_ = 0;     // the last one that the peer has opened
  std::string head_;      // of the current frame, as far as it has come
  std::string frame_;     // the payload of the current control frame
  std::size_t left_ = 0;  // of the current frame's payload
};

}  // namespace muster::spdy
