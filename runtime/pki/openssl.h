// OpenSSL's objects with an owner, for the .cpp files of runtime/pki and runtime/http alone.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/pki/certificate.h"

namespace muster::pki {

template <auto Function>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Function(object);
  }
};

using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;

// The reason of the last failure in words; empties this thread's queue of them.
std::string openssl_reason();
Error openssl_error(Code code, std::string_view what);

BioPtr reading(std::string_view text);
std::string written(BIO* memory);

Result<std::vector<X509Ptr>> read_certificates(std::string_view pem);
Result<KeyPtr> read_private_key(std::string_view pem);
std::string write_certificate(X509* certificate);
Subject read_subject(X509_NAME* name);
Status write_subject(X509_NAME* name, const Subject& subject);
Certificate describe(X509* certificate);
// "sha256:" and the hex digest of the key's SubjectPublicKeyInfo; empty when it has none.
std::string key_hash(X509_PUBKEY* key);

}  // namespace muster::pki
