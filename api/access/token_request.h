// authentication.k8s.io/v1 TokenRequest: what is posted to serviceaccounts/NAME/token.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/access/account_token.h"
#include "api/schema/decode.h"

namespace muster::access {

struct TokenRequest {
  std::vector<std::string> audiences;  // never empty
  Duration life{};
};

inline constexpr std::chrono::seconds shortest_token_life = std::chrono::minutes(10);
inline constexpr std::chrono::seconds longest_token_life = std::chrono::hours(24 * 365);

// What the request asks for, with what it leaves out: an hour, for this server. More than a year becomes a year.
// Code::malformed for another kind, Code::invalid for what cannot be.
Result<TokenRequest> read_token_request(const Node& document, Unknown unknown);
// The answer: the request with the token in its status.
std::string write_token_answer(const TokenRequest& request, const AccountClaims& claims, std::string_view token);

}  // namespace muster::access
