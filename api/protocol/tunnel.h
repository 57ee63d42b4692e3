// The messages on a stream of kind exec, attach or forward, each a binary WebSocket message: one byte that says what it
// is, then its content.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::protocol {

enum class Tunnel : std::uint8_t {
  input = 0,       // down: bytes for the process or the port
  output = 1,      // up: bytes of its output, or of the port
  errors = 2,      // up: bytes of its error output
  input_end = 3,   // down: no more input follows
  output_end = 4,  // up: the port sends nothing more
  resize = 5,      // down: the terminal's new width and height, each two bytes
  exited = 6,      // up: the last message: the process has ended, with this exit code in decimal digits
  closed = 7,      // up: the last message: the port or the attached container has ended
  failed = 8,      // up: the last message: what failed, for people
};

struct TunnelMessage {
  Tunnel type = Tunnel::input;
  std::string_view content;
};
// Nothing for a message without a type, or of one that is unknown.
std::optional<TunnelMessage> parse_tunnel(std::string_view message);
std::string tunnel_message(Tunnel type, std::string_view content);

struct WindowSize {
  std::uint16_t width = 0, height = 0;
};
std::string encode_size(WindowSize size);
std::optional<WindowSize> decode_size(std::string_view content);

// How a stream has ended.
struct StreamEnd {
  std::optional<int> exit_code;  // of a process
  std::string error;             // not empty: it failed
};
std::string encode_end(const StreamEnd& end);
// Nothing when the message is not a last one.
std::optional<StreamEnd> decode_end(const TunnelMessage& message);

}  // namespace muster::protocol
