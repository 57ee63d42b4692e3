// Hashes, and how secrets are compared.
#pragma once

#include <string>
#include <string_view>

namespace muster::pki {

// 64 lower-case hex digits.
std::string sha256_hex(std::string_view text);
// HMAC-SHA-256: 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);
// Takes as long for texts of one size wherever they differ, so that nobody finds out one character after the other.
bool same_secret(std::string_view left, std::string_view right);

}  // namespace muster::pki
