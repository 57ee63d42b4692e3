// A server's own authority and certificate, kept in a folder: made at the first start, renewed before they expire.
//
//   authority.pem  0600  key and certificate of the authority, then the certificates of its predecessors
//   server.pem     0600  key and certificate of the server, then what leads to an authority that clients may know
//   ca.crt               what clients trust: the authority and its predecessors, newest first
//
// Each file is written in one step, so that a crash leaves an old pair or a new one, never half of each.
#pragma once

#include <string>
#include <vector>

#include "runtime/pki/authority.h"

namespace muster::pki {

// How long certificates hold. Each is renewed when a third of its life is left.
struct Lifetimes {
  Duration authority = std::chrono::hours(24 * 3650);
  Duration server = std::chrono::hours(24 * 365);
};

struct VaultOptions {
  std::string folder;
  std::vector<std::string> names;  // host names and addresses that the server's certificate is for
  Lifetimes lifetimes;
};

// How much earlier than now certificates begin: clocks of other machines may be behind ours.
inline constexpr Duration backdated = std::chrono::minutes(5);

// True when a third of the certificate's life or less is left; what it is backdated by is no life.
bool due(const Certificate& certificate, Time now);

class Vault {
 public:
  // Reads the folder and makes what is missing, due, or not for these names. `random` must outlive it.
  static Result<Vault> open(VaultOptions options, Random& random, Time now);

  // To be called from time to time. True when something was renewed: the server's certificate is then to be loaded
  // again.
  Result<bool> renew(Time now);
  // A new authority, signed by the old one as well: who trusts only the old one still accepts the server, and the
  // server accepts certificates of both until the old one expires.
  Status rotate(Time now);

  const Pair& server() const { return server_; }
  // What clients trust, and what the server accepts clients by.
  const std::string& bundle() const { return bundle_; }
  // "sha256:..." of the authority's key.
  const std::string& authority_hash() const { return authority_.certificate().key_hash; }
  const Certificate& authority() const { return authority_.certificate(); }

  // A new key with a certificate for the user.
  Result<Pair> issue_client(const Subject& subject, Duration life, Time now) const;
  // A certificate for the key of a request, whatever name that asks for: the caller has decided who it is.
  // `serves`: names and addresses under which the holder may be a server too. Those of this server's own certificate
  // are left out: nobody else may pass for it.
  Result<std::string> sign(std::string_view public_key, const Subject& subject, Duration life, Time now,
                           const std::vector<std::string>& serves = {}) const;

 private:
  Vault(VaultOptions options, Random& random, Authority authority)
      : options_(std::move(options)), random_(&random), authority_(std::move(authority)) {}
  std::string path(std::string_view file) const;
  Validity validity(Duration life, Time now) const;
  Status save_authority();
  Status load_or_issue_server(Time now);
  Status issue_server(Time now);
  bool server_holds(Time now) const;
  Status drop_expired(Time now);

  VaultOptions options_;
  Random* random_;
  Authority authority_;
  Pair own_;                           // of the authority
  std::string cross_;                  // the authority's certificate by its predecessor; empty without one
  std::vector<std::string> previous_;  // certificates of the predecessors, newest first
  Pair server_;
  std::string bundle_;
};

}  // namespace muster::pki
