// A channel that comes to nothing: it only tells why.
#pragma once

#include <functional>
#include <memory>

#include "runtime/base/loop.h"
#include "runtime/drivers/base/driver.h"

namespace muster::drivers {

// `on_end` is called from the loop, unless the channel is dropped before.
std::unique_ptr<Channel> refused_channel(Loop& loop, Error error, std::function<void(Result<int>)> on_end);

}  // namespace muster::drivers
