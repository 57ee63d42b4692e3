// What is kept of a token: a Secret in the namespace muster-system, named `token-ID`, so that the id alone finds it. It
// holds a hash of the token, never the token:
//
//   type: muster.dev/token            lets a user in (Authorization: Bearer)
//     id, hash, user, groups          the groups one a line; may be missing
//     expiration                      RFC 3339; after it the token is worth nothing
//   type: muster.dev/join-token       lets hosts get a certificate for an agent
//     id, hash, expiration
//     uses-left                       how many more hosts may join by it; each takes one away, in the write that
//                                     admits it; at 0 the token is used up
//   both: description                 what it is for; may be missing
//
// A token is revoked by deleting its Secret.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"
#include "api/state/state.h"
#include "api/types/configuration.h"

namespace muster::access {

inline constexpr std::string_view user_token_type = "muster.dev/token";
inline constexpr std::string_view join_token_type = "muster.dev/join-token";

struct KeptToken {
  enum class Purpose { user, join };
  Purpose purpose = Purpose::user;
  std::string id;    // 16 lower-case hex digits
  std::string hash;  // pki::token_hash()
  std::string user;  // of a user's token
  std::vector<std::string> groups;
  Time expiration{};
  std::int64_t uses_left = 0;  // of a join token
  std::string description;
  bool operator==(const KeptToken&) const = default;
};

// "token-ID"
std::string token_secret_name(std::string_view id);
// Whether the Secret's type is one of ours.
bool is_token_secret(const Secret& secret);

// The Secret that keeps it: name, namespace, type and data.
Secret secret_of(const KeptToken& token);
// What a Secret keeps. Code::invalid names what is missing or wrong, also when it is no Secret of ours, or its name and
// namespace are not those of its id: nothing else may pass for a token.
Result<KeptToken> kept_token(const Secret& secret);

// Code::unauthorized says why the token cannot be used for this, now: of the other purpose, expired, used up.
Status check_usable(const KeptToken& token, KeptToken::Purpose purpose, Time now);

// A kept token as it was found; `secret` carries the revision that a write (a use taken away) must name.
struct FoundToken {
  std::shared_ptr<const Secret> secret;
  KeptToken token;
};
// By its id. Code::unauthorized says why it cannot be used: unknown, not readable, of the other purpose, expired, used
// up. Whoever asks must still compare the hash (pki::is_token), and tells strangers only that the token is not valid.
Result<FoundToken> find_token(const State& state, std::string_view id, KeptToken::Purpose purpose, Time now);

}  // namespace muster::access
