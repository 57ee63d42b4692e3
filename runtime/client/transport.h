// The seam between RemoteObjects and HTTP: tests put a scripted server behind it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/http/client.h"

namespace muster::client {

// As http::Client has it, on one loop.
class Transport {
 public:
  virtual ~Transport() = default;
  // No callback runs after the transport has gone.
  virtual void send(http::Request request, Duration timeout, std::function<void(Result<http::Response>)> done) = 0;
  virtual std::unique_ptr<http::Call> stream(http::Request request, Duration head_timeout,
                                             http::StreamCallbacks callbacks) = 0;
};

// `server`: "http://127.0.0.1:8700" or "unix:///run/muster.sock". The loop must outlive it.
std::unique_ptr<Transport> make_http_transport(http::IoLoop& loop, const std::string& server);

}  // namespace muster::client
