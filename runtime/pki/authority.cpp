#include "runtime/pki/authority.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "api/base/text.h"
#include "runtime/pki/openssl.h"

namespace muster::pki {

namespace {

constexpr const char* authority_usage = "critical,keyCertSign,cRLSign";

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

bool legal_host(std::string_view name) {
  constexpr std::size_t longest = 253;
  return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '*';
  });
}

bool set_serial(X509* certificate, Random& random) {
  std::array<unsigned char, 16> bytes{};
  for (std::size_t half = 0; half < 2; ++half) {
    const std::uint64_t number = random.next();
    for (std::size_t i = 0; i < 8; ++i) bytes[half * 8 + i] = static_cast<unsigned char>(number >> (8 * i));
  }
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3fU) | 0x40U);  // positive, and never shorter
  ASN1_INTEGER* serial = X509_get_serialNumber(certificate);
  return ASN1_STRING_set(serial, bytes.data(), static_cast<int>(bytes.size())) == 1;
}

bool set_validity(X509* certificate, Validity validity) {
  const auto seconds = [](Time time) {
    return static_cast<time_t>(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
  };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(validity.from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(validity.until)) != nullptr;
}

bool add_extension(X509* certificate, X509* issuer, int sort, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, sort, value.c_str());
  const bool done = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return done;
}

struct Extension {
  int sort;
  std::string value;
};

Error failed() {
  return openssl_error(Code::internal, "make a certificate");
}

// Everything but the subject and the public key, which must be there already. A null issuer: by itself.
Result<std::string> finish(X509* certificate, X509* issuer, EVP_PKEY* key, Random& random, Validity validity,
                           const std::vector<Extension>& extensions) {
  if (issuer == nullptr) issuer = certificate;
  const bool filled =
      X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate, random) &&
      set_validity(certificate, validity) && X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
      std::all_of(extensions.begin(), extensions.end(),
                  [&](const Extension& each) { return add_extension(certificate, issuer, each.sort, each.value); });
  if (!filled || X509_sign(certificate, key, EVP_sha256()) == 0) return failed();
  return write_certificate(certificate);
}

std::vector<Extension> authority_extensions() {
  return {{NID_basic_constraints, "critical,CA:TRUE"},
          {NID_key_usage, authority_usage},
          {NID_subject_key_identifier, "hash"}};
}

std::vector<Extension> leaf_extensions(const char* purpose) {
  return {{NID_basic_constraints, "critical,CA:FALSE"},
          {NID_key_usage, "critical,digitalSignature"},
          {NID_ext_key_usage, purpose},
          {NID_subject_key_identifier, "hash"},
          {NID_authority_key_identifier, "keyid"}};
}

// The names as OpenSSL reads the extension's value: "DNS:localhost,IP:127.0.0.1".
Result<std::string> alternative_names(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    const bool address = is_address(name);
    if (!address && !legal_host(name)) {
      return Error{Code::invalid, str('"', name, "\" is neither a host name nor an IP address"), {}};
    }
    out += str(out.empty() ? "" : ",", address ? "IP:" : "DNS:", name);
  }
  return out;
}

Status set_public_key(X509* certificate, std::string_view pem) {
  const BioPtr bio = reading(pem);
  const KeyPtr key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  if (!key || X509_set_pubkey(certificate, key.get()) != 1) {
    return openssl_error(Code::malformed, "the public key cannot be read");
  }
  return {};
}

}  // namespace

std::string canonical_name(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, name.c_str(), bytes.data()) != 1) continue;
    if (inet_ntop(family, bytes.data(), text.data(), text.size()) != nullptr) return text.data();
  }
  return to_lower(name);
}

struct Authority::State {
  X509Ptr certificate;
  KeyPtr key;
  Certificate description;
};

Authority::Authority(std::unique_ptr<State> state) : state_(std::move(state)) {}
Authority::~Authority() = default;
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;

Result<Pair> Authority::make(const std::string& name, Random& random, Validity validity) {
  TRY(std::string key_text, make_key());
  TRY(const KeyPtr key, read_private_key(key_text));
  const X509Ptr certificate(X509_new());
  TRY_VOID(write_subject(X509_get_subject_name(certificate.get()), Subject{name, {}}));
  if (X509_set_pubkey(certificate.get(), key.get()) != 1) return failed();
  TRY(std::string text, finish(certificate.get(), nullptr, key.get(), random, validity, authority_extensions()));
  return Pair{std::move(text), std::move(key_text)};
}

Result<Authority> Authority::open(const Pair& pair) {
  TRY_VOID(check_pair(pair));
  auto state = std::make_unique<State>();
  TRY(std::vector<X509Ptr> certificates, read_certificates(pair.certificate));
  TRY(state->key, read_private_key(pair.key));
  state->certificate = std::move(certificates.front());
  state->description = describe(state->certificate.get());
  if (!state->description.authority) {
    return Error{Code::invalid, "the certificate is not that of an authority: it may not sign others", {}};
  }
  return Authority(std::move(state));
}

const Certificate& Authority::certificate() const {
  return state_->description;
}

Result<std::string> Authority::issue_server(const std::vector<std::string>& names, std::string_view public_key,
                                            Random& random, Validity validity) const {
  if (names.empty()) return Error{Code::invalid, "a server's certificate needs a name", {}};
  TRY(std::string alternatives, alternative_names(names));
  const X509Ptr certificate(X509_new());
  TRY_VOID(write_subject(X509_get_subject_name(certificate.get()), Subject{names.front(), {}}));
  TRY_VOID(set_public_key(certificate.get(), public_key));
  std::vector<Extension> extensions = leaf_extensions("serverAuth");
  extensions.push_back({NID_subject_alt_name, std::move(alternatives)});
  return finish(certificate.get(), state_->certificate.get(), state_->key.get(), random, validity, extensions);
}

Result<std::string> Authority::issue_client(const Subject& subject, std::string_view public_key, Random& random,
                                            Validity validity, const std::vector<std::string>& serves) const {
  if (subject.name.empty()) return Error{Code::invalid, "a client's certificate needs a user name", {}};
  const X509Ptr certificate(X509_new());
  TRY_VOID(write_subject(X509_get_subject_name(certificate.get()), subject));
  TRY_VOID(set_public_key(certificate.get(), public_key));
  std::vector<Extension> extensions = leaf_extensions(serves.empty() ? "clientAuth" : "clientAuth,serverAuth");
  if (!serves.empty()) {
    TRY(std::string alternatives, alternative_names(serves));
    extensions.push_back({NID_subject_alt_name, std::move(alternatives)});
  }
  return finish(certificate.get(), state_->certificate.get(), state_->key.get(), random, validity, extensions);
}

Result<std::string> Authority::cross_sign(std::string_view authority_certificate, Random& random) const {
  TRY(const std::vector<X509Ptr> others, read_certificates(authority_certificate));
  X509* other = others.front().get();
  const Certificate description = describe(other);
  const X509Ptr certificate(X509_new());
  if (X509_set_subject_name(certificate.get(), X509_get_subject_name(other)) != 1 ||
      X509_set_pubkey(certificate.get(), X509_get0_pubkey(other)) != 1) {
    return failed();
  }
  const Validity validity{description.not_before, std::min(description.not_after, state_->description.not_after)};
  std::vector<Extension> extensions = authority_extensions();
  extensions.push_back({NID_authority_key_identifier, "keyid"});
  return finish(certificate.get(), state_->certificate.get(), state_->key.get(), random, validity, extensions);
}

}  // namespace muster::pki
