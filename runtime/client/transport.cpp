#include "runtime/client/transport.h"

#include <utility>

#include "api/base/text.h"

namespace muster::client {
namespace {

class HttpTransport final : public Transport {
 public:
  HttpTransport(http::IoLoop& loop, const Target& target, http::ClientOptions options)
      : client_(loop, target.server, std::move(options)) {
    // A token in the clear would be anybody's.
    if (!target.token.empty() && !target.server.starts_with("http://")) authorization_ = "Bearer " + target.token;
  }
  void send(http::Request request, Duration timeout, std::function<void(Result<http::Response>)> done) override {
    identify(request);
    client_.send(std::move(request), timeout, std::move(done));
  }
  std::unique_ptr<http::Call> stream(http::Request request, Duration head_timeout,
                                     http::StreamCallbacks callbacks) override {
    identify(request);
    return client_.stream(std::move(request), head_timeout, std::move(callbacks));
  }

 private:
  void identify(http::Request& request) const {
    if (!authorization_.empty()) request.headers.emplace_back("Authorization", authorization_);
  }

  http::Client client_;
  std::string authorization_;
};

}  // namespace

Result<std::unique_ptr<Transport>> make_http_transport(http::IoLoop& loop, const Target& target) {
  http::ClientOptions options;
  if (target.server.starts_with("https://")) {
    auto tls = http::TlsClient::make(target.tls);
    if (!tls.ok()) return std::move(tls).error().under(str("server ", target.server));
    options.tls = std::move(tls).value();
  }
  return std::unique_ptr<Transport>(std::make_unique<HttpTransport>(loop, target, std::move(options)));
}

}  // namespace muster::client
