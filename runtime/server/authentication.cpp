#include "runtime/server/authentication.h"

#include "api/base/text.h"
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

}  // namespace

Result<UserPtr> identify(const http::Exchange& exchange, Time now) {
  static const UserPtr local = local_user();
  const auto peer = exchange.tls();
  if (!peer) return local;
  if (!peer->certificate) return refused("credentials are needed: a client certificate");
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
