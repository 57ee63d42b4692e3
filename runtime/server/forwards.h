// The user's ends of a port-forward: many connections to ports over one connection of the user's.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "runtime/base/loop.h"
#include "runtime/http/byte_stream.h"
#include "runtime/http/web_socket.h"
#include "runtime/server/user_end.h"

namespace muster::server {

// Called for each forwarded connection.
using OnForward = std::function<void(int port, std::unique_ptr<UserEnd> user)>;

// portforward.k8s.io over SPDY: for each connection a stream for errors and one for data, with the same requestid.
void forward_streams(Loop& loop, std::shared_ptr<http::ByteStream> bytes, OnForward on_forward);
// v4.channel.k8s.io and v5: for the port at index i channel 2i is data and 2i+1 errors; one connection to each.
void forward_channels(std::shared_ptr<http::WebSocket> socket, const std::vector<int>& ports,
                      const OnForward& on_forward);

}  // namespace muster::server
