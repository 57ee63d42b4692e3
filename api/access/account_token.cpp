#include "api/access/account_token.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/configuration.h"

namespace muster::access {
namespace {

Error refused(std::string why) {
  return Error{Code::unauthorized, std::move(why), {}};
}

std::int64_t seconds_of(Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Time time_of(const Node& node, std::string_view name) {
  const Node* value = node.find(name);
  constexpr std::int64_t latest = 9'000'000'000;  // in the year 2255; nanoseconds hold no more
  if (value == nullptr || value->kind != Node::Kind::integer || value->integer < 0 || value->integer > latest)
    return {};
  return Time(std::chrono::seconds(value->integer));
}

Node named(std::string_view name, std::string_view uid) {
  Node out = Node::map();
  out.at("name") = Node::of(std::string(name));
  out.at("uid") = Node::of(std::string(uid));
  return out;
}

}  // namespace

std::string write_claims(const AccountClaims& claims) {
  Node out = Node::map();
  Node& audiences = out.at("aud");
  audiences = Node::list();
  for (const std::string& audience : claims.audiences) audiences.items.push_back(Node::of(audience));
  out.at("exp") = Node::of(seconds_of(claims.expires));
  out.at("iat") = Node::of(seconds_of(claims.issued));
  out.at("iss") = Node::of(std::string(server_audience));
  out.at("jti") = Node::of(claims.id);
  Node account = Node::map();
  account.at("namespace") = Node::of(claims.ns);
  account.at("serviceaccount") = named(claims.name, claims.uid);
  out.at("kubernetes.io") = std::move(account);
  out.at("nbf") = Node::of(seconds_of(claims.issued));
  out.at("sub") = Node::of(service_account_user(claims.ns, claims.name, {}).name);
  return write_json(out);
}

Result<AccountClaims> read_claims(std::string_view json) {
  const auto node = parse_json(json);
  if (!node.ok() || !node->is_map()) return refused("the token cannot be read");
  AccountClaims claims;
  const Node* ours = node->find("kubernetes.io");
  const Node* account = ours == nullptr ? nullptr : ours->find("serviceaccount");
  const Node* audiences = node->find("aud");
  if (account == nullptr || audiences == nullptr || !audiences->is_list() || node->text_of("iss") != server_audience) {
    return refused("the token is not one of a service account");
  }
  claims.ns = ours->text_of("namespace");
  claims.name = account->text_of("name");
  claims.uid = account->text_of("uid");
  claims.id = node->text_of("jti");
  for (const Node& audience : audiences->items) claims.audiences.push_back(audience.text);
  claims.issued = time_of(*node, "iat");
  claims.expires = time_of(*node, "exp");
  return claims;
}

Result<std::vector<std::string>> common_audiences(const std::vector<std::string>& meant,
                                                  const std::vector<std::string>& wanted) {
  const std::vector<std::string> own = {std::string(server_audience)};
  std::vector<std::string> out;
  for (const std::string& audience : wanted.empty() ? own : wanted) {
    if (std::find(meant.begin(), meant.end(), audience) != meant.end()) out.push_back(audience);
  }
  if (out.empty()) return refused("the token is meant for others");
  return out;
}

Result<Proven> prove(const AccountClaims& claims, const State& state, const std::vector<std::string>& wanted,
                     Time now) {
  if (now >= claims.expires) return refused(str("the token expired at ", format_time(claims.expires)));
  Proven out;
  TRY(out.audiences, common_audiences(claims.audiences, wanted));
  const auto account = state.get<ServiceAccount>(claims.ns, claims.name);
  if (account == nullptr || account->metadata.uid != claims.uid || is_set(account->metadata.deletion_timestamp)) {
    return refused(str("the service account ", claims.ns, '/', claims.name,
                       " that the token was issued for is not there any more"));
  }
  out.user = service_account_user(claims.ns, claims.name, claims.uid);
  out.user.extra[std::string(credential_extra)] = {"JTI=" + claims.id};
  return out;
}

}  // namespace muster::access
