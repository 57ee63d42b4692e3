// The beginning of a cache: lists all kinds, page by page. The lists are of different revisions; what happened between
// the first and the last of them is read from the feed of commits before the result is used.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "api/state/state.h"
#include "runtime/client/transport.h"

namespace muster::client {

struct Filled {
  State state;                       // no state the server ever had, until the feed has passed `newest`
  std::vector<std::int64_t> listed;  // by position of the kind: the revision of its list
  std::int64_t oldest = 0, newest = 0;
};

// On the transport's loop. Dropped, it calls back no more.
class Fill {
 public:
  Fill(Transport& transport, std::size_t page, Duration timeout, std::function<void(Result<Filled>)> done);
  ~Fill();
  Fill(const Fill&) = delete;
  Fill& operator=(const Fill&) = delete;

  // Code::gone when a list took so long that its snapshot is not kept any more: begin again.
  void start();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace muster::client
