// A Transport that encrypts. The handshake goes on by itself with the first reads and writes; a client that wants to
// know how it ended drives it first.
#pragma once

#include <memory>
#include <string>

#include "runtime/http/tls.h"
#include "runtime/http/transport.h"

namespace muster::http {

class TlsTransport : public Transport {
 public:
  // Goes on with the handshake. No error: it is over. would_block: call again when wait_handshake() has called back.
  virtual void handshake(boost::system::error_code& error) = 0;
  // Calls either method of the waiter.
  virtual void wait_handshake(std::shared_ptr<Waiter> waiter) = 0;
  // Why the handshake failed, in a sentence.
  virtual std::string failure(const boost::system::error_code& error) const = 0;
  // Whether it failed because the other side is not whom it has to be: trying again changes nothing.
  virtual bool distrusted() const = 0;
};

// Null when there is no memory.
std::unique_ptr<Transport> tls_server_transport(Socket socket, const TlsServer& server);
// `host`: the name or address that the server's certificate must be for.
std::unique_ptr<TlsTransport> tls_client_transport(Socket socket, const TlsClient& client, const std::string& host);

}  // namespace muster::http
