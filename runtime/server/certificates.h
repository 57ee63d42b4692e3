// Certificates for agents: POST .../containerinstances/NAME/certificate with {"request": "<PEM of a certificate signing
// request>"}, answered by {"certificate": "<PEM>", "authorities": "<PEM of what to trust>"}.
//
// A host that joins shows a join token as bearer token; its agent renews with the certificate that it has. Either way
// the request must be for the instance's own name: CN=system:node:NAME, O=system:nodes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/base/random.h"
#include "runtime/http/server.h"
#include "runtime/pki/vault.h"
#include "runtime/server/call.h"
#include "runtime/server/enrolment.h"
#include "runtime/store/objects.h"

namespace muster::server {

struct CertificateOptions {
  const pki::Vault* vault = nullptr;            // who signs; null: nobody, and hosts cannot join. On the server's loop
  Duration life = std::chrono::hours(24 * 30);  // of an agent's certificate
};

// All on the server's loop.
class Certificates {
 public:
  // All must outlive this.
  Certificates(store::Objects& objects, Loop& loop, Random& random, CertificateOptions options)
      : objects_(objects), loop_(loop), random_(random), options_(options) {}
  ~Certificates() { *alive_ = false; }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  // Whether this is the request of a host that joins: it is nobody's yet, so no role is asked.
  static bool joins(const http::Request& request);
  void join(const Call& call, const std::shared_ptr<http::Exchange>& exchange);
  // For a caller who may do so by his roles; only the agent itself gets one.
  void renew(const Call& call, const std::shared_ptr<http::Exchange>& exchange);

 private:
  struct Issued;
  using Plan = std::function<Result<Issued>(const State& state, store::Batch& batch)>;
  // Issues what the plan says and answers when that is stored; again when somebody else wrote at the same time.
  void issue(const std::shared_ptr<http::Exchange>& exchange, Plan plan, int attempt);
  // `peer`: the address of the agent.
  Result<Issued> sign(const std::string& public_key, const std::string& peer, Enrolment enrolment,
                      store::Batch& batch) const;
  Result<Issued> plan_join(const std::string& instance, const std::string& peer, const std::string& token,
                           const pki::SigningRequest& request, const State& state, store::Batch& batch) const;

  store::Objects& objects_;
  Loop& loop_;
  Random& random_;
  CertificateOptions options_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace muster::server
