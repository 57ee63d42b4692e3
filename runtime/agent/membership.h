// By what an agent is let in: a key and a certificate for its own name, got once with a join token, kept in its data
// folder and renewed in time.
//
//   agent.pem  0600  the key, and its certificate once it has one
//   ca.crt           what the agent trusts
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/base/error.h"
#include "runtime/base/loop.h"
#include "runtime/http/client.h"
#include "runtime/pki/certificate.h"

namespace muster::agent {

struct Identity {
  pki::Pair pair;
  std::string authorities;       // PEM
  pki::Certificate certificate;  // the first of the pair
};

// How the server is reached with it.
http::TlsClientOptions tls_options(const Identity& identity);

// How the agent serves with it, to clients of the same authority.
http::TlsServerOptions serving_options(const Identity& identity);

// What the folder has; nothing when the agent has not joined. Code::invalid when it is for another container instance.
// It may have expired.
Result<std::optional<Identity>> load_identity(const std::string& folder, const std::string& name);

struct JoinOptions {
  std::string server;   // "https://muster.example:8700"
  std::string name;     // of the container instance
  std::string folder;   // exists
  std::string token;    // a join token
  std::string ca_hash;  // "sha256:...": the key of the server's authority
};

// Joins and keeps what was got: one attempt, blocking. Code::unavailable and Code::timeout when there was no answer;
// everything else is final.
Result<Identity> join_cluster(const JoinOptions& options);

// Renews the identity when a third of its life is left, and says so to whoever uses it. All on the loop.
class Renewal {
 public:
  // What dials or serves from now on is to do it with the new identity; connections that exist stay.
  using Renewed = std::function<Status(const Identity& identity)>;
  Renewal(Loop& loop, std::shared_ptr<http::Client> client, Renewed renewed, std::string folder, std::string name,
          Identity identity);
  ~Renewal();
  Renewal(const Renewal&) = delete;
  Renewal& operator=(const Renewal&) = delete;

 private:
  void look();
  void renew();
  Status take(const std::string& key, const Result<http::Response>& answer);

  Loop& loop_;
  std::shared_ptr<http::Client> client_;
  Renewed renewed_;
  std::string folder_, name_;
  Identity identity_;
  Duration wait_{};  // after the last failure
  Loop::Timer timer_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace muster::agent
