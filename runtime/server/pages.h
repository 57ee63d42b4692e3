// Snapshots that unfinished lists still page over. A snapshot costs nothing but the objects replaced since it was
// taken.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "api/state/state.h"
#include "runtime/base/loop.h"

namespace muster::server {

// Where a list goes on: in which snapshot, after which object.
struct PageToken {
  std::int64_t revision = 0;
  std::string ns, name;
  std::optional<std::size_t> remaining;  // how many items are left after it; unset: not known
};
std::string write_page_token(const PageToken& token);
Result<PageToken> read_page_token(std::string_view text);

// On the server's loop only.
class Pages {
 public:
  explicit Pages(Loop& loop) : loop_(loop) {}
  // Keeps the snapshot for some minutes, the newest few dozen of them.
  void keep(const State& state);
  // Code::gone when it is kept no longer.
  Result<State> find(std::int64_t revision);

 private:
  struct Kept {
    State state;
    Duration until;
  };
  Loop& loop_;
  std::map<std::int64_t, Kept> kept_;
};

}  // namespace muster::server
