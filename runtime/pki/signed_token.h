// JSON Web Tokens that only their issuer checks: HMAC-SHA-256 under one of its own keys, which the header names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "runtime/base/random.h"

namespace muster::pki {

struct SigningKey {
  std::string id;     // 16 lower-case hex digits, made at random
  std::string bytes;  // 32
};
// `random` must be fit for secrets.
SigningKey make_signing_key(Random& random);

// HEADER.PAYLOAD.SIGNATURE in base64url.
std::string sign_token(const SigningKey& key, std::string_view payload);
// The payload. Code::unauthorized when the text is no such token, or was not signed with one of the keys.
Result<std::string> open_signed_token(std::string_view text, const std::vector<SigningKey>& keys);

}  // namespace muster::pki
