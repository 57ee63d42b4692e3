#include "runtime/server/authentication.h"

#include <algorithm>

#include "api/access/kept_token.h"
#include "api/base/base64.h"
#include "api/base/text.h"
#include "runtime/pki/token.h"
#include "runtime/server/event_sink.h"
#include "runtime/server/impersonation.h"
#include "runtime/server/status.h"

namespace muster::server {

namespace {

UserPtr local_user() {
  access::User user;
  user.name = "system:admin";
  user.groups = {std::string(access::masters_group), std::string(access::authenticated_group)};
  return std::make_shared<const access::User>(std::move(user));
}

Error refused(std::string why) {
  return Error{Code::unauthorized, std::move(why), {}};
}

Error not_valid() {
  return refused("the token is not valid");
}

Result<access::Proven> prove_user_token(const pki::Token& token, const std::vector<std::string>& audiences,
                                        const State& state, Time now) {
  const auto secret = state.get<Secret>(system_namespace, access::token_secret_name(token.id));
  if (secret == nullptr) return not_valid();
  const auto kept = access::kept_token(*secret);
  if (!kept.ok() || !pki::is_token(token, kept->hash)) return not_valid();
  TRY_VOID(access::check_usable(*kept, access::KeptToken::Purpose::user, now));
  access::Proven out;
  TRY(out.audiences, access::common_audiences({std::string(access::server_audience)}, audiences));
  out.user.name = kept->user;
  out.user.groups = kept->groups;
  complete_groups(out.user);
  out.user.extra[std::string(access::credential_extra)] = {"TOKEN=" + token.id};
  return out;
}

// Kubernetes: `base64url.bearer.authorization.k8s.io.TOKEN`, base64url without padding, beside another subprotocol,
// which is the one that the server chooses.
Result<std::optional<std::string>> subprotocol_token(std::string_view offered) {
  std::optional<std::string> found;
  for (const std::string_view part : split(offered, ',')) {
    const std::string_view protocol = trim(part);
    if (!protocol.starts_with(bearer_protocol)) continue;
    if (found) return refused("more than one token among the subprotocols");
    std::string text(protocol.substr(bearer_protocol.size()));
    if (text.find_first_of("+/=") != std::string::npos) return not_valid();
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    auto token = decode_base64(text);
    if (!token || token->empty()) return not_valid();
    found = std::move(*token);
  }
  if (found && choose_subprotocol(offered).empty())
    return refused("a subprotocol beside the one of the token is missing");
  return found;
}

}  // namespace

Result<std::optional<std::string>> bearer_token(const http::Headers& headers) {
  std::optional<std::string> found;
  for (const auto& [name, value] : headers) {
    constexpr std::string_view field = "authorization";
    if (name.size() != field.size() || to_lower(name) != field) continue;
    if (found) return refused("more than one Authorization header");
    constexpr std::string_view scheme = "bearer ";
    const std::string_view text = value;
    if (to_lower(text.substr(0, scheme.size())) != scheme) {
      return refused("only bearer tokens are accepted in the Authorization header");
    }
    found = trim(text.substr(scheme.size()));
  }
  if (http::header(headers, "Upgrade").empty()) return found;
  TRY(auto offered, subprotocol_token(http::header(headers, "Sec-WebSocket-Protocol")));
  if (!offered) return found;
  if (found) return refused("a token among the subprotocols and one in the Authorization header");
  return offered;
}

Result<access::Proven> prove_token(std::string_view token, const std::vector<std::string>& audiences,
                                   const State& state, const SigningKeys& keys, Time now) {
  if (const auto own = pki::parse_token(token)) return prove_user_token(*own, audiences, state, now);
  const auto payload = pki::open_signed_token(token, keys);
  if (!payload.ok()) return not_valid();
  TRY(const access::AccountClaims claims, access::read_claims(*payload));
  return access::prove(claims, state, audiences, now);
}

Authentication authenticate_by(store::Objects& objects, const SigningKeys& keys, Loop& loop) {
  Authentication out;
  out.user_of = [&objects, &keys, &loop](const http::Exchange& exchange) -> Result<UserPtr> {
    TRY(const auto token, bearer_token(exchange.request().headers));
    if (!token) return identify(exchange, loop.now());
    TRY(access::Proven proven, prove_token(*token, {}, objects.state(), keys, loop.now()));
    return UserPtr(std::make_shared<const access::User>(std::move(proven.user)));
  };
  out.user_of_token = [&objects, &keys, &loop](std::string_view token, const std::vector<std::string>& audiences) {
    return prove_token(token, audiences, objects.state(), keys, loop.now());
  };
  return out;
}

Result<UserPtr> identify(const http::Exchange& exchange, Time now) {
  static const UserPtr local = local_user();
  const auto peer = exchange.tls();
  if (!peer) return local;
  if (!peer->certificate) return refused("credentials are needed: a client certificate or a token");
  const pki::Certificate& certificate = *peer->certificate;
  if (!peer->problem.empty()) return refused(peer->problem);
  if (now >= certificate.not_after)
    return refused(str("the certificate expired at ", format_time(certificate.not_after)));
  if (certificate.subject.name.empty()) return refused("the certificate names no user");
  access::User user;
  user.name = certificate.subject.name;
  user.groups = certificate.subject.groups;
  user.groups.emplace_back(access::authenticated_group);
  return UserPtr(std::make_shared<const access::User>(std::move(user)));
}

bool open_to_everybody(std::string_view path) {
  return path == "/livez" || path == "/healthz" || path == "/readyz" || path == "/version";
}

http::Response unauthorized(const Error& error) {
  http::Response response = error_response(Error{Code::unauthorized, str("Unauthorized: ", error.message), {}});
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"muster\"");
  return response;
}

}  // namespace muster::server
