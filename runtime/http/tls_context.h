// The inside of TlsServer and TlsClient, for the .cpp files of this folder: the header that lets OpenSSL's in.
#pragma once

#include <openssl/ssl.h>

#include <boost/system/error_code.hpp>
#include <memory>
#include <string>

#include "runtime/http/tls.h"
#include "runtime/pki/openssl.h"

namespace muster::http {

using ContextPtr = std::unique_ptr<SSL_CTX, pki::Freed<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, pki::Freed<SSL_free>>;

struct TlsServer::State {
  ContextPtr context;
};

struct TlsClient::State {
  TlsClientOptions options;
  ContextPtr context;
};

// What the verification of one connection found; hangs on its SSL object.
struct Verification {
  std::string problem;         // empty: believed
  std::string wanted;          // name that a client insists on
  std::string authority_hash;  // of the authority that a client insists on; empty: any that it trusts
};

// Both keep what they need of the context; `verification` must outlive the SSL object.
SslPtr server_session(const TlsServer& server, Verification& verification);
SslPtr client_session(const TlsClient& client, const std::string& host, Verification& verification);

// The last failure of this thread as an error code whose message is a sentence for a user.
boost::system::error_code tls_error();

}  // namespace muster::http
