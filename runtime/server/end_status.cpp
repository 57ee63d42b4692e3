#include "api/base/error.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/server/status.h"
#include "runtime/server/user_end.h"

namespace muster::server {

std::string end_status(const protocol::StreamEnd& end) {
  if (!end.error.empty()) return status_json(Error{Code::internal, end.error, {}});
  if (end.exit_code.value_or(0) == 0) return R"({"metadata":{},"status":"Success"})";
  const int code = *end.exit_code;
  return str(R"({"metadata":{},"status":"Failure","reason":"NonZeroExitCode","message":)",
             R"("command terminated with non-zero exit code: error executing command, exit code )", code,
             R"(","details":{"causes":[{"reason":"ExitCode","message":")", code, R"("}]}})");
}

std::optional<protocol::WindowSize> parse_size(std::string_view json) {
  const auto node = parse_json(trim(json));
  if (!node.ok() || !node->is_map()) return std::nullopt;
  const auto part = [&](std::string_view name) -> std::optional<std::uint16_t> {
    const Node* value = node->find(name);
    if (value == nullptr || value->kind != Node::Kind::integer || value->integer < 0 || value->integer > 65'535)
      return std::nullopt;
    return static_cast<std::uint16_t>(value->integer);
  };
  const auto width = part("Width");
  const auto height = part("Height");
  // 0 by 0 is what a client says that has no terminal itself.
  if (!width || !height || *width == 0 || *height == 0) return std::nullopt;
  return protocol::WindowSize{*width, *height};
}

}  // namespace muster::server
