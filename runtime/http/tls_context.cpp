#include "runtime/http/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/error.hpp>
#include <string_view>

#include "api/base/text.h"

namespace muster::http {

namespace {

constexpr std::array<unsigned char, 9> http_1_1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr const char* ciphers_of_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";

Verification& verification_of(X509_STORE_CTX* store) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  return *static_cast<Verification*>(SSL_get_app_data(ssl));
}

// ---- what is wrong with a certificate, in words

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

std::string problem_of(X509_STORE_CTX* store, const std::string& wanted) {
  const int error = X509_STORE_CTX_get_error(store);
  X509* current = X509_STORE_CTX_get_current_cert(store);
  if (current == nullptr) current = X509_STORE_CTX_get0_cert(store);
  const pki::Certificate certificate = pki::describe(current);
  const std::string whose =
      current == X509_STORE_CTX_get0_cert(store) ? "the certificate" : str("the authority ", certificate.subject.name);
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return str("the certificate is for ", pki::names_of(pki::describe(X509_STORE_CTX_get0_cert(store))), ", not for ",
                 wanted);
    case X509_V_ERR_CERT_HAS_EXPIRED: return str(whose, " expired at ", format_time(certificate.not_after));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return str(whose, " is not valid before ", format_time(certificate.not_before), ": is the clock right?");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return str("the certificate was signed by \"", certificate.issuer,
                 "\", which is no authority that is trusted here");
    case X509_V_ERR_INVALID_PURPOSE: return str(whose, " is not meant for this purpose");
    default: return str(whose, ": ", X509_verify_cert_error_string(error));
  }
}

// ---- a server looks at a client

// Goes on in any case: a client that may not be believed is told so by an answer (401), not by an alert that it shows
// as a riddle.
int look_at_client(X509_STORE_CTX* store, void* /*data*/) {
  if (X509_verify_cert(store) != 1) verification_of(store).problem = problem_of(store, {});
  ERR_clear_error();
  return 1;
}

int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void* /*data*/) {
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_size, http_1_1.data(), http_1_1.size(), in, in_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// ---- a client looks at a server

// The authority that was named by the hash of its key comes from the server itself: nobody else could use that key.
bool verify_pinned(X509_STORE_CTX* store, Verification& verification) {
  STACK_OF(X509)* chain = X509_STORE_CTX_get0_untrusted(store);
  X509* anchor = nullptr;
  std::string shown;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    const pki::Certificate certificate = pki::describe(sk_X509_value(chain, i));
    if (!certificate.authority) continue;
    shown += str(shown.empty() ? "" : ", ", certificate.key_hash);
    if (certificate.key_hash == verification.authority_hash) anchor = sk_X509_value(chain, i);
  }
  if (anchor == nullptr) {
    verification.problem =
        str("the server's authority is ", shown.empty() ? "not shown" : shown, ", not ", verification.authority_hash);
    return false;
  }
  const pki::StorePtr trusted(X509_STORE_new());
  const std::unique_ptr<X509_STORE_CTX, pki::Freed<X509_STORE_CTX_free>> check(X509_STORE_CTX_new());
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  X509_STORE_add_cert(trusted.get(), anchor);
  if (X509_STORE_CTX_init(check.get(), trusted.get(), X509_STORE_CTX_get0_cert(store), chain) != 1) return false;
  X509_STORE_CTX_set_default(check.get(), "ssl_server");
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(check.get());
  X509_VERIFY_PARAM_set1(rules, SSL_get0_param(ssl));
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  if (X509_verify_cert(check.get()) == 1) return true;
  verification.problem = problem_of(check.get(), verification.wanted);
  return false;
}

int look_at_server(X509_STORE_CTX* store, void* /*data*/) {
  Verification& verification = verification_of(store);
  if (!verification.authority_hash.empty()) return verify_pinned(store, verification) ? 1 : 0;
  if (X509_verify_cert(store) == 1) return 1;
  verification.problem = problem_of(store, verification.wanted);
  return 0;
}

// ---- contexts

Status set_identity(SSL_CTX* context, const pki::Pair& identity) {
  TRY_VOID(pki::check_pair(identity));
  TRY(const std::vector<pki::X509Ptr> chain, pki::read_certificates(identity.certificate));
  TRY(const pki::KeyPtr key, pki::read_private_key(identity.key));
  bool good =
      SSL_CTX_use_certificate(context, chain.front().get()) == 1 && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
  for (std::size_t i = 1; good && i < chain.size(); ++i) {
    good = SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
  }
  if (!good) return pki::openssl_error(Code::invalid, "the certificate cannot be used");
  return {};
}

Status set_authorities(SSL_CTX* context, const std::string& pem) {
  TRY(const std::vector<pki::X509Ptr> authorities, pki::read_certificates(pem));
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const pki::X509Ptr& each : authorities) X509_STORE_add_cert(store, each.get());
  // Whoever is named as an authority is one, also below another: as Go's programs have it.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  ERR_clear_error();
  return {};
}

