#include "runtime/drivers/docker/engine.h"

#include <utility>

#include "api/base/text.h"

namespace muster::drivers::docker {

namespace {

constexpr Duration version_timeout = std::chrono::seconds(30);

http::ClientOptions client_options(std::size_t connections) {
  http::ClientOptions options;
  options.max_connections = connections;
  return options;
}

http::Request request(const std::string& method, std::string target, std::string body,
                      const http::Headers& headers = {}) {
  http::Request out;
  out.headers = headers;
  out.method = method;
  out.target = std::move(target);
  if (!body.empty()) out.headers.emplace_back("Content-Type", "application/json");
  out.body = std::move(body);
  return out;
}

}  // namespace

Engine::Engine(http::IoLoop& loop, const std::string& host)
    : loop_(loop), host_(host), quick_(loop, host, client_options(64)), waiting_(loop, host, client_options(4096)) {}

std::string Engine::target(const std::string& path) const {
  if (path.starts_with("/libpod/")) return str("/v4.0.0", path);  // Podman's own API counts by itself
  return str("/v", server_.api.major, ".", server_.api.minor, path);
}

void Engine::negotiate(std::function<void(Result<Server>)> done) {
  if (negotiated_) return done(server_);
  waiters_.push_back(std::move(done));
  if (waiters_.size() > 1) return;
  quick_.send(request("GET", "/version", ""), version_timeout,
              [this, life = std::weak_ptr<Life>(life_)](Result<http::Response> response) {
                if (life.expired()) return;
                if (!response.ok()) return told(std::move(response).error());
                if (response->status != 200) return told(Error{Code::invalid, decode_error(response->body), {}});
                told(decode_server(response->body));
              });
}

void Engine::told(const Result<Server>& server) {
  if (server.ok()) {
    server_ = *server;
    negotiated_ = true;
  }
  const Result<Server> outcome =
      server.ok() ? server : Result<Server>(Error(server.error()).under("Docker Engine at " + host_));
  const std::weak_ptr<Life> life = life_;
  for (const auto& done : std::exchange(waiters_, {})) {
    if (!life.expired()) done(outcome);
  }
}

void Engine::send(Lane lane, const std::string& method, const std::string& path, std::string body, Duration timeout,
                  Answer done, const http::Headers& headers) {
  negotiate([this, lane, method, path, body = std::move(body), timeout, done = std::move(done),
             headers](const Result<Server>& server) mutable {
    if (!server.ok()) return done(server.error());
    http::Client& client = lane == Lane::quick ? quick_ : waiting_;
    client.send(
        request(method, target(path), std::move(body), headers), timeout,
        [life = std::weak_ptr<Life>(life_), host = host_, done = std::move(done)](Result<http::Response> response) {
          if (life.expired()) return;
          if (response.ok()) return done(std::move(response));
          done(std::move(response).error().under("Docker Engine at " + host));
        });
  });
}

void Engine::stream(const std::string& method, const std::string& path, Duration head_timeout,
                    http::StreamCallbacks callbacks, std::function<void(std::unique_ptr<http::Call>)> on_call,
                    const http::Headers& headers) {
  negotiate([this, method, path, head_timeout, callbacks = std::move(callbacks), on_call = std::move(on_call),
             headers](const Result<Server>& server) {
    if (!server.ok()) return callbacks.on_end(server.error());
    on_call(waiting_.stream(request(method, target(path), "", headers), head_timeout, callbacks));
  });
}

void Engine::take_over(const std::string& path, std::string body, Duration timeout,
                       std::function<void(Result<std::shared_ptr<http::ByteStream>>)> done) {
  negotiate(
      [this, path, body = std::move(body), timeout, done = std::move(done)](const Result<Server>& server) mutable {
        if (!server.ok()) return done(server.error());
        http::Request asked = request("POST", target(path), std::move(body));
        asked.headers.emplace_back("Upgrade", "tcp");
        waiting_.take_over(std::move(asked), timeout, std::move(done));
      });
}

Error refused(std::string_view error_name, const http::Response& response) {
  Code code = Code::internal;
  if (response.status == 400) code = Code::invalid;
  if (response.status == 401) code = Code::unauthorized;
  if (response.status == 403) code = Code::forbidden;
  if (response.status == 404) code = Code::not_found;
  if (response.status == 409) code = Code::conflict;
  std::string message = decode_error(response.body);
  if (message.empty()) message = str("status ", response.status);
  return Error{code, str(error_name, ": ", message), {}};
}

Error no_answer(std::string_view error_name, std::string_view state, Duration timeout, Error error) {
  if (error.code == Code::timeout) {
    return Error{Code::timeout,
                 str("DockerTimeoutError: Could not transition to ", state, "; timed out after waiting ",
                     format_duration(timeout)),
                 {}};
  }
  return std::move(error).under(error_name);
}

std::string container_path(const std::string& name, std::string_view rest) {
  return str("/containers/", http::percent_encode(name), rest);
}

}  // namespace muster::drivers::docker
