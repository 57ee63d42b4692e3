#include "runtime/pki/certificate.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "api/base/text.h"
#include "runtime/pki/openssl.h"

namespace muster::pki {

namespace {

constexpr int weakest_bits = 112;  // RSA 2048, P-224

std::string written_public_key(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(bio.get(), key);
  return written(bio.get());
}

}  // namespace

Result<std::vector<Certificate>> parse_certificates(std::string_view pem) {
  TRY(const std::vector<X509Ptr> certificates, read_certificates(pem));
  std::vector<Certificate> out;
  out.reserve(certificates.size());
  for (const X509Ptr& certificate : certificates) out.push_back(describe(certificate.get()));
  return out;
}

Result<std::vector<std::string>> split_certificates(std::string_view pem) {
  TRY(const std::vector<X509Ptr> certificates, read_certificates(pem));
  std::vector<std::string> out;
  out.reserve(certificates.size());
  for (const X509Ptr& certificate : certificates) out.push_back(write_certificate(certificate.get()));
  return out;
}

Status check_pair(const Pair& pair) {
  TRY(const std::vector<X509Ptr> certificates, read_certificates(pair.certificate));
  TRY(const KeyPtr key, read_private_key(pair.key));
  if (X509_check_private_key(certificates.front().get(), key.get()) == 1) return {};
  ERR_clear_error();
  return Error{Code::invalid, "the private key is not that of the certificate", {}};
}

std::string names_of(const Certificate& certificate) {
  std::vector<std::string> names = certificate.dns_names;
  names.insert(names.end(), certificate.addresses.begin(), certificate.addresses.end());
  if (names.empty()) return str("nothing but \"", certificate.subject.name, '"');
  return join(names, ", ");
}

Result<std::string> make_key() {
  std::string curve = "P-256";  // the macro for this call casts a const away
  const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data()));
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!key || PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return openssl_error(Code::internal, "make a key");
  }
  return written(bio.get());
}

Result<std::string> public_key_of(std::string_view private_key) {
  TRY(const KeyPtr key, read_private_key(private_key));
  return written_public_key(key.get());
}

Result<std::string> key_hash_of(std::string_view public_key) {
  const BioPtr bio = reading(public_key);
  const KeyPtr key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  X509_PUBKEY* info = nullptr;
  if (!key || X509_PUBKEY_set(&info, key.get()) != 1) {
    return openssl_error(Code::malformed, "the public key cannot be read");
  }
  std::string hash = key_hash(info);
  X509_PUBKEY_free(info);
  return hash;
}

Result<std::string> make_signing_request(std::string_view private_key, const Subject& subject) {
  TRY(const KeyPtr key, read_private_key(private_key));
  const RequestPtr request(X509_REQ_new());
  TRY_VOID(write_subject(X509_REQ_get_subject_name(request.get()), subject));
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0 ||
      PEM_write_bio_X509_REQ(bio.get(), request.get()) != 1) {
    return openssl_error(Code::internal, "make a certificate signing request");
  }
  return written(bio.get());
}

Result<SigningRequest> parse_signing_request(std::string_view pem) {
  const BioPtr bio = reading(pem);
  const RequestPtr request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (!request) return openssl_error(Code::malformed, "the certificate signing request cannot be read");
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (key == nullptr || X509_REQ_verify(request.get(), key) != 1) {
    ERR_clear_error();
    return Error{Code::malformed, "the certificate signing request is not signed by its own key", {}};
  }
  if (EVP_PKEY_get_security_bits(key) < weakest_bits) {
    return Error{Code::malformed, "the key of the certificate signing request is too weak: use P-256", {}};
  }
  return SigningRequest{read_subject(X509_REQ_get_subject_name(request.get())), written_public_key(key)};
}

}  // namespace muster::pki
