// The seam between RemoteObjects and HTTP: tests put a scripted server behind it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/client/config.h"
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

// With the certificates and the token of the target. The loop must outlive it.
Result<std::unique_ptr<Transport>> make_http_transport(http::IoLoop& loop, const Target& target);

}  // namespace muster::client
