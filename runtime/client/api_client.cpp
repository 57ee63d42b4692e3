#include "runtime/client/api_client.h"

#include <algorithm>
#include <optional>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/base/loop.h"

namespace muster::client {
namespace {

constexpr Duration head_timeout = std::chrono::seconds(30);

Code code_of(int status, std::string_view reason) {
  if (reason == "AlreadyExists") return Code::already_exists;
  switch (status) {
    case 400: return Code::malformed;
    case 401: return Code::unauthorized;
    case 403: return Code::forbidden;
    case 404: return Code::not_found;
    case 405:
    case 415: return Code::unsupported;
    case 409: return Code::conflict;
    case 410: return Code::gone;
    case 413: return Code::too_large;
    case 422: return Code::invalid;
    case 429: return Code::too_many;
    case 503: return Code::unavailable;
    case 504: return Code::timeout;
  }
  return Code::internal;
}

// The text of a Warning header: 299 - "text".
std::string warning_text(std::string_view value) {
  const std::size_t begin = value.find('"');
  const std::size_t end = value.rfind('"');
  if (begin == std::string_view::npos || end <= begin) return std::string(value);
  std::string text;
  for (std::size_t i = begin + 1; i < end; ++i) {
    if (value[i] == '\\' && i + 1 < end) ++i;
    text += value[i];
  }
  return text;
}

// A token in the clear would be anybody's, but on this machine and in a socket of it.
bool private_way(std::string_view server) {
  constexpr std::string_view plain = "http://";
  if (server.substr(0, plain.size()) != plain) return true;
  std::string_view host = server.substr(plain.size());
  if (host.starts_with("[::1]")) return true;
  host = host.substr(0, host.find_first_of(":/"));
  const bool number = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || (number && host.starts_with("127."));
}

Status adopt(const ExecCredential& credential, Target& target) {
  if (std::any_of(credential.token.begin(), credential.token.end(), [](char c) { return c <= ' ' || c >= 0x7f; })) {
    return Error{Code::malformed, "exec: the token is not one word of one line", {}};
  }
  target.token = credential.token;
  target.tls.identity = credential.identity;
  return {};
}

}  // namespace

std::string path_of(const Kind& kind, std::string_view ns, std::string_view name) {
  std::string path = kind.group.empty() ? str("/api/", kind.version) : str("/apis/", kind.group, "/", kind.version);
  if (kind.scope == Scope::namespaced && !ns.empty()) path += "/namespaces/" + http::percent_encode(ns);
  path += str("/", kind.plural);
  if (!name.empty()) path += "/" + http::percent_encode(name);
  return path;
}

namespace {

// What a Status tells; nothing when the text is none.
std::optional<Error> read_status(std::string_view body, int status) {
  const auto node = parse_json(body);
  if (!node.ok() || node->text_of("kind") != "Status") return std::nullopt;
  if (const Node* code = node->find("code"); status == 0 && code != nullptr) status = static_cast<int>(code->integer);
  Error error{code_of(status, node->text_of("reason")), std::string(node->text_of("message")), {}};
  const Node* details = node->find("details");
  const Node* causes = details == nullptr ? nullptr : details->find("causes");
  if (causes == nullptr) return error;
  for (const Node& cause : causes->items) {
    // A message that names its only cause already need not say it twice.
    const std::string_view text = cause.text_of("message");
    if (causes->items.size() == 1 && error.message.find(text) != std::string::npos) continue;
    error.causes.push_back(
        Cause{std::string(cause.text_of("field")), std::string(text), std::string(cause.text_of("reason"))});
  }
  return error;
}

// The message of a refused WebSocket is "HTTP 403: " and the body.
Error refusal_of(Error error) {
  const std::size_t body = error.message.find('{');
  if (body == std::string::npos) return error;
  return read_status(std::string_view(error.message).substr(body), 0).value_or(error);
}

}  // namespace

Error error_of(const http::Response& response) {
  if (auto told = read_status(response.body, response.status)) return *std::move(told);
  return Error{code_of(response.status, ""),
               str("the server answered ", response.status, ": ", response.body.substr(0, 200)),
               {}};
}

ApiClient::ApiClient(Target target, http::ClientOptions options)
    : target_(std::move(target)),
      loop_(std::make_unique<http::IoLoop>()),
      client_(std::make_unique<http::Client>(*loop_, target_.server, std::move(options))) {}

ApiClient::ApiClient(const std::string& server) : ApiClient(Target{server, {}, {}, {}, {}, {}}, {}) {}

Result<std::unique_ptr<ApiClient>> ApiClient::open(const Target& given) {
  Target target = given;
  Time end{};
  if (target.exec) {
    TRY(const ExecCredential credential, log_in(*target.exec));
    TRY_VOID(adopt(credential, target));
    end = credential.expires;
  }
  if (!target.token.empty() && !private_way(target.server)) {
    return Error{
        Code::unsupported, str("server ", target.server, ": a token is not sent without TLS, but to this machine"), {}};
  }
  http::ClientOptions options;
  if (target.server.substr(0, 8) == "https://") {
    auto tls = http::TlsClient::make(target.tls);
    if (!tls.ok()) return std::move(tls).error().under(str("server ", target.server));
    options.tls = std::move(tls).value();
  }
  const auto tls = options.tls;
  std::unique_ptr<ApiClient> client(new ApiClient(std::move(target), std::move(options)));
  client->tls_ = tls;
  client->credential_end_ = end;
  return client;
}

bool ApiClient::log_in_again() {
  if (!target_.exec) return false;
  const auto credential = log_in(*target_.exec);
  if (!credential.ok() || !adopt(*credential, target_).ok()) return false;
  credential_end_ = credential->expires;
  // Connections from now on; those that are open stay who they are.
  return tls_ == nullptr || !credential->identity || tls_->reload(target_.tls).ok();
}

void ApiClient::identify(http::Request& request) const {
  if (http::header(request.headers, "User-Agent").empty()) request.headers.emplace_back("User-Agent", "muster");
  if (!target_.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + target_.token);
}

ApiClient::~ApiClient() {
  client_.reset();
}

Result<http::Response> ApiClient::exchange(const http::Request& request, Duration timeout) {
  std::optional<Result<http::Response>> answer;
  http::Request identified = request;
  identify(identified);
  loop_->post([&] {
    client_->send(std::move(identified), timeout, [&](Result<http::Response> result) {
      answer.emplace(std::move(result));
      loop_->stop();
    });
  });
  loop_->run();
  if (!answer->ok()) return std::move(*answer).error().under(str("server ", target_.server));
  return std::move(*answer);
}

Result<ApiClient::Reply> ApiClient::send(const http::Request& request, Duration timeout) {
  constexpr int unauthorized = 401;
  if (is_set(credential_end_) && system_now() >= credential_end_) log_in_again();
  auto answer = exchange(request, timeout);
  // What the program gave may be over before it said: it is asked once more.
  if (answer.ok() && answer->status == unauthorized && log_in_again()) answer = exchange(request, timeout);
  if (!answer.ok()) return std::move(answer).error();
  Reply reply;
  reply.response = std::move(answer).value();
  for (const auto& [name, value] : reply.response.headers) {
    if (to_lower(name) == "warning") reply.warnings.push_back(warning_text(value));
  }
  return reply;
}

Result<Node> ApiClient::json(const std::string& method, const std::string& path, std::string body,
                             const std::string& content_type) {
  http::Request request;
  request.method = method;
  request.target = path;
  request.headers.emplace_back("Accept", "application/json");
  if (!body.empty()) request.headers.emplace_back("Content-Type", content_type);
  request.body = std::move(body);
  TRY(const Reply reply, send(request));
  if (on_warning) {
    for (const std::string& text : reply.warnings) on_warning(text);
  }
  if (reply.response.status < 200 || reply.response.status > 299) return error_of(reply.response);
  return parse_own_json(reply.response.body);
}

Status ApiClient::stream(const std::string& path, const http::Headers& headers,
                         const std::function<bool(std::string_view bytes)>& on_bytes, std::optional<Duration> within) {
  std::optional<http::Response> failure;
  Status ended;
  std::unique_ptr<http::Call> call;
  Loop::Timer timer = 0;
  loop_->post([&] {
    if (within) timer = loop_->after(*within, [this] { loop_->stop(); });
    http::StreamCallbacks callbacks;
    callbacks.on_head = [&](const http::Response& head) {
      if (head.status != 200) failure = head;
    };
    callbacks.on_bytes = [&](std::string_view bytes) {
      if (failure) {
        failure->body += bytes;
      } else if (!on_bytes(bytes)) {
        loop_->stop();
      }
    };
    callbacks.on_end = [&](Status status) {
      ended = std::move(status);
      loop_->stop();
    };
    call = follow(path, headers, std::move(callbacks));
  });
  loop_->run();
  loop_->cancel(timer);
  call.reset();
  if (failure) return error_of(*failure);
  if (!ended.ok()) return std::move(ended).error().under(str("server ", target_.server));
  return {};
}

http::Request ApiClient::asking_for(const std::string& path, const http::Headers& headers) {
  if (is_set(credential_end_) && system_now() >= credential_end_) log_in_again();
  http::Request request;
  request.target = path;
  request.headers = headers;
  identify(request);
  return request;
}

void ApiClient::run(const std::function<void(http::IoLoop& loop)>& begin) {
  loop_->post([&] { begin(*loop_); });
  loop_->run();
}

std::unique_ptr<http::Call> ApiClient::follow(const std::string& path, const http::Headers& headers,
                                              http::StreamCallbacks callbacks) {
  return client_->stream(asking_for(path, headers), head_timeout, std::move(callbacks));
}

void ApiClient::connect(const std::string& path, std::string_view subprotocol,
                        std::function<void(Result<std::shared_ptr<http::WebSocket>>)> done) {
  client_->connect(asking_for(path, {{"Sec-WebSocket-Protocol", std::string(subprotocol)}}), head_timeout,
                   [this, done = std::move(done)](Result<std::shared_ptr<http::WebSocket>> socket) {
                     if (socket.ok()) return done(std::move(socket));
                     Error error = refusal_of(std::move(socket).error());
                     if (error.code != Code::unavailable && error.code != Code::timeout) return done(std::move(error));
                     done(std::move(error).under(str("server ", target_.server)));
                   });
}

Status ApiClient::lines(const std::string& path, const http::Headers& headers,
                        const std::function<bool(std::string_view line)>& on_line, std::optional<Duration> within) {
  std::string rest;
  bool wanted = true;
  return stream(
      path, headers,
      [&](std::string_view bytes) {
        rest += bytes;
        std::size_t begin = 0;
        for (std::size_t end = rest.find('\n'); wanted && end != std::string::npos; end = rest.find('\n', begin)) {
          wanted = on_line(std::string_view(rest).substr(begin, end - begin));
          begin = end + 1;
        }
        rest.erase(0, begin);
        return wanted;
      },
      within);
}

}  // namespace muster::client
