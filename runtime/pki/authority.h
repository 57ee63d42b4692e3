// A certificate authority: signs certificates for servers, clients and its own successor.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/random.h"
#include "runtime/pki/certificate.h"

namespace muster::pki {

struct Validity {
  Time from{};
  Time until{};
};

// An IP address in the one form that certificates are compared by ("::1" for "0:0:0:0:0:0:0:1"), a host name in lower
// case.
std::string canonical_name(const std::string& name);

class Authority {
 public:
  // A new key with a certificate signed by itself.
  static Result<Pair> make(const std::string& name, Random& random, Validity validity);
  // invalid when the certificate may not sign others or the key is not its own.
  static Result<Authority> open(const Pair& pair);
  ~Authority();
  Authority(Authority&&) noexcept;
  Authority& operator=(Authority&&) noexcept;

  const Certificate& certificate() const;
  // `names`: host names and IP addresses; at least one.
  Result<std::string> issue_server(const std::vector<std::string>& names, std::string_view public_key, Random& random,
                                   Validity validity) const;
  // `serves`: names and addresses under which the client is a server too; none, and it cannot be one.
  Result<std::string> issue_client(const Subject& subject, std::string_view public_key, Random& random,
                                   Validity validity, const std::vector<std::string>& serves = {}) const;
  // Another authority's own certificate, signed by this one: who trusts this one then trusts what that one signs.
  Result<std::string> cross_sign(std::string_view authority_certificate, Random& random) const;

 private:
  struct State;
  explicit Authority(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace muster::pki
