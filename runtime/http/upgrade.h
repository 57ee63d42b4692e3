// The server's side of the way from a request to a WebSocket or to another protocol.
#pragma once

#include <memory>
#include <string_view>

#include "runtime/http/byte_stream.h"
#include "runtime/http/message.h"
#include "runtime/http/web_socket.h"

namespace muster::http {

class Connection;

bool is_upgrade(const Request& request);
// Takes the connection over. Null when it has ended.
std::shared_ptr<WebSocket> accept_upgrade(Connection& connection, const Request& request, std::string_view subprotocol);
// The same for any protocol: answers 101 with these headers.
std::shared_ptr<ByteStream> take_connection_over(Connection& connection, const Headers& headers);

}  // namespace muster::http
