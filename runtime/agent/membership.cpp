#include "runtime/agent/membership.h"

#include <algorithm>
#include <utility>

#include "api/access/attributes.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/pki/vault.h"

namespace muster::agent {
namespace {

constexpr std::size_t max_file_bytes = 1U << 20U;
constexpr Duration answer_timeout = std::chrono::seconds(15);
constexpr Duration longest_look = std::chrono::hours(1);
constexpr Duration shortest_retry = std::chrono::seconds(1);
constexpr Duration longest_retry = std::chrono::minutes(10);
constexpr std::string_view key_end = "-----END PRIVATE KEY-----\n";

std::string identity_file(const std::string& folder) {
  return folder + "/agent.pem";
}
std::string authorities_file(const std::string& folder) {
  return folder + "/ca.crt";
}

pki::Subject subject_of(const std::string& name) {
  return {str(access::node_user_prefix, name), {std::string(access::nodes_group)}};
}

// Key first, then the certificate.
pki::Pair parts_of(const std::string& text) {
  const std::size_t end = text.find(key_end);
  if (end == std::string::npos) return {};
  return {text.substr(end + key_end.size()), text.substr(0, end + key_end.size())};
}

Result<http::Request> request_for(const std::string& key, const std::string& name) {
  TRY(const std::string request, pki::make_signing_request(key, subject_of(name)));
  Node body = Node::map();
  body.at("request") = Node::of(request);
  http::Request http;
  http.method = "POST";
  http.target = str("/apis/muster.dev/v1beta1/containerinstances/", http::percent_encode(name), "/certificate");
  http.headers.emplace_back("Content-Type", "application/json");
  http.headers.emplace_back("User-Agent", "muster-agent");
  // The next request is to show the next certificate, which is done when a connection is made.
  http.headers.emplace_back("Connection", "close");
  http.body = write_json(body);
  return http;
}

Code code_of(int status) {
  switch (status) {
    case 401: return Code::unauthorized;
    case 403: return Code::forbidden;
    case 404: return Code::not_found;
    case 409: return Code::conflict;
    case 429:
    case 503: return Code::unavailable;
    default: return Code::invalid;
  }
}

// The certificate in the answer, which must be for the key and the name that were asked for; kept in the folder.
Result<Identity> identity_in(const http::Response& answer, const std::string& key, const std::string& name,
                             const std::string& folder) {
  const auto body = parse_json(answer.body);
  if (answer.status != 201) {
    const std::string_view message = body.ok() ? body->text_of("message") : std::string_view();
    return Error{code_of(answer.status),
                 message.empty() ? str("the server answered ", answer.status) : std::string(message),
                 {}};
  }
  if (!body.ok()) return body.error();
  Identity identity{{std::string(body->text_of("certificate")), key}, std::string(body->text_of("authorities")), {}};
  TRY_VOID(pki::check_pair(identity.pair));
  TRY(const auto certificates, pki::parse_certificates(identity.pair.certificate));
  if (auto trusted = pki::parse_certificates(identity.authorities); !trusted.ok()) return std::move(trusted).error();
  identity.certificate = certificates.front();
  if (!(identity.certificate.subject == subject_of(name))) {
    return Error{Code::invalid, str("the server sent a certificate for ", identity.certificate.subject.name), {}};
  }
  TRY_VOID(write_file(authorities_file(folder), identity.authorities, 0644));
  TRY_VOID(write_file(identity_file(folder), key + identity.pair.certificate, 0600));
  return identity;
}

// A key that was made for a join whose answer got lost is used again: the server knows by it that this is the same
// host.
Result<std::string> joining_key(const std::string& folder) {
  const std::string path = identity_file(folder);
  if (const auto text = read_file(path, max_file_bytes); text.ok()) {
    const pki::Pair old = parts_of(*text);
    if (old.certificate.empty() && pki::public_key_of(old.key).ok()) return old.key;
  }
  TRY(std::string key, pki::make_key());
  TRY_VOID(write_file(path, key, 0600));
  return key;
}

}  // namespace

http::TlsClientOptions tls_options(const Identity& identity) {
  http::TlsClientOptions options;
  options.authorities = identity.authorities;
  options.identity = identity.pair;
  return options;
}

http::TlsServerOptions serving_options(const Identity& identity) {
  return {identity.pair, identity.authorities};
}

Result<std::optional<Identity>> load_identity(const std::string& folder, const std::string& name) {
  const std::string path = identity_file(folder);
  auto text = read_file(path, max_file_bytes);
  if (!text.ok() && text.error().code == Code::not_found) return std::optional<Identity>();
  if (!text.ok()) return std::move(text).error();
  Identity identity;
  identity.pair = parts_of(*text);
  if (identity.pair.certificate.empty()) return std::optional<Identity>();
  if (Status status = pki::check_pair(identity.pair); !status.ok()) return std::move(status).error().under(path);
  TRY(const auto certificates, pki::parse_certificates(identity.pair.certificate));
  identity.certificate = certificates.front();
  const std::string& subject = identity.certificate.subject.name;
  if (subject != subject_of(name).name) {
    return Error{Code::invalid,
                 str(path, " is the certificate of \"", subject, "\", and this agent is \"", subject_of(name).name,
                     "\": give it the --name that it has joined by, or another --data-dir"),
                 {}};
  }
  TRY(identity.authorities, read_file(authorities_file(folder), max_file_bytes));
  return std::optional<Identity>(std::move(identity));
}

Result<Identity> join_cluster(const JoinOptions& options) {
  TRY(const std::string key, joining_key(options.folder));
  TRY(http::Request request, request_for(key, options.name));
  request.headers.emplace_back("Authorization", "Bearer " + options.token);
  http::TlsClientOptions trust;
  trust.authority_hash = options.ca_hash;
  http::ClientOptions client;
  TRY(client.tls, http::TlsClient::make(std::move(trust)));
  TRY(const http::Response answer, http::fetch(options.server, std::move(request), answer_timeout, std::move(client)));
  return identity_in(answer, key, options.name, options.folder);
}

Renewal::Renewal(Loop& loop, std::shared_ptr<http::Client> client, Renewed renewed, std::string folder,
                 std::string name, Identity identity)
    : loop_(loop),
      client_(std::move(client)),
      renewed_(std::move(renewed)),
      folder_(std::move(folder)),
      name_(std::move(name)),
      identity_(std::move(identity)) {
  look();
}

Renewal::~Renewal() {
  *alive_ = false;
  loop_.cancel(timer_);
}

void Renewal::look() {
  const pki::Certificate& certificate = identity_.certificate;
  const Time now = loop_.now();
  if (pki::due(certificate, now)) return renew();
  const Duration life = certificate.not_after - certificate.not_before - pki::backdated;
  const Duration left = certificate.not_after - life / 3 - now;
  timer_ = loop_.after(std::clamp<Duration>(left, std::chrono::milliseconds(100), longest_look), [this] { look(); });
}

void Renewal::renew() {
  auto key = pki::make_key();
  auto request = key.ok() ? request_for(*key, name_) : Result<http::Request>(key.error());
  if (!request.ok()) {
    log::error("the agent's certificate cannot be renewed", {{"error", request.error()}});
    timer_ = loop_.after(longest_retry, [this] { look(); });
    return;
  }
  client_->send(
      std::move(request).value(), answer_timeout,
      [this, key = *key, alive = alive_](const Result<http::Response>& answer) {
        if (!*alive) return;
        const Status taken = take(key, answer);
        if (taken.ok()) {
          wait_ = Duration::zero();
          log::info("the agent's certificate was renewed",
                    {{"instance", name_}, {"until", format_time(identity_.certificate.not_after)}});
          return look();
        }
        wait_ = std::clamp<Duration>(wait_ * 2, shortest_retry, longest_retry);
        log::warning(
            "the agent's certificate was not renewed",
            {{"instance", name_}, {"until", format_time(identity_.certificate.not_after)}, {"error", taken.error()}});
        timer_ = loop_.after(wait_, [this] { look(); });
      });
}

Status Renewal::take(const std::string& key, const Result<http::Response>& answer) {
  if (!answer.ok()) return answer.error();
  TRY(Identity next, identity_in(*answer, key, name_, folder_));
  TRY_VOID(renewed_(next));
  identity_ = std::move(next);
  return {};
}

}  // namespace muster::agent
