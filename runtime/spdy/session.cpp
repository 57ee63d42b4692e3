#include "runtime/spdy/session.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "runtime/spdy/dictionary.h"

namespace muster::spdy {

namespace {

constexpr std::size_t head_bytes = 8;
constexpr std::size_t most_data = 64U << 10U;  // of one data frame that is sent
constexpr std::uint8_t flag_fin = 1;
constexpr std::uint32_t refused_stream = 3;
constexpr std::uint32_t cancelled = 5;

enum Type : std::uint16_t { syn_stream = 1, syn_reply = 2, rst_stream = 3, ping = 6, goaway = 7, more_headers = 8 };

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t out = 0;
  for (std::size_t i = at; i < at + size; ++i) out = (out << 8U) | static_cast<unsigned char>(bytes[i]);
  return out;
}

void put(std::string& out, std::uint32_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) out += static_cast<char>((value >> (8 * i)) & 0xffU);
}

StreamId stream_id(std::string_view payload) {
  return number(payload, 0, 4) & 0x7fffffffU;
}

Error malformed(std::string_view what) {
  return Error{Code::malformed, str("SPDY: ", what), {}};
}

Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT: zlib only reads it
}

Result<Headers> parse_headers(std::string_view block, std::size_t most) {
  const auto take = [&block]() -> Result<std::string> {
    if (block.size() < 4) return malformed("a header block is cut short");
    const std::size_t size = number(block, 0, 4);
    block.remove_prefix(4);
    if (size > block.size()) return malformed("a header block is cut short");
    std::string out(block.substr(0, size));
    block.remove_prefix(size);
    return out;
  };
  if (block.size() < 4) return malformed("a header block is cut short");
  const std::size_t count = number(block, 0, 4);
  block.remove_prefix(4);
  if (count > most) return Error{Code::too_large, "SPDY: too many header fields", {}};
  Headers out;
  for (std::size_t i = 0; i < count; ++i) {
    TRY(std::string name, take());
    TRY(std::string value, take());
    value = value.substr(0, value.find('\0'));  // several values of one field; ours have one
    out.emplace_back(to_lower(name), std::move(value));
  }
  return out;
}

}  // namespace

std::string_view header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

// One context for each direction and the whole life of the connection.
struct Session::Zlib {
  z_stream in{};
  z_stream out{};

  Zlib() {
    MUSTER_ASSERT(inflateInit(&in) == Z_OK);
    MUSTER_ASSERT(deflateInit(&out, Z_DEFAULT_COMPRESSION) == Z_OK);
    deflateSetDictionary(&out, bytes_of(dictionary()), static_cast<uInt>(dictionary().size()));
  }
  ~Zlib() {
    inflateEnd(&in);
    deflateEnd(&out);
  }
  Zlib(const Zlib&) = delete;
  Zlib& operator=(const Zlib&) = delete;

  Result<std::string> inflate_block(std::string_view block, std::size_t most) {
    std::string out_bytes;
    std::array<char, 4096> buffer;  // NOLINT: filled by zlib
    in.next_in = bytes_of(block);
    in.avail_in = static_cast<uInt>(block.size());
    while (true) {
      in.next_out = reinterpret_cast<Bytef*>(buffer.data());
      in.avail_out = buffer.size();
      const int outcome = inflate(&in, Z_SYNC_FLUSH);
      if (outcome == Z_NEED_DICT) {
        if (inflateSetDictionary(&in, bytes_of(dictionary()), static_cast<uInt>(dictionary().size())) != Z_OK)
          return malformed("a header block with another dictionary");
        continue;
      }
      if (outcome != Z_OK && outcome != Z_BUF_ERROR) return malformed("a header block cannot be decompressed");
      const std::size_t got = buffer.size() - in.avail_out;
      if (out_bytes.size() + got > most) return Error{Code::too_large, "SPDY: a header block is too large", {}};
      out_bytes.append(buffer.data(), got);
      if (in.avail_out != 0) break;
    }
    if (in.avail_in != 0) return malformed("a header block cannot be decompressed");
    return out_bytes;
  }

  std::string deflate_block(std::string_view block) {
    std::string out_bytes(deflateBound(&out, static_cast<uLong>(block.size())) + 64, '\0');
    out.next_in = bytes_of(block);
    out.avail_in = static_cast<uInt>(block.size());
    out.next_out = reinterpret_cast<Bytef*>(out_bytes.data());
    out.avail_out = static_cast<uInt>(out_bytes.size());
    deflate(&out, Z_SYNC_FLUSH);
    out_bytes.resize(out_bytes.size() - out.avail_out);
    return out_bytes;
  }
};

Session::Session(Callbacks callbacks, Limits limits)
    : callbacks_(std::move(callbacks)), limits_(limits), zlib_(std::make_unique<Zlib>()) {}

Session::~Session() = default;

