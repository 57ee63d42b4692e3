// Streams that agents are asked to dial: each waits here, under an id that nobody can guess, until its agent comes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "runtime/base/random.h"
#include "runtime/http/server.h"
#include "runtime/server/agents.h"
#include "runtime/server/call.h"

namespace muster::server {

// All on the server's loop.
class Dials {
 public:
  using Dialed = std::function<void(Result<std::shared_ptr<http::WebSocket>>)>;

  // All must outlive this.
  Dials(AgentHub& agents, Loop& loop, Random& random) : agents_(agents), loop_(loop), random_(random) {}
  ~Dials();
  Dials(const Dials&) = delete;
  Dials& operator=(const Dials&) = delete;

  // Asks the agent of the instance; the name of the stream is filled in here. `dialed` is called once and later, with
  // Code::timeout when the agent does not come. Answers the stream's id, for cancel().
  Result<std::string> ask(const std::string& instance, protocol::Open open, Dialed dialed);
  // Nobody waits for it any more.
  void cancel(const std::string& id);
  // GET .../containerinstances/NAME/streams/ID, dialled by an agent.
  void accept(const Call& call, const std::shared_ptr<http::Exchange>& exchange);

 private:
  struct Pending {
    std::string instance;
    Dialed dialed;
    Loop::Timer timer = 0;
  };
  // Takes it out of the book; null when nobody waits.
  Dialed take(const std::string& id);

  AgentHub& agents_;
  Loop& loop_;
  Random& random_;
  std::map<std::string, Pending> pending_;  // by stream id
};

}  // namespace muster::server
