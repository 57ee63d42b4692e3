#include "api/access/token_request.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::access {
namespace {

constexpr std::string_view api_version = "authentication.k8s.io/v1";
constexpr std::string_view kind_name = "TokenRequest";
constexpr std::size_t most_audiences = 32;
constexpr std::size_t longest_audience = 253;

Error invalid(std::string_view field, std::string_view value, std::string_view why, std::string_view reason) {
  const std::string text = str("Invalid value: ", value, ": ", why);
  return Error{Code::invalid,
               str("TokenRequest.authentication.k8s.io \"\" is invalid: ", field, ": ", text),
               {Cause{std::string(field), text, std::string(reason)}}};
}

Status check_known(const Node& map, std::initializer_list<std::string_view> names, std::string_view prefix,
                   Unknown unknown) {
  if (unknown != Unknown::error) return {};
  for (const auto& [name, value] : map.members) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return Error{Code::malformed, str("strict decoding error: unknown field \"", prefix, name, '"'), {}};
    }
  }
  return {};
}

Status read_audiences(const Node& node, TokenRequest& out) {
  if (!node.is_list() || node.items.size() > most_audiences) {
    return invalid("spec.audiences", "", str("must be a list of at most ", most_audiences), "FieldValueInvalid");
  }
  for (const Node& each : node.items) {
    if (!each.is_string() || each.text.empty() || each.text.size() > longest_audience) {
      return invalid("spec.audiences", "", str("must be texts of 1 to ", longest_audience, " characters"),
                     "FieldValueInvalid");
    }
    out.audiences.push_back(each.text);
  }
  return {};
}

}  // namespace

Result<TokenRequest> read_token_request(const Node& document, Unknown unknown) {
  if (!document.is_map()) return Error{Code::malformed, "the body must be a TokenRequest", {}};
  for (const auto& [field, right] : {std::pair("apiVersion", api_version), std::pair("kind", kind_name)}) {
    const std::string_view given = document.text_of(field);
    if (!given.empty() && given != right) {
      return Error{Code::malformed, str("the ", field, " in the data (", given, ") is not ", right), {}};
    }
  }
  TRY_VOID(check_known(document, {"apiVersion", "kind", "metadata", "spec", "status"}, "", unknown));
  TokenRequest out;
  out.life = std::chrono::hours(1);
  const Node* spec = document.find("spec");
  if (spec != nullptr && spec->is_map()) {
    TRY_VOID(check_known(*spec, {"audiences", "boundObjectRef", "expirationSeconds"}, "spec.", unknown));
    if (const Node* bound = spec->find("boundObjectRef"); bound != nullptr && !bound->is_null()) {
      return invalid("spec.boundObjectRef", bound->text_of("kind"), "tokens are not bound to objects here",
                     "FieldValueNotSupported");
    }
    if (const Node* audiences = spec->find("audiences"); audiences != nullptr && !audiences->is_null()) {
      TRY_VOID(read_audiences(*audiences, out));
    }
    if (const Node* seconds = spec->find("expirationSeconds"); seconds != nullptr && !seconds->is_null()) {
      constexpr std::int64_t most = 1LL << 32U;  // Kubernetes
      constexpr std::int64_t least = shortest_token_life.count();
      if (seconds->kind != Node::Kind::integer || seconds->integer < least || seconds->integer > most) {
        return invalid("spec.expirationSeconds", seconds->kind == Node::Kind::integer ? str(seconds->integer) : "",
                       seconds->integer > most ? "may not specify a duration larger than 2^32 seconds"
                                               : "may not specify a duration less than 10 minutes",
                       "FieldValueInvalid");
      }
      out.life = std::min<Duration>(std::chrono::seconds(seconds->integer), longest_token_life);
    }
  }
  if (out.audiences.empty()) out.audiences.emplace_back(server_audience);
  return out;
}

std::string write_token_answer(const TokenRequest& request, const AccountClaims& claims, std::string_view token) {
  Node out = Node::map();
  out.at("kind") = Node::of(std::string(kind_name));
  out.at("apiVersion") = Node::of(std::string(api_version));
  Node& metadata = out.at("metadata");
  metadata = Node::map();
  metadata.at("name") = Node::of(claims.name);
  metadata.at("namespace") = Node::of(claims.ns);
  metadata.at("creationTimestamp") = Node::of(format_time(claims.issued));
  Node& spec = out.at("spec");
  spec = Node::map();
  Node& audiences = spec.at("audiences");
  audiences = Node::list();
  for (const std::string& audience : request.audiences) audiences.items.push_back(Node::of(audience));
  spec.at("expirationSeconds") =
      Node::of(std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(claims.expires - claims.issued).count()});
  Node& status = out.at("status");
  status = Node::map();
  status.at("token") = Node::of(std::string(token));
  status.at("expirationTimestamp") = Node::of(format_time(claims.expires));
  return write_json(out);
}

}  // namespace muster::access