Status Session::feed(std::string_view bytes) {
  while (true) {
    if (head_.size() < head_bytes) {
      const std::string_view piece = bytes.substr(0, head_bytes - head_.size());
      head_ += piece;
      bytes.remove_prefix(piece.size());
      if (head_.size() < head_bytes) return {};
      left_ = number(head_, 5, 3);
      const bool is_control = (static_cast<unsigned char>(head_[0]) & 0x80U) != 0;
      if (is_control && left_ > limits_.control_bytes)
        return Error{Code::too_large, str("SPDY: a control frame of ", left_, " bytes"), {}};
    }
    const bool is_control = (static_cast<unsigned char>(head_[0]) & 0x80U) != 0;
    if (left_ > 0 && bytes.empty()) return {};
    const std::string_view piece = bytes.substr(0, left_);
    left_ -= piece.size();
    bytes.remove_prefix(piece.size());
    if (is_control) frame_ += piece;
    const bool whole = left_ == 0;
    if (is_control && whole) TRY_VOID(control());
    if (!is_control) data_arrived(piece);
    if (!whole) continue;
    head_.clear();
    frame_.clear();
  }
  return {};
}

void Session::data_arrived(std::string_view bytes) {
  const StreamId id = stream_id(head_);
  const bool last = left_ == 0 && (static_cast<unsigned char>(head_[4]) & flag_fin) != 0;
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.in_open) return;  // may have been on its way when it was closed
  if (last) close_in(id);
  if ((last || !bytes.empty()) && callbacks_.on_data) callbacks_.on_data(id, bytes, last ? More::ends : More::follows);
}

Status Session::control() {
  if ((number(head_, 0, 2) & 0x7fffU) != 3) return malformed("another version than 3");
  const auto need = [this](std::size_t size) -> Status {
    if (frame_.size() < size) return malformed("a control frame is cut short");
    return {};
  };
  switch (number(head_, 2, 2)) {
    case syn_stream: return open_stream(frame_);
    case syn_reply:
    case more_headers:
      // Nothing in them is for us, but the compression goes on over them.
      TRY_VOID(need(4));
      TRY_VOID(headers(std::string_view(frame_).substr(4)));
      return {};
    case rst_stream: {
      TRY_VOID(need(8));
      if (streams_.erase(stream_id(frame_)) > 0 && callbacks_.on_reset) callbacks_.on_reset(stream_id(frame_));
      return {};
    }
    case ping:
      TRY_VOID(need(4));
      if (number(frame_, 0, 4) % 2 == 1) control_frame(ping, std::string_view(frame_).substr(0, 4));
      return {};
    default: return {};  // settings, window updates and what a later version may add: we send whatever the peer takes
  }
}

Result<Headers> Session::headers(std::string_view block) {
  TRY(const std::string plain, zlib_->inflate_block(block, limits_.header_bytes));
  return parse_headers(plain, limits_.header_fields);
}

Status Session::open_stream(std::string_view payload) {
  constexpr std::size_t fixed = 10;  // id, associated id, priority, slot
  if (payload.size() < fixed) return malformed("a control frame is cut short");
  const StreamId id = stream_id(payload);
  TRY(const Headers fields, headers(payload.substr(fixed)));
  if (id % 2 == 0 || id <= last_) return malformed("a stream's id is not above the last one, or even");
  last_ = id;
  if (streams_.size() >= limits_.streams) {
    std::string refusal;
    put(refusal, id, 4);
    put(refusal, refused_stream, 4);
    control_frame(rst_stream, refusal);
    return {};
  }
  const bool last = (static_cast<unsigned char>(head_[4]) & flag_fin) != 0;
  streams_[id].in_open = !last;
  if (callbacks_.on_stream) callbacks_.on_stream(id, fields, last ? More::ends : More::follows);
  return {};
}

void Session::reply(StreamId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.out_open) return;
  std::string payload;
  put(payload, id, 4);
  payload += zlib_->deflate_block(std::string_view("\0\0\0\0", 4));
  control_frame(syn_reply, payload);
}

void Session::data(StreamId id, std::string_view bytes, More more) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.out_open) return;
  std::string out;
  do {
    const std::string_view piece = bytes.substr(0, most_data);
    bytes.remove_prefix(piece.size());
    const bool last = bytes.empty() && more == More::ends;
    if (piece.empty() && !last) break;
    put(out, id, 4);
    put(out, last ? flag_fin : 0, 1);
    put(out, static_cast<std::uint32_t>(piece.size()), 3);
    out += piece;
  } while (!bytes.empty());
  if (more == More::ends) close_out(id);
  if (!out.empty() && callbacks_.on_output) callbacks_.on_output(std::move(out));
}

void Session::reset(StreamId id) {
  if (streams_.erase(id) == 0) return;
  std::string payload;
  put(payload, id, 4);
  put(payload, cancelled, 4);
  control_frame(rst_stream, payload);
}

void Session::go_away() {
  std::string payload;
  put(payload, last_, 4);
  put(payload, 0, 4);
  control_frame(goaway, payload);
}

void Session::close_in(StreamId id) {
  streams_[id].in_open = false;
  drop_closed(id);
}

void Session::close_out(StreamId id) {
  streams_[id].out_open = false;
  drop_closed(id);
}

void Session::drop_closed(StreamId id) {
  const auto found = streams_.find(id);
  if (!found->second.in_open && !found->second.out_open) streams_.erase(found);
}

void Session::control_frame(std::uint16_t type, std::string_view payload) {
  std::string out;
  put(out, 0x8003U, 2);
  put(out, type, 2);
  put(out, 0, 1);
  put(out, static_cast<std::uint32_t>(payload.size()), 3);
  out += payload;
  if (callbacks_.on_output) callbacks_.on_output(std::move(out));
}

}  // namespace muster::spdy
