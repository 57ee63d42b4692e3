// The client's way from a request to a connection of its own. For this folder only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/http/address.h"
#include "runtime/http/byte_stream.h"
#include "runtime/http/tls.h"

namespace muster::http {

// Connects, sends the request and waits for 101. `done` is called once, from the loop.
void take_connection(IoLoop& loop, const Base& base, std::shared_ptr<const TlsClient> tls, std::string request,
                     Duration timeout, ByteStreamOptions options,
                     std::function<void(Result<std::shared_ptr<ByteStream>>)> done);

}  // namespace muster::http
