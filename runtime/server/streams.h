// Containers' logs: the agent is asked to dial a stream, and what it then sends is copied to the reader.
#pragma once

#include <memory>

#include "runtime/http/server.h"
#include "runtime/server/call.h"
#include "runtime/server/dials.h"
#include "runtime/store/objects.h"

namespace muster::server {

// All on the server's loop.
class Streams {
 public:
  // All must outlive this.
  Streams(store::Objects& objects, Dials& dials, Loop& loop) : objects_(objects), dials_(dials), loop_(loop) {}

  // GET .../tasks/NAME/log?container=&follow=&tailLines=&sinceSeconds=&sinceTime=&timestamps=&limitBytes=, and the same
  // of a pod, which is the task of its name. &previous= finds nothing.
  void log(const Call& call, const std::shared_ptr<http::Exchange>& exchange);

 private:
  store::Objects& objects_;
  Dials& dials_;
  Loop& loop_;
};

}  // namespace muster::server
