// Makes client connections: looks the name up and tries its addresses one after the other.
#pragma once

#include <functional>
#include <memory>

#include "api/base/error.h"
#include "api/base/time.h"
#include "runtime/http/address.h"
#include "runtime/http/io_loop.h"
#include "runtime/http/tls.h"
#include "runtime/http/transport.h"

namespace muster::http {

// One attempt; dropping it gives it up without a callback.
class Connecting {
 public:
  using Done = std::function<void(Result<std::unique_ptr<Transport>>)>;
  virtual ~Connecting() = default;
};

// `done` is called from the loop, never from inside the call. An encrypted base needs `tls`, and the
// time is for the handshake as well.
std::unique_ptr<Connecting> connect_to(IoLoop& loop, const Base& base, std::shared_ptr<const TlsClient> tls,
                                       Duration timeout, Connecting::Done done);

}  // namespace muster::http
