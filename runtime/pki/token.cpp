#include "runtime/pki/token.h"

#include "api/base/text.h"
#include "runtime/pki/digest.h"

namespace muster::pki {
namespace {

constexpr std::size_t id_digits = 16;
constexpr std::size_t secret_digits = 64;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Token make_token(Random& random) {
  return Token{hex(random.next(), id_digits), random_hex32(random) + random_hex32(random)};
}

std::optional<Token> parse_token(std::string_view text) {
  if (text.size() != id_digits + 1 + secret_digits || text[id_digits] != '.') return std::nullopt;
  const std::string_view id = text.substr(0, id_digits);
  const std::string_view secret = text.substr(id_digits + 1);
  if (!is_hex(id) || !is_hex(secret)) return std::nullopt;
  return Token{std::string(id), std::string(secret)};
}

std::string token_hash(const Token& token) {
  return "sha256:" + sha256_hex(token.text());
}

bool is_token(const Token& token, std::string_view hash) {
  return same_secret(token_hash(token), hash);
}

}  // namespace muster::pki
