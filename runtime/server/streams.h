// Streams between a reader at the API and an agent: the agent is asked over its WebSocket to dial one, and what it then
// sends is copied to the reader. This release: container logs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "runtime/http/server.h"
#include "runtime/server/agents.h"
#include "runtime/server/call.h"

namespace muster::server {

// All on the server's loop.
class Streams {
 public:
  // All must outlive this.
  Streams(store::Objects& objects, AgentHub& agents, Loop& loop, Random& random)
      : objects_(objects), agents_(agents), loop_(loop), random_(random) {}
  ~Streams();

  // GET .../tasks/NAME/log?container=&follow=&tailLines=&sinceSeconds=&sinceTime=&timestamps=&limitBytes=, and the same
  // of a pod, which is the task of its name. &previous= finds nothing.
  void log(const Call& call, const std::shared_ptr<http::Exchange>& exchange);
  // GET .../containerinstances/NAME/streams/ID, dialled by an agent.
  void accept(const Call& call, const std::shared_ptr<http::Exchange>& exchange);

 private:
  struct Pending {
    std::shared_ptr<http::Exchange> reader;
    std::string instance;
    std::optional<std::int64_t> left;  // bytes that the reader wants; none: all
    bool follow = false;
    Loop::Timer timer = 0;
  };

  store::Objects& objects_;
  AgentHub& agents_;
  Loop& loop_;
  Random& random_;
  std::map<std::string, Pending> pending_;  // by stream id
};

}  // namespace muster::server
