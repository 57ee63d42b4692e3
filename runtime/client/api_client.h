// The resource API for programs that wait for each answer: the command line and tests. One connection is kept open.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/schema/node.h"
#include "api/types/kinds.h"
#include "runtime/client/config.h"
#include "runtime/http/client.h"

namespace muster::client {

// The path of a kind's collection or object: "/apis/muster.dev/v1beta1/namespaces/default/services/web".
// An empty namespace of a namespaced kind means all of them.
std::string path_of(const Kind& kind, std::string_view ns, std::string_view name = {});

// Not for use from several threads at a time.
class ApiClient {
 public:
  explicit ApiClient(const std::string& server);
  // With the certificates and the token of the target; asks its program for them, where it has one.
  static Result<std::unique_ptr<ApiClient>> open(const Target& target);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  struct Reply {
    http::Response response;
    std::vector<std::string> warnings;  // texts of the Warning headers
  };
  // Any HTTP answer is a Reply; an Error means there was none.
  Result<Reply> send(const http::Request& request, Duration timeout = std::chrono::seconds(30));
  // A JSON answer; a Kubernetes Status failure becomes an Error with its code, message and causes. Warnings go to
  // on_warning.
  Result<Node> json(const std::string& method, const std::string& path, std::string body = {},
                    const std::string& content_type = "application/json");
  Result<Node> get(const std::string& path) { return json("GET", path); }
  // The raw bytes of a streamed answer, until it ends, the callback answers false, or `within` has passed: that is no
  // error.
  Status stream(const std::string& path, const http::Headers& headers,
                const std::function<bool(std::string_view bytes)>& on_bytes, std::optional<Duration> within = {});
  // The same, line by line.
  Status lines(const std::string& path, const http::Headers& headers,
               const std::function<bool(std::string_view line)>& on_line, std::optional<Duration> within = {});

  // For several answers at once and for what goes both ways: `begin` is called on the loop, which then runs until it is
  // stopped. What is begun there must have ended, or be dropped, when this returns.
  void run(const std::function<void(http::IoLoop& loop)>& begin);
  // Inside run(): the answer to a GET piece by piece.
  std::unique_ptr<http::Call> follow(const std::string& path, const http::Headers& headers,
                                     http::StreamCallbacks callbacks);
  // Inside run(): a WebSocket of this subprotocol. A refusal is the Error that the server's answer stands for.
  void connect(const std::string& path, std::string_view subprotocol,
               std::function<void(Result<std::shared_ptr<http::WebSocket>>)> done);

  std::function<void(const std::string& text)> on_warning;
  const std::string& server() const { return target_.server; }
  const Target& target() const { return target_; }

 private:
  ApiClient(Target target, http::ClientOptions options);
  void identify(http::Request& request) const;
  // A GET with everything that says who asks.
  http::Request asking_for(const std::string& path, const http::Headers& headers);
  // Asks the program again. Whether there was one and it has answered.
  bool log_in_again();
  Result<http::Response> exchange(const http::Request& request, Duration timeout);

  Target target_;
  std::shared_ptr<http::TlsClient> tls_;
  Time credential_end_{};  // of what the program gave; not set: none known
  std::unique_ptr<http::IoLoop> loop_;
  std::unique_ptr<http::Client> client_;
};

// The Error that an answer other than 2xx stands for.
Error error_of(const http::Response& response);

}  // namespace muster::client
