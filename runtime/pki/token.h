// Tokens as values: `ID.SECRET`, 16 and 64 lower-case hex digits. The id is no secret and finds what is kept of the
// token; of the secret only a hash is kept (see api/access/kept_token.h). 256 bits of chance need no slow hash.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/random.h"

namespace muster::pki {

struct Token {
  std::string id;
  std::string secret;
  std::string text() const { return id + "." + secret; }
};

// `random` must be fit for secrets.
Token make_token(Random& random);
// Nothing when the text has not the form of such a token.
std::optional<Token> parse_token(std::string_view text);

// What is kept in the token's place: "sha256:" and the hex digest of its text.
std::string token_hash(const Token& token);
// Whether it is the token that the hash was made of. In constant time.
bool is_token(const Token& token, std::string_view hash);

}  // namespace muster::pki
