// exec, attach and portforward of pods and of our tasks, as kubectl and the client libraries ask for them: by WebSocket
// (v5.channel.k8s.io, v4.channel.k8s.io, SPDY/3.1+portforward.k8s.io) and by SPDY/3.1.
#pragma once

#include <memory>
#include <string_view>

#include "runtime/http/server.h"
#include "runtime/server/bridge.h"
#include "runtime/server/call.h"
#include "runtime/server/dials.h"
#include "runtime/store/objects.h"

namespace muster::server {

// All on the server's loop.
class Tunnels {
 public:
  // All must outlive this.
  Tunnels(store::Objects& objects, AgentHub& agents, Dials& dials, Loop& loop)
      : objects_(objects), agents_(agents), dials_(dials), loop_(loop) {}

  static bool serves(std::string_view subresource) {
    return subresource == "exec" || subresource == "attach" || subresource == "portforward";
  }
  // What can be told before the connection changes its protocol is told as a Status; later errors go the protocol's
  // own way.
  void handle(const Call& call, const std::shared_ptr<http::Exchange>& exchange);

 private:
  Status check(const Call& call, const http::Exchange& exchange) const;
  void process(const Call& call, const std::shared_ptr<http::Exchange>& exchange);
  void forward(const Call& call, const std::shared_ptr<http::Exchange>& exchange);
  // Counts the streams that are open.
  std::shared_ptr<void> hold();

  store::Objects& objects_;
  AgentHub& agents_;
  Dials& dials_;
  Loop& loop_;
  std::shared_ptr<std::size_t> open_ = std::make_shared<std::size_t>(0);
};

}  // namespace muster::server
