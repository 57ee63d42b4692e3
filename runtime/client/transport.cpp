#include "runtime/client/transport.h"

#include <utility>

namespace muster::client {
namespace {

class HttpTransport final : public Transport {
 public:
  HttpTransport(http::IoLoop& loop, const std::string& server) : client_(loop, server, http::ClientOptions{}) {}
  void send(http::Request request, Duration timeout, std::function<void(Result<http::Response>)> done) override {
    client_.send(std::move(request), timeout, std::move(done));
  }
  std::unique_ptr<http::Call> stream(http::Request request, Duration head_timeout,
                                     http::StreamCallbacks callbacks) override {
    return client_.stream(std::move(request), head_timeout, std::move(callbacks));
  }

 private:
  http::Client client_;
};

}  // namespace

std::unique_ptr<Transport> make_http_transport(http::IoLoop& loop, const std::string& server) {
  return std::make_unique<HttpTransport>(loop, server);
}

}  // namespace muster::client
