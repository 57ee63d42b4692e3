// The user's end of exec and attach over a WebSocket: the subprotocols v5.channel.k8s.io and v4.channel.k8s.io.
#pragma once

#include <memory>
#include <string_view>

#include "runtime/http/web_socket.h"
#include "runtime/server/user_end.h"

namespace muster::server {

std::unique_ptr<UserEnd> channel_end(std::shared_ptr<http::WebSocket> socket);

}  // namespace muster::server
