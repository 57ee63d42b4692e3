// X.509 certificates and keys as values: PEM text, and what of it matters here. No header of OpenSSL leaves the .cpp
// files of this folder and of runtime/http.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"

namespace muster::pki {

// Whom a client's certificate names: a user and its groups, as Kubernetes reads CN and O.
struct Subject {
  std::string name;
  std::vector<std::string> groups;
  bool operator==(const Subject&) const = default;
};

// What a certificate says.
struct Certificate {
  Subject subject;
  std::string issuer;  // its common name
  std::string serial;  // lower-case hex
  Time not_before{};
  Time not_after{};
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;  // of IP, as text
  bool authority = false;              // may sign others
  std::string key_hash;                // "sha256:" and the hex digest of the public key: what a join token pins
};

// A certificate, followed by those that lead to its authority, and the private key of the first; both PEM.
struct Pair {
  std::string certificate;
  std::string key;
};

// All certificates of the text, in its order. malformed when one cannot be read; no certificate at all is malformed
// too.
Result<std::vector<Certificate>> parse_certificates(std::string_view pem);
// The same as separate PEM texts.
Result<std::vector<std::string>> split_certificates(std::string_view pem);
// invalid when the key is not that of the first certificate.
Status check_pair(const Pair& pair);
// The names that the certificate is for, as a sentence has them: "localhost, 127.0.0.1".
std::string names_of(const Certificate& certificate);

// A new private key on the curve P-256, PKCS #8.
Result<std::string> make_key();
// The PEM text of the public half.
Result<std::string> public_key_of(std::string_view private_key);
// "sha256:..." of a public key, as Certificate::key_hash has it.
Result<std::string> key_hash_of(std::string_view public_key);

// A request for a certificate: what its sender wants to be called, and the key that it has proved to hold.
struct SigningRequest {
  Subject subject;
  std::string public_key;  // PEM
};
Result<std::string> make_signing_request(std::string_view private_key, const Subject& subject);
// malformed, also when the signature is not the key's own, or the key is too weak.
Result<SigningRequest> parse_signing_request(std::string_view pem);

}  // namespace muster::pki
