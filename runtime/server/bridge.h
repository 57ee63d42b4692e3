// Joins a user's end of a stream with the agent that serves it. Bounded both ways: who is read faster than the other
// takes it has to wait. It ends when either end does, or when nothing has moved for hours.
#pragma once

#include <memory>
#include <string>

#include "api/protocol/frames.h"
#include "runtime/base/loop.h"
#include "runtime/server/dials.h"
#include "runtime/server/user_end.h"

namespace muster::server {

// Lives by itself until the stream has ended. Errors from here on are told to the user's end.
void join(Loop& loop, Dials& dials, const std::string& instance, protocol::Open open, std::unique_ptr<UserEnd> user,
          std::shared_ptr<void> held);

}  // namespace muster::server
