#include "runtime/client/remote_process.h"

#include <utility>

#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::client {
namespace {

// The first byte of each message.
constexpr char in_channel = 0, out_channel = 1, error_channel = 2, status_channel = 3, resize_channel = 4;
constexpr char close_signal = static_cast<char>(255);

Result<int> read_end(std::string_view text) {
  const auto status = parse_json(text);
  if (!status.ok() || !status->is_map()) return Error{Code::internal, "the server's last word is no Status", {}};
  if (status->text_of("status") == "Success") return 0;
  const Node* details = status->find("details");
  const Node* causes = details == nullptr ? nullptr : details->find("causes");
  if (status->text_of("reason") == "NonZeroExitCode" && causes != nullptr) {
    for (const Node& cause : causes->items) {
      const auto code = parse_int(cause.text_of("message"));
      if (cause.text_of("reason") == "ExitCode" && code) return static_cast<int>(*code);
    }
  }
  return Error{Code::internal, std::string(status->text_of("message")), {}};
}

}  // namespace

RemoteProcess::RemoteProcess(std::shared_ptr<http::WebSocket> socket, RemoteCallbacks callbacks)
    : socket_(std::move(socket)), callbacks_(std::move(callbacks)) {
  socket_->on_message([this](const std::string& message, http::Frame) { received(message); });
  socket_->on_close([this](const std::string& reason) {
    end(Error{Code::unavailable, str("the connection has ended: ", reason), {}});
  });
}

RemoteProcess::~RemoteProcess() {
  socket_->on_message([](const std::string&, http::Frame) {});
  socket_->on_close([](const std::string&) {});
}

void RemoteProcess::input(std::string_view bytes) {
  constexpr std::size_t piece_bytes = 32U << 10U;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), piece_bytes))) {
    send(in_channel, bytes.substr(0, piece_bytes));
  }
}

void RemoteProcess::end_input() {
  send(close_signal, std::string_view(&in_channel, 1));
}

void RemoteProcess::resize(std::uint16_t columns, std::uint16_t rows) {
  send(resize_channel, str(R"({"Width":)", columns, R"(,"Height":)", rows, "}"));
}

void RemoteProcess::received(std::string_view message) {
  if (message.empty()) return;
  const std::string_view content = message.substr(1);
  switch (message[0]) {
    case out_channel:
      if (callbacks_.on_output && !content.empty()) callbacks_.on_output(content);
      break;
    case error_channel:
      if (callbacks_.on_errors && !content.empty()) callbacks_.on_errors(content);
      break;
    case status_channel: end(read_end(content)); break;
    default: break;
  }
}

void RemoteProcess::end(Result<int> exit_code) {
  if (const auto callback = std::exchange(callbacks_.on_end, nullptr)) callback(std::move(exit_code));
}

void RemoteProcess::send(char channel, std::string_view bytes) {
  auto message = std::make_shared<std::string>(1, channel);
  message->append(bytes);
  socket_->send(std::move(message), http::Frame::binary);
}

}  // namespace muster::client
