// The Link over a server's HTTP address.
#pragma once

#include <memory>

#include "runtime/agent/link.h"
#include "runtime/http/client.h"

namespace muster::agent {

// Agents of one process share the client and its loop. `headers` go with every request.
std::unique_ptr<Link> web_socket_link(std::shared_ptr<http::Client> client, http::Headers headers);

}  // namespace muster::agent