Result<ContextPtr> make_context(const SSL_METHOD* method) {
  ContextPtr context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), ciphers_of_1_2) != 1) {
    return pki::openssl_error(Code::internal, "set up TLS");
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Sessions are not resumed: a certificate that has been withdrawn or has expired must not live on in one.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  // Buffers of idle connections are given back; what is written again after waiting may stand elsewhere by then.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

Result<ContextPtr> server_context(const TlsServerOptions& options) {
  TRY(ContextPtr context, make_context(TLS_server_method()));
  TRY_VOID(set_identity(context.get(), options.identity));
  SSL_CTX_set_alpn_select_cb(context.get(), &choose_protocol, nullptr);
  if (!options.client_authorities.empty()) {
    TRY_VOID(set_authorities(context.get(), options.client_authorities));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context.get(), &look_at_client, nullptr);
  }
  return context;
}

Result<ContextPtr> client_context(const TlsClientOptions& options) {
  TRY(ContextPtr context, make_context(TLS_client_method()));
  if (options.identity) TRY_VOID(set_identity(context.get(), *options.identity));
  SSL_CTX_set_alpn_protos(context.get(), http_1_1.data(), http_1_1.size());
  if (options.trust == Trust::anything) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return context;
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context.get(), &look_at_server, nullptr);
  if (!options.authorities.empty()) {
    TRY_VOID(set_authorities(context.get(), options.authorities));
  } else if (options.authority_hash.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
    ERR_clear_error();
  }
  return context;
}

// ---- error codes

// The base is never deleted through a pointer; its destructor is protected.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class TlsCategory final : public boost::system::error_category {  // NOLINT(*-virtual-class-destructor)
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int value) const override {
    switch (ERR_GET_REASON(static_cast<unsigned long>(value))) {
      case SSL_R_WRONG_VERSION_NUMBER:
      case SSL_R_PACKET_LENGTH_TOO_LONG: return "the other side does not speak TLS: http:// instead of https://?";
      case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return "the other side does not trust the authority of our certificate";
      case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE: return "the other side refuses our certificate";
      case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: return "our certificate has expired";
      case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED: return "the server wants a client certificate";
      case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      case SSL_R_UNSUPPORTED_PROTOCOL: return "there is no version of TLS that both sides speak: 1.2 or 1.3 is needed";
      case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
      case SSL_R_NO_APPLICATION_PROTOCOL: return "the two sides have no protocol in common: HTTP/1.1 is needed";
      default: break;
    }
    const char* reason = ERR_reason_error_string(static_cast<unsigned long>(value));
    return reason != nullptr ? str("TLS: ", reason) : str("TLS: error ", value);
  }
};

#pragma GCC diagnostic pop

const TlsCategory tls_category;

}  // namespace

boost::system::error_code tls_error() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (code == 0) return boost::asio::error::connection_reset;
  return {static_cast<int>(code & 0x7fffffffU), tls_category};
}

SslPtr server_session(const TlsServer& server, Verification& verification) {
  SslPtr ssl(SSL_new(server.state().context.get()));
  if (!ssl) return nullptr;
  SSL_set_app_data(ssl.get(), &verification);
  SSL_set_accept_state(ssl.get());
  return ssl;
}

SslPtr client_session(const TlsClient& client, const std::string& host, Verification& verification) {
  SslPtr ssl(SSL_new(client.state().context.get()));
  if (!ssl) return nullptr;
  const TlsClientOptions& options = client.state().options;
  verification.authority_hash = options.authority_hash;
  verification.wanted = options.server_name.empty() ? host : options.server_name;
  SSL_set_app_data(ssl.get(), &verification);
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl.get());
  bool good = true;
  if (is_address(verification.wanted)) {
    good = X509_VERIFY_PARAM_set1_ip_asc(rules, verification.wanted.c_str()) == 1;
  } else {
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    good =
        X509_VERIFY_PARAM_set1_host(rules, verification.wanted.data(), verification.wanted.size()) == 1 &&
        SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, verification.wanted.data()) == 1;
  }
  if (!good) return nullptr;
  SSL_set_connect_state(ssl.get());
  return ssl;
}

TlsServer::TlsServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsServer::~TlsServer() = default;

Result<std::shared_ptr<TlsServer>> TlsServer::make(const TlsServerOptions& options) {
  TRY(ContextPtr context, server_context(options));
  return std::shared_ptr<TlsServer>(new TlsServer(std::make_unique<State>(State{std::move(context)})));
}

Status TlsServer::reload(const TlsServerOptions& options) {
  TRY(state_->context, server_context(options));
  return {};
}

TlsClient::TlsClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsClient::~TlsClient() = default;

Result<std::shared_ptr<TlsClient>> TlsClient::make(TlsClientOptions options) {
  TRY(ContextPtr context, client_context(options));
  return std::shared_ptr<TlsClient>(
      new TlsClient(std::make_unique<State>(State{std::move(options), std::move(context)})));
}

Status TlsClient::reload(TlsClientOptions options) {
  TRY(ContextPtr context, client_context(options));
  state_ = std::make_unique<State>(State{std::move(options), std::move(context)});
  return {};
}

}  // namespace muster::http
