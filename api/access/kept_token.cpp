#include "api/access/kept_token.h"

#include "api/base/base64.h"
#include "api/base/text.h"

namespace muster::access {
namespace {

constexpr std::string_view name_prefix = "token-";

Error invalid(std::string_view field, std::string_view why) {
  return Error{Code::invalid, str("the token's ", field, ' ', why), {}};
}

Error refused(std::string why) {
  return Error{Code::unauthorized, std::move(why), {}};
}

void put(Secret& secret, std::string_view key, std::string_view value) {
  if (!value.empty()) secret.data.emplace(key, encode_base64(value));
}

// The value in plain text; empty when there is none.
Result<std::string> value_of(const Secret& secret, std::string_view key) {
  const auto found = secret.data.find(key);
  if (found == secret.data.end()) return std::string();
  auto plain = decode_base64(found->second);
  if (!plain) return invalid(key, "is not base64");
  return std::move(*plain);
}

Result<std::string> required(const Secret& secret, std::string_view key) {
  TRY(std::string value, value_of(secret, key));
  if (value.empty()) return invalid(key, "is missing");
  return value;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) out.emplace_back(line);
  }
  return out;
}

}  // namespace

std::string token_secret_name(std::string_view id) {
  return str(name_prefix, id);
}

bool is_token_secret(const Secret& secret) {
  return secret.type == user_token_type || secret.type == join_token_type;
}

Secret secret_of(const KeptToken& token) {
  Secret secret = make<Secret>();
  secret.metadata.ns = system_namespace;
  secret.metadata.name = token_secret_name(token.id);
  const bool joins = token.purpose == KeptToken::Purpose::join;
  secret.type = joins ? join_token_type : user_token_type;
  put(secret, "id", token.id);
  put(secret, "hash", token.hash);
  put(secret, "user", token.user);
  put(secret, "groups", join(token.groups, "\n"));
  put(secret, "expiration", format_time(token.expiration));
  if (joins) put(secret, "uses-left", str(token.uses_left));
  put(secret, "description", token.description);
  return secret;
}

Result<KeptToken> kept_token(const Secret& secret) {
  if (!is_token_secret(secret)) return invalid("Secret", str("has the type ", secret.type));
  KeptToken out;
  out.purpose = secret.type == join_token_type ? KeptToken::Purpose::join : KeptToken::Purpose::user;
  TRY(out.id, required(secret, "id"));
  if (secret.metadata.ns != system_namespace || secret.metadata.name != token_secret_name(out.id)) {
    return invalid("Secret", str("must be named ", system_namespace, '/', token_secret_name(out.id)));
  }
  TRY(out.hash, required(secret, "hash"));
  TRY(const std::string expiration, required(secret, "expiration"));
  const auto time = parse_time(expiration);
  if (!time.ok()) return invalid("expiration", "is no time of RFC 3339");
  out.expiration = *time;
  TRY(out.description, value_of(secret, "description"));
  if (out.purpose == KeptToken::Purpose::join) {
    TRY(const std::string uses, required(secret, "uses-left"));
    const auto number = parse_int(uses);
    if (!number || *number < 0) return invalid("uses-left", "is no number");
    out.uses_left = *number;
    return out;
  }
  TRY(out.user, required(secret, "user"));
  TRY(const std::string groups, value_of(secret, "groups"));
  out.groups = lines_of(groups);
  return out;
}

Status check_usable(const KeptToken& token, KeptToken::Purpose purpose, Time now) {
  if (token.purpose != purpose) return refused("the token is for another purpose");
  if (now >= token.expiration) return refused(str("the token expired at ", format_time(token.expiration)));
  if (purpose == KeptToken::Purpose::join && token.uses_left == 0) return refused("the token has been used");
  return {};
}

Result<FoundToken> find_token(const State& state, std::string_view id, KeptToken::Purpose purpose, Time now) {
  FoundToken found;
  found.secret = state.get<Secret>(system_namespace, token_secret_name(id));
  if (found.secret == nullptr) return refused("the token is not known");
  auto token = kept_token(*found.secret);
  if (!token.ok()) return refused(token.error().message);
  found.token = std::move(token).value();
  TRY_VOID(check_usable(found.token, purpose, now));
  return found;
}

}  // namespace muster::access
