#include "runtime/cmd/metrics_endpoint.h"

#include <algorithm>
#include <utility>

#include "api/access/attributes.h"
#include "api/base/text.h"
#include "runtime/server/server.h"
#include "runtime/server/status.h"

namespace muster::cmd {
namespace {

// Nothing when the request may read figures.
std::optional<http::Response> refusal(const http::Exchange& exchange) {
  const auto peer = exchange.tls();
  if (peer == nullptr) {
    // Another site's page in a browser must not read them under a name of its own.
    if (exchange.peer() == "unix" || server::loopback_host(http::header(exchange.request().headers, "Host"))) return {};
    return server::text_response(403, "the Host header must name a loopback address\n");
  }
  if (!peer->certificate)
    return server::text_response(401, "show a certificate of the cluster's authority: DATA-DIR/monitoring\n");
  if (!peer->problem.empty()) return server::text_response(401, peer->problem + "\n");
  const auto& groups = peer->certificate->subject.groups;
  const bool may = std::any_of(groups.begin(), groups.end(), [](const std::string& group) {
    return group == access::monitoring_group || group == access::masters_group;
  });
  if (may) return {};
  return server::text_response(403, str("user \"", peer->certificate->subject.name, "\" is not in the group ",
                                        access::monitoring_group, ", which may read /metrics\n"));
}

}  // namespace

Result<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::open(http::IoLoop& loop, const std::string& address,
                                                               const std::optional<http::TlsServerOptions>& tls,
                                                               Pages pages) {
  if (!tls && !server::loopback_address(address)) {
    return Error{Code::invalid,
                 str(address,
                     ": without TLS figures are served on a loopback address only; an agent that has joined a server "
                     "at https:// serves them over TLS"),
                 {}};
  }
  std::unique_ptr<MetricsEndpoint> endpoint(new MetricsEndpoint());
  if (tls) {
    TRY(endpoint->tls_, http::TlsServer::make(*tls));
  }
  endpoint->server_ = std::make_unique<http::Server>(
      loop, http::ServerOptions{}, [pages = std::move(pages)](const std::shared_ptr<http::Exchange>& exchange) {
        const std::string_view target = exchange->request().target;
        if (target == "/livez" || target == "/healthz") return exchange->respond(server::text_response(200, "ok"));
        const auto page = pages.find(target);
        if (page == pages.end()) {
          std::string known = "there are /livez";
          for (const auto& [path, text] : pages) known += ' ' + path;
          return exchange->respond(server::text_response(404, known + '\n'));
        }
        if (auto refused = refusal(*exchange)) return exchange->respond(std::move(*refused));
        http::Response response = server::text_response(200, page->second());
        response.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
        exchange->respond(std::move(response));
      });
  TRY(const std::string bound, endpoint->server_->listen(address, endpoint->tls_));
  endpoint->url_ = str(tls ? "https://" : "http://", bound, "/metrics");
  return endpoint;
}

Status MetricsEndpoint::reload(const http::TlsServerOptions& tls) {
  return tls_ == nullptr ? Status() : tls_->reload(tls);
}

}  // namespace muster::cmd
