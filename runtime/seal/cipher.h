// One record under one key: AES-256-GCM. What is sealed can be neither read, changed nor moved without the key.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "api/base/error.h"
#include "runtime/base/random.h"

namespace muster::seal {

struct Key {
  std::string id;  // 16 hex digits, made at random; stands beside what the key has sealed
  std::array<unsigned char, 32> bytes{};
  bool operator==(const Key&) const = default;
};

Key make_key(Random& random);

// The text as bytes: a nonce, then what is encrypted, then a tag over it and `bound`. `random` must be fit for secrets;
// the nonce is 96 bits of it, so a key is good for 2^32 records.
std::string encrypt(const Key& key, std::string_view text, std::string_view bound, Random& random);
// Code::internal when the bytes were not made with this key and this `bound`, or have been changed since.
Result<std::string> decrypt(const Key& key, std::string_view bytes, std::string_view bound);

}  // namespace muster::seal
