#include "runtime/server/authentication.h"

#include "api/base/text.h"
#include "runtime/server/status.h"

namespace muster::server {

namespace {

Error refused(std::string why) {
  return Error{Code::unauthorized, std::move(why), {}};
}

}  // namespace

Result<Identity> identify(const http::Exchange& exchange, Time now) {
  const auto peer = exchange.tls();
  if (!peer) return Identity{"system:local", {}, {"system:masters", "system:authenticated"}};
  if (!peer->certificate) return refused("credentials are needed: a client certificate");
  const pki::Certificate& certificate = *peer->certificate;
  if (!peer->problem.empty()) return refused(peer->problem);
  if (now >= certificate.not_after)
    return refused(str("the certificate expired at ", format_time(certificate.not_after)));
  if (certificate.subject.name.empty()) return refused("the certificate names no user");
  Identity out{certificate.subject.name, {}, certificate.subject.groups};
  out.groups.emplace_back("system:authenticated");
  return out;
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
