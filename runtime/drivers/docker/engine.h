// One engine behind its socket: negotiates the API version, sends, turns answers into errors. For this folder only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/drivers/docker/wire.h"
#include "runtime/http/client.h"

namespace muster::drivers::docker {

// Held by an object, watched weakly by its callbacks: they run only while it lives.
struct Life {};

class Engine {
 public:
  Engine(http::IoLoop& loop, const std::string& host);

  using Answer = std::function<void(Result<http::Response>)>;
  // A stop that waits for its container must not hold up an inspect.
  enum class Lane { quick, waiting };
  // `path` without the version: "/containers/json?all=true", or "/libpod/..." of Podman's own API. No answer at all is
  // Code::unavailable or timeout.
  void send(Lane lane, const std::string& method, const std::string& path, std::string body, Duration timeout,
            Answer done, const http::Headers& headers = {});
  // The streamed form. `on_call` gets what cancels the stream, unless `on_end` is called before.
  void stream(const std::string& method, const std::string& path, Duration head_timeout,
              http::StreamCallbacks callbacks, std::function<void(std::unique_ptr<http::Call>)> on_call,
              const http::Headers& headers = {});
  // A POST that makes its connection a stream of bytes.
  void take_over(const std::string& path, std::string body, Duration timeout,
                 std::function<void(Result<std::shared_ptr<http::ByteStream>>)> done);
  // Calls back once the engine has told its version, now or earlier.
  void negotiate(std::function<void(Result<Server>)> done);
  // The next call negotiates again: behind the same socket there may be another engine.
  void forget_version() { negotiated_ = false; }
  // Whether the engine that was negotiated with last is Podman.
  bool is_podman() const { return server_.engine.starts_with("podman"); }
  http::IoLoop& loop() { return loop_; }

 private:
  void told(const Result<Server>& server);
  std::string target(const std::string& path) const;

  http::IoLoop& loop_;
  std::string host_;
  http::Client quick_;
  http::Client waiting_;
  Server server_;
  bool negotiated_ = false;
  std::vector<std::function<void(Result<Server>)>> waiters_;
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
};

// "CannotStartContainerError: MESSAGE", from an answer that is not a success.
Error refused(std::string_view error_name, const http::Response& response);
// The same where there was no answer; a timeout becomes "DockerTimeoutError: Could not transition to STATE; ...".
Error no_answer(std::string_view error_name, std::string_view state, Duration timeout, Error error);
// "/containers/NAME" + rest, with the name percent-encoded.
std::string container_path(const std::string& name, std::string_view rest);

}  // namespace muster::drivers::docker
