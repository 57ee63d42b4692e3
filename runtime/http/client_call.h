// One request of a client and where its answer goes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/base/loop.h"
#include "runtime/http/client.h"
#include "runtime/http/connector.h"

namespace muster::http {

class ClientConnection;

struct ClientCall {
  // The request's bytes, without the body.
  std::string head;
  std::shared_ptr<const std::string> body;
  bool head_only = false;   // to HEAD: the answer has no body whatever its fields say
  bool idempotent = false;  // may be sent again
  bool retried = false;
  bool streaming = false;

  std::function<void(Result<Response>)> done;  // of a whole answer
  StreamCallbacks callbacks;                   // of a streamed one

  Loop::Timer timer = 0;
  bool counted = false;   // holds one of the client's connections
  bool paused = false;    // nothing more is read
  bool finished = false;  // nothing more is reported
  std::shared_ptr<ClientConnection> connection;
  std::unique_ptr<Connecting> connecting;
};

// Answers false when the request cannot be sent as it is (a line end in a field, a space in the target).
bool encode_request(Request request, const std::string& authority, ClientCall& call);

}  // namespace muster::http
