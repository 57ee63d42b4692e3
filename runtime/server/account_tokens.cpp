#include "runtime/server/account_tokens.h"

#include "api/access/token_request.h"
#include "api/base/text.h"
#include "api/types/configuration.h"
#include "runtime/server/body.h"
#include "runtime/server/status.h"
#include "runtime/server/views.h"

namespace muster::server {
void AccountTokens::issue(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  auto text = answer(call, exchange->request());
  exchange->respond(text.ok() ? json_response(201, std::move(text).value() + "\n")
                              : error_response(text.error(), {call.kind, call.name}));
}

Result<std::string> AccountTokens::answer(const Call& call, const http::Request& request) {
  if (request.method != "POST") return Error{Code::not_allowed, "a token is only made: POST a TokenRequest", {}};
  TRY(const Node document, read_document("tokenrequests.authentication.k8s.io", request));
  TRY(const access::TokenRequest asked, access::read_token_request(document, call.unknown));
  const auto account = objects_.state().get<ServiceAccount>(call.ns, call.name);
  if (account == nullptr) return not_found(call);
  access::AccountClaims claims;
  claims.ns = call.ns;
  claims.name = call.name;
  claims.uid = account->metadata.uid;
  claims.id = random_uuid(random_);
  claims.audiences = asked.audiences;
  claims.issued = std::chrono::floor<std::chrono::seconds>(loop_.now());
  claims.expires = claims.issued + asked.life;
  // A dry run issues nothing that would let anybody in.
  const std::string token = call.dry_run ? "" : pki::sign_token(keys_.back(), access::write_claims(claims));
  return access::write_token_answer(asked, claims, token);
}

}  // namespace muster::server
