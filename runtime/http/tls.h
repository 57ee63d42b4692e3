// TLS for servers and clients: which certificates, whom to believe, and who is at the other end. Versions 1.2 and 1.3,
// HTTP/1.1 by ALPN.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/base/error.h"
#include "runtime/pki/certificate.h"

namespace muster::http {

// The other end of an encrypted connection, as a server sees it.
struct TlsPeer {
  std::optional<pki::Certificate> certificate;  // what it has shown, if anything
  std::string problem;                          // why that is not to be believed; empty when it is
};

struct TlsServerOptions {
  pki::Pair identity;              // the chain begins with the server's own certificate
  std::string client_authorities;  // PEM; clients are asked for a certificate, none is forced to have one
};

// What the listeners of a server use; may be shared by several. All calls on the loop's thread.
class TlsServer {
 public:
  static Result<std::shared_ptr<TlsServer>> make(const TlsServerOptions& options);
  // For connections from now on; those that exist stay as they are. An error leaves everything as it was.
  Status reload(const TlsServerOptions& options);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  struct State;  // in tls_context.h, for this folder only
  const State& state() const { return *state_; }

 private:
  explicit TlsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

enum class Trust {
  authorities,  // the server's certificate must lead to one of them and be for its name
  anything,     // whoever answers: only for looking at things
};

struct TlsClientOptions {
  Trust trust = Trust::authorities;
  std::string authorities;            // PEM; empty: those that this machine trusts
  std::string authority_hash;         // "sha256:...": instead, the authority whose key this is, if the server shows it
  std::string server_name;            // the name to insist on, instead of the host of the address
  std::optional<pki::Pair> identity;  // shown when the server asks
};

// What the connections of a client use. All calls on the loop's thread.
class TlsClient {
 public:
  static Result<std::shared_ptr<TlsClient>> make(TlsClientOptions options);
  // For connections from now on. An error leaves everything as it was.
  Status reload(TlsClientOptions options);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  struct State;
  const State& state() const { return *state_; }

 private:
  explicit TlsClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace muster::http
