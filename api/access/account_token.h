// What the token of a service account says, and whether that still holds. Signing it is the server's part.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/access/attributes.h"
#include "api/base/error.h"
#include "api/base/time.h"
#include "api/state/state.h"

namespace muster::access {

// Whom a token proves, and those of the wanted audiences that it is meant for.
struct Proven {
  User user;
  std::vector<std::string> audiences;
};

// The audience that this server is, and the name by which it signs.
inline constexpr std::string_view server_audience = "muster";
// What a token's id stands under in User::extra, as Kubernetes names it.
inline constexpr std::string_view credential_extra = "authentication.kubernetes.io/credential-id";

struct AccountClaims {
  std::string ns, name, uid;  // of the ServiceAccount
  std::string id;             // of the token, for the audit log
  std::vector<std::string> audiences;
  Time issued{}, expires{};  // whole seconds
  bool operator==(const AccountClaims&) const = default;
};

// As the JSON of Kubernetes' tokens: iss, sub, aud, exp, iat, nbf, jti, kubernetes.io.
std::string write_claims(const AccountClaims& claims);
// Code::unauthorized when the text is none of ours.
Result<AccountClaims> read_claims(std::string_view json);

// The part of `wanted` (empty: this server) that is among `meant`. Code::unauthorized when there is none.
Result<std::vector<std::string>> common_audiences(const std::vector<std::string>& meant,
                                                  const std::vector<std::string>& wanted);
// The user whom the claims prove. Code::unauthorized when they have expired, are for others, or the account is no more
// the one that they were issued for: deleted, being deleted, or made anew.
Result<Proven> prove(const AccountClaims& claims, const State& state, const std::vector<std::string>& wanted, Time now);

}  // namespace muster::access
