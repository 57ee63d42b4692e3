#include "api/protocol/tunnel.h"

#include "api/base/text.h"

namespace muster::protocol {

std::optional<TunnelMessage> parse_tunnel(std::string_view message) {
  if (message.empty() || static_cast<std::uint8_t>(message[0]) > static_cast<std::uint8_t>(Tunnel::failed)) return {};
  return TunnelMessage{static_cast<Tunnel>(message[0]), message.substr(1)};
}

std::string tunnel_message(Tunnel type, std::string_view content) {
  std::string out;
  out.reserve(content.size() + 1);
  out += static_cast<char>(type);
  out += content;
  return out;
}

std::string encode_size(WindowSize size) {
  std::string out;
  for (const std::uint16_t number : {size.width, size.height}) {
    out += static_cast<char>(number >> 8U);
    out += static_cast<char>(number & 0xffU);
  }
  return out;
}

std::optional<WindowSize> decode_size(std::string_view content) {
  if (content.size() != 4) return std::nullopt;
  const auto number = [&](std::size_t at) {
    return static_cast<std::uint16_t>((static_cast<unsigned char>(content[at]) << 8U) |
                                      static_cast<unsigned char>(content[at + 1]));
  };
  return WindowSize{number(0), number(2)};
}

std::string encode_end(const StreamEnd& end) {
  if (!end.error.empty()) return tunnel_message(Tunnel::failed, end.error);
  if (end.exit_code) return tunnel_message(Tunnel::exited, std::to_string(*end.exit_code));
  return tunnel_message(Tunnel::closed, {});
}

std::optional<StreamEnd> decode_end(const TunnelMessage& message) {
  constexpr std::size_t error_bytes = 4096;
  StreamEnd out;
  if (message.type == Tunnel::closed) return out;
  if (message.type == Tunnel::failed) {
    out.error = message.content.substr(0, error_bytes);
    while (!valid_utf8(out.error)) out.error.pop_back();
    if (out.error.empty()) out.error = "the stream failed";
    return out;
  }
  if (message.type != Tunnel::exited) return std::nullopt;
  const auto code = parse_int(message.content);
  if (code && *code >= 0 && *code <= 255) {
    out.exit_code = static_cast<int>(*code);
  } else {
    out.error = "the agent told no exit code";
  }
  return out;
}

}  // namespace muster::protocol
