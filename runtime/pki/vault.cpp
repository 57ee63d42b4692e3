#include "runtime/pki/vault.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "api/base/text.h"
#include "runtime/base/file.h"

namespace muster::pki {

namespace {

constexpr std::size_t max_file_bytes = 1U << 20U;

// The parts of a file that begin with this kind of line, and the rest.
std::string part(std::string_view text, std::string_view label) {
  const std::string begin = str("-----BEGIN ", label, "-----");
  const std::string end = str("-----END ", label, "-----");
  const std::size_t first = text.find(begin);
  const std::size_t last = text.find(end, first == std::string_view::npos ? 0 : first);
  if (first == std::string_view::npos || last == std::string_view::npos) return {};
  return str(text.substr(first, last + end.size() - first), '\n');
}

Result<Pair> make_authority(Random& random, Validity validity) {
  // Each authority has a name of its own: whoever looks for an issuer by its name must not find the wrong one.
  return Authority::make(str("muster-ca-", hex(random.next(), 8)), random, validity);
}

Result<Certificate> first_certificate(std::string_view pem) {
  TRY(std::vector<Certificate> all, parse_certificates(pem));
  return std::move(all.front());
}

std::set<std::string> name_set(const Certificate& certificate) {
  std::set<std::string> out(certificate.dns_names.begin(), certificate.dns_names.end());
  out.insert(certificate.addresses.begin(), certificate.addresses.end());
  return out;
}

// Writing is slow, for it is made durable; at most starts everything is as it should be.
Status write_if_changed(const std::string& path, const std::string& text, unsigned mode) {
  const auto old = read_file(path, max_file_bytes);
  struct stat info {};
  const bool same = old.ok() && *old == text && ::stat(path.c_str(), &info) == 0 && (info.st_mode & 07777U) == mode;
  return same ? Status() : write_file(path, text, mode);
}

}  // namespace

bool due(const Certificate& certificate, Time now) {
  const Duration life = certificate.not_after - certificate.not_before - backdated;
  return now >= certificate.not_after - life / 3;
}

std::string Vault::path(std::string_view file) const {
  return str(options_.folder, "/", file);
}

Validity Vault::validity(Duration life, Time now) const {
  // Nothing outlives who signed it.
  return Validity{now - backdated, std::min(now + life, authority_.certificate().not_after)};
}

Result<Vault> Vault::open(VaultOptions options, Random& random, Time now) {
  TRY_VOID(make_directories(options.folder, 0700));
  // As certificates have them: otherwise each start would find a certificate for other names.
  for (std::string& name : options.names) name = canonical_name(name);
  const std::string file = options.folder + "/authority.pem";
  auto text = read_file(file, max_file_bytes);
  if (!text.ok() && text.error().code != Code::not_found) return std::move(text).error();
  if (!text.ok()) {
    TRY(Pair pair, make_authority(random, Validity{now - backdated, now + options.lifetimes.authority}));
    TRY(Authority authority, Authority::open(pair));
    Vault vault(std::move(options), random, std::move(authority));
    vault.own_ = std::move(pair);
    TRY_VOID(vault.save_authority());
    TRY_VOID(vault.load_or_issue_server(now));
    return vault;
  }
  auto parts = split_certificates(*text);
  if (!parts.ok()) return std::move(parts).error().under(file);
  Pair own{parts->front(), part(*text, "PRIVATE KEY")};
  auto authority = Authority::open(own);
  if (!authority.ok()) return std::move(authority).error().under(file);
  Vault vault(std::move(options), random, std::move(authority).value());
  vault.own_ = std::move(own);
  for (std::size_t i = 1; i < parts->size(); ++i) {
    TRY(const Certificate each, first_certificate((*parts)[i]));
    if (each.subject == vault.authority().subject)
      vault.cross_ = (*parts)[i];
    else
      vault.previous_.push_back((*parts)[i]);
  }
  TRY_VOID(vault.drop_expired(now));
  TRY_VOID(vault.load_or_issue_server(now));
  TRY_VOID(vault.renew(now));
  return vault;
}

Status Vault::save_authority() {
  bundle_ = own_.certificate;
  for (const std::string& each : previous_) bundle_ += each;
  std::string text = own_.key + own_.certificate + cross_;
  for (const std::string& each : previous_) text += each;
  TRY_VOID(write_if_changed(path("authority.pem"), text, 0600));
  return write_if_changed(path("ca.crt"), bundle_, 0644);
}

Status Vault::drop_expired(Time now) {
  std::vector<std::string> kept;
  for (const std::string& each : previous_) {
    TRY(const Certificate certificate, first_certificate(each));
    if (now < certificate.not_after) kept.push_back(each);
  }
  if (!cross_.empty()) {
    TRY(const Certificate certificate, first_certificate(cross_));
    if (now >= certificate.not_after) cross_.clear();
  }
  previous_ = std::move(kept);
  return save_authority();
}

Status Vault::load_or_issue_server(Time now) {
  auto text = read_file(path("server.pem"), max_file_bytes);
  if (!text.ok() && text.error().code != Code::not_found) return std::move(text).error();
  if (text.ok()) {
    const std::string key = part(*text, "PRIVATE KEY");
    auto parts = split_certificates(*text);
    if (parts.ok()) server_ = Pair{join(*parts, ""), key};
    // What cannot be used is replaced: it is our own and nobody else has it.
    if (parts.ok() && check_pair(server_).ok() && server_holds(now)) {
      return write_if_changed(path("server.pem"), server_.key + server_.certificate, 0600);
    }
  }
  return issue_server(now);
}

bool Vault::server_holds(Time now) const {
  const auto chain = parse_certificates(server_.certificate);
  if (!chain.ok()) return false;
  const Certificate& leaf = chain->front();
  const std::set<std::string> wanted(options_.names.begin(), options_.names.end());
  const bool complete =
      chain->size() == 2 &&
      (*chain)[1].issuer == (cross_.empty() ? authority().subject.name : first_certificate(cross_)->issuer);
  return complete && !due(leaf, now) && leaf.issuer == authority().subject.name && name_set(leaf) == wanted;
}

Status Vault::issue_server(Time now) {
  TRY(std::string key, make_key());
  TRY(const std::string public_key, public_key_of(key));
  TRY(std::string leaf,
      authority_.issue_server(options_.names, public_key, *random_, validity(options_.lifetimes.server, now)));
  Pair pair{leaf + (cross_.empty() ? own_.certificate : cross_), std::move(key)};
  TRY_VOID(write_file(path("server.pem"), pair.key + pair.certificate, 0600));
  server_ = std::move(pair);
  return {};
}

Result<bool> Vault::renew(Time now) {
  if (due(authority(), now)) {
    TRY_VOID(rotate(now));
    return true;
  }
  if (server_holds(now)) return false;
  TRY_VOID(issue_server(now));
  return true;
}

Status Vault::rotate(Time now) {
  TRY(Pair next, make_authority(*random_, Validity{now - backdated, now + options_.lifetimes.authority}));
  TRY(Authority successor, Authority::open(next));
  TRY(std::string cross, authority_.cross_sign(next.certificate, *random_));
  const std::vector<std::string> previous = previous_;
  previous_.insert(previous_.begin(), own_.certificate);
  std::swap(cross_, cross);
  std::swap(own_, next);
  std::swap(authority_, successor);
  if (Status status = drop_expired(now); !status.ok()) {
    // What is not on the disk signs nothing: after a restart nobody would know it.
    previous_ = previous;
    std::swap(cross_, cross);
    std::swap(own_, next);
    std::swap(authority_, successor);
    bundle_ = own_.certificate;
    for (const std::string& each : previous_) bundle_ += each;
    return status;
  }
  return issue_server(now);
}

Result<std::string> Vault::sign(std::string_view public_key, const Subject& subject, Duration life, Time now,
                                const std::vector<std::string>& serves) const {
  std::set<std::string> own;
  for (const std::string& name : options_.names) own.insert(canonical_name(name));
  std::vector<std::string> names;
  std::copy_if(serves.begin(), serves.end(), std::back_inserter(names),
               [&](const std::string& name) { return own.count(canonical_name(name)) == 0; });
  return authority_.issue_client(subject, public_key, *random_, validity(life, now), names);
}

Result<Pair> Vault::issue_client(const Subject& subject, Duration life, Time now) const {
  TRY(std::string key, make_key());
  TRY(const std::string public_key, public_key_of(key));
  TRY(std::string certificate, sign(public_key, subject, life, now));
  return Pair{std::move(certificate), std::move(key)};
}

}  // namespace muster::pki
