#include "runtime/pki/signed_token.h"

#include <algorithm>

#include "api/base/base64.h"
#include "api/base/text.h"
#include "runtime/pki/digest.h"

namespace muster::pki {
namespace {

constexpr std::size_t max_bytes = 8U << 10U;
constexpr std::size_t id_digits = 16;
constexpr std::size_t key_bytes = 32;

std::string encode_url(std::string_view bytes) {
  std::string out = encode_base64(bytes);
  out.erase(std::min(out.find('='), out.size()));
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}

std::optional<std::string> decode_url(std::string_view text) {
  std::string padded(text);
  for (char& c : padded) {
    if (c == '+' || c == '/' || c == '=' || c == '\n' || c == '\r') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  padded.append((4 - padded.size() % 4) % 4, '=');
  return decode_base64(padded);
}

// The header is always the same but for the key's id: whoever writes another one does not have our key.
std::string header_of(const SigningKey& key) {
  return encode_url(str(R"({"alg":"HS256","kid":")", key.id, R"(","typ":"JWT"})"));
}

}  // namespace

SigningKey make_signing_key(Random& random) {
  SigningKey key{hex(random.next(), id_digits), {}};
  while (key.bytes.size() < key_bytes) {
    const std::uint64_t number = random.next();
    for (unsigned shift = 0; shift < 64; shift += 8) key.bytes += static_cast<char>(number >> shift & 0xffU);
  }
  return key;
}

std::string sign_token(const SigningKey& key, std::string_view payload) {
  const std::string signed_part = str(header_of(key), '.', encode_url(payload));
  return str(signed_part, '.', encode_url(hmac_sha256(key.bytes, signed_part)));
}

Result<std::string> open_signed_token(std::string_view text, const std::vector<SigningKey>& keys) {
  const auto refused = [](std::string_view why) { return Error{Code::unauthorized, std::string(why), {}}; };
  const std::size_t first = text.find('.');
  const std::size_t last = text.rfind('.');
  if (text.size() > max_bytes || first == std::string_view::npos || first == last) {
    return refused("the token has not the form of one");
  }
  for (const SigningKey& key : keys) {
    if (text.substr(0, first) != header_of(key)) continue;
    // The signature's text is compared, not its bytes: one token has one form.
    if (!same_secret(encode_url(hmac_sha256(key.bytes, text.substr(0, last))), text.substr(last + 1))) break;
    auto payload = decode_url(text.substr(first + 1, last - first - 1));
    if (!payload) break;
    return std::move(*payload);
  }
  return refused("the token was not issued here");
}

}  // namespace muster::pki
