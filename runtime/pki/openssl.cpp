#include "runtime/pki/openssl.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "api/base/text.h"

namespace muster::pki {

namespace {

struct NamesFree {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string bytes_hex(const unsigned char* bytes, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += hex(bytes[i], 2);
  return out;
}

Time read_time(const ASN1_TIME* time) {
  std::tm broken{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &broken) != 1) return {};
  return Time(std::chrono::seconds(timegm(&broken)));
}

std::string read_text(const ASN1_STRING* text) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, text);
  if (size < 0) return {};
  std::string out(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  // A name with a NUL or a line end in it would read differently to different readers: it names nobody.
  for (const char c : out) {
    if (static_cast<unsigned char>(c) < 0x20U || c == 0x7f) return {};
  }
  return out;
}

std::string read_address(const ASN1_OCTET_STRING* octets) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int size = ASN1_STRING_length(octets);
  const int family = size == 4 ? AF_INET : AF_INET6;
  if (size != 4 && size != 16) return {};
  if (inet_ntop(family, ASN1_STRING_get0_data(octets), text.data(), text.size()) == nullptr) return {};
  return text.data();
}

std::string serial_of(X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  return bytes_hex(ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial)));
}

void read_names(X509* certificate, Certificate& out) {
  const std::unique_ptr<GENERAL_NAMES, NamesFree> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(name, &type);
    if (type == GEN_DNS) out.dns_names.push_back(read_text(static_cast<const ASN1_STRING*>(value)));
    if (type == GEN_IPADD) out.addresses.push_back(read_address(static_cast<const ASN1_OCTET_STRING*>(value)));
  }
}

// No passphrase is ever asked for: the library's default would stop at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
  return -1;
}

}  // namespace

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  std::string out = reason != nullptr ? reason : code != 0 ? str("error ", code) : std::string("unknown reason");
  ERR_clear_error();
  return out;
}

Error openssl_error(Code code, std::string_view what) {
  return Error{code, str(what, ": ", openssl_reason()), {}};
}

BioPtr reading(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string written(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

Result<std::vector<X509Ptr>> read_certificates(std::string_view pem) {
  const BioPtr bio = reading(pem);
  std::vector<X509Ptr> out;
  ERR_clear_error();
  while (X509Ptr certificate{PEM_read_bio_X509(bio.get(), nullptr, &no_passphrase, nullptr)}) {
    out.push_back(std::move(certificate));
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!ended) return openssl_error(Code::malformed, "a certificate cannot be read");
  ERR_clear_error();
  if (out.empty()) return Error{Code::malformed, "there is no certificate (-----BEGIN CERTIFICATE-----)", {}};
  return out;
}

Result<KeyPtr> read_private_key(std::string_view pem) {
  const BioPtr bio = reading(pem);
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr));
  if (!key) return openssl_error(Code::malformed, "the private key cannot be read");
  return key;
}

std::string write_certificate(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return written(bio.get());
}

Subject read_subject(X509_NAME* name) {
  Subject out;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const int sort = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    std::string text = read_text(X509_NAME_ENTRY_get_data(entry));
    if (sort == NID_commonName)
      out.name = std::move(text);
    else if (sort == NID_organizationName && !text.empty())
      out.groups.push_back(std::move(text));
  }
  return out;
}

Status write_subject(X509_NAME* name, const Subject& subject) {
  const auto add = [&](int sort, const std::string& text) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    // As UTF8String and not as MBSTRING_UTF8, whose limit of 64 characters real names pass.
    return X509_NAME_add_entry_by_NID(name, sort, V_ASN1_UTF8STRING, bytes, static_cast<int>(text.size()), -1, 0) == 1;
  };
  for (const std::string& group : subject.groups) {
    if (!add(NID_organizationName, group)) return openssl_error(Code::invalid, "the group cannot be written");
  }
  if (!add(NID_commonName, subject.name)) return openssl_error(Code::invalid, "the name cannot be written");
  return {};
}

std::string key_hash(X509_PUBKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(key, &der);
  if (size <= 0) return {};
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(der, static_cast<std::size_t>(size), digest.data());
  OPENSSL_free(der);
  return "sha256:" + bytes_hex(digest.data(), digest.size());
}

Certificate describe(X509* certificate) {
  Certificate out;
  out.subject = read_subject(X509_get_subject_name(certificate));
  out.issuer = read_subject(X509_get_issuer_name(certificate)).name;
  out.serial = serial_of(certificate);
  out.not_before = read_time(X509_get0_notBefore(certificate));
  out.not_after = read_time(X509_get0_notAfter(certificate));
  out.authority = X509_check_ca(certificate) == 1;
  out.key_hash = key_hash(X509_get_X509_PUBKEY(certificate));
  read_names(certificate, out);
  ERR_clear_error();
  return out;
}

}  // namespace muster::pki
