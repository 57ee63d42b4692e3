// What an agent's process serves by itself: pages for Prometheus, and /livez. Over TLS, where it is asked for a
// certificate of the cluster's authority and the group system:monitoring; without TLS on loopback only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "runtime/http/server.h"

namespace muster::cmd {

// All on the loop.
class MetricsEndpoint {
 public:
  // A page's text by its path: "/metrics" and what is below it.
  using Pages = std::map<std::string, std::function<std::string()>, std::less<>>;
  // Without `tls` Code::invalid for an address that is not this machine's own.
  static Result<std::unique_ptr<MetricsEndpoint>> open(http::IoLoop& loop, const std::string& address,
                                                       const std::optional<http::TlsServerOptions>& tls, Pages pages);
  // For connections from now on; nothing without TLS.
  Status reload(const http::TlsServerOptions& tls);
  // "https://127.0.0.1:41000/metrics"
  const std::string& url() const { return url_; }

 private:
  MetricsEndpoint() = default;
  std::string url_;
  std::shared_ptr<http::TlsServer> tls_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace muster::cmd
