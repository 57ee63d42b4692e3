#include "runtime/cmd/remote_session.h"

#include <unistd.h>

#include <csignal>
#include <memory>
#include <optional>
#include <utility>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "runtime/base/file.h"
#include "runtime/client/remote_process.h"
#include "runtime/cmd/input_reader.h"
#include "runtime/cmd/terminal.h"

namespace muster::cmd {
namespace {

constexpr Duration drain_interval = std::chrono::milliseconds(5);

// Inside ApiClient::run().
class Conversation {
 public:
  Conversation(http::IoLoop& loop, const RemoteSession& remote) : loop_(loop), remote_(remote) {}
  // The loop runs again for the next one.
  ~Conversation() { loop_.cancel(timer_); }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  void begin(Session& session) {
    const std::string query = str(remote_.path.find('?') == std::string::npos ? "?" : "&",
                                  "stdout=true&stdin=", remote_.input >= 0 ? "true" : "false",
                                  remote_.terminal ? "&tty=true" : "&stderr=true");
    session.api->connect(remote_.path + query, client::RemoteProcess::subprotocol,
                         [this](Result<std::shared_ptr<http::WebSocket>> socket) {
                           if (!socket.ok()) return end(std::move(socket).error());
                           start(std::move(*socket));
                         });
  }
  Result<int> outcome() { return std::move(*outcome_); }

 private:
  void start(std::shared_ptr<http::WebSocket> socket) {
    client::RemoteCallbacks callbacks;
    callbacks.on_output = [this](std::string_view bytes) {
      if (!remote_.on_output(bytes)) end(exit_code::error);
    };
    callbacks.on_errors = [this](std::string_view bytes) {
      if (!remote_.on_errors(bytes)) end(exit_code::error);
    };
    callbacks.on_end = [this](Result<int> code) { end(std::move(code)); };
    process_ = std::make_unique<client::RemoteProcess>(std::move(socket), std::move(callbacks));
    if (remote_.terminal) {
      terminal_ = std::make_unique<RawTerminal>();
      tell_size();
      // A signal that would end this process must not leave the terminal as it is now.
      loop_.on_signals({SIGWINCH, SIGTERM, SIGHUP, SIGINT}, [this](int signal) {
        if (signal == SIGWINCH) return tell_size();
        end(exit_code::interrupted);
      });
    }
    if (remote_.input < 0) return;
    input_ = std::make_unique<InputReader>(loop_, remote_.input, [this](const std::string& piece) { take(piece); });
    input_->next();
  }

  void take(const std::string& piece) {
    if (outcome_) return;
    if (piece.empty()) return process_->end_input();
    process_->input(piece);
    read_on();
  }
  void read_on() {
    if (outcome_) return;
    if (process_->queued() < limits::stream_pause_bytes) return input_->next();
    timer_ = loop_.after(drain_interval, [this] { read_on(); });
  }

  void tell_size() {
    const auto size = terminal_size();
    if (size && process_ != nullptr) process_->resize(size->columns, size->rows);
  }

  void end(Result<int> outcome) {
    if (outcome_) return;
    outcome_.emplace(std::move(outcome));
    loop_.stop();
  }

  http::IoLoop& loop_;
  const RemoteSession& remote_;
  std::unique_ptr<client::RemoteProcess> process_;
  std::unique_ptr<RawTerminal> terminal_;
  std::unique_ptr<InputReader> input_;
  std::optional<Result<int>> outcome_;
  Loop::Timer timer_ = 0;
};

}  // namespace

std::string command_query(std::span<const std::string> command) {
  std::string query;
  for (const std::string& word : command) {
    query += str(query.empty() ? "" : "&", "command=", http::percent_encode(word));
  }
  return query;
}

Result<int> converse(Session& session, const RemoteSession& remote) {
  std::unique_ptr<Conversation> conversation;
  session.api->run([&](http::IoLoop& loop) {
    conversation = std::make_unique<Conversation>(loop, remote);
    conversation->begin(session);
  });
  return conversation->outcome();
}

bool write_output(std::string_view bytes) {
  return write_all(STDOUT_FILENO, bytes);
}
bool write_errors(std::string_view bytes) {
  return write_all(STDERR_FILENO, bytes);
}

}  // namespace muster::cmd
