#include "runtime/seal/cipher.h"

#include <openssl/evp.h>

#include <cstring>
#include <memory>

#include "api/base/assert.h"
#include "api/base/text.h"

namespace muster::seal {
namespace {

constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

unsigned char* bytes_of(std::string& text, std::size_t at) {
  return reinterpret_cast<unsigned char*>(text.data()) + at;
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

template <std::size_t N>
void fill(unsigned char* out, Random& random) {
  for (std::size_t at = 0; at < N;) {
    const std::uint64_t number = random.next();
    for (std::size_t i = 0; i < sizeof number && at < N; ++i) out[at++] = static_cast<unsigned char>(number >> (8 * i));
  }
}

}  // namespace

Key make_key(Random& random) {
  Key key;
  key.id = hex(random.next(), 16);
  fill<32>(key.bytes.data(), random);
  return key;
}

std::string encrypt(const Key& key, std::string_view text, std::string_view bound, Random& random) {
  std::string out(nonce_bytes + text.size() + tag_bytes, '\0');
  fill<nonce_bytes>(bytes_of(out, 0), random);
  const Context context(EVP_CIPHER_CTX_new());
  int size = 0;
  // None of these calls fails but for want of memory or by a mistake of ours; a record must never go out half sealed.
  MUSTER_ASSERT(context != nullptr);
  MUSTER_ASSERT(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(), bytes_of(out, 0)) == 1);
  MUSTER_ASSERT(EVP_EncryptUpdate(context.get(), nullptr, &size, bytes_of(bound), static_cast<int>(bound.size())) == 1);
  MUSTER_ASSERT(EVP_EncryptUpdate(context.get(), bytes_of(out, nonce_bytes), &size, bytes_of(text),
                                  static_cast<int>(text.size())) == 1);
  MUSTER_ASSERT(EVP_EncryptFinal_ex(context.get(), bytes_of(out, nonce_bytes + text.size()), &size) == 1);
  MUSTER_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes,
                                    bytes_of(out, nonce_bytes + text.size())) == 1);
  return out;
}

Result<std::string> decrypt(const Key& key, std::string_view bytes, std::string_view bound) {
  if (bytes.size() < nonce_bytes + tag_bytes) return Error{Code::internal, "the sealed record is cut short", {}};
  const std::string_view text = bytes.substr(nonce_bytes, bytes.size() - nonce_bytes - tag_bytes);
  std::string tag(bytes.substr(nonce_bytes + text.size()));
  std::string out(text.size(), '\0');
  const Context context(EVP_CIPHER_CTX_new());
  MUSTER_ASSERT(context != nullptr);
  int size = 0;
  const bool genuine =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(), bytes_of(bytes)) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, bytes_of(bound), static_cast<int>(bound.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), bytes_of(out, 0), &size, bytes_of(text), static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), bytes_of(out, out.size()), &size) == 1;
  if (!genuine) {
    return Error{Code::internal, "the sealed record has been changed, or was sealed for another place", {}};
  }
  return out;
}

}  // namespace muster::seal
