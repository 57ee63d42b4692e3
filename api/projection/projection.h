// Views: kinds of Kubernetes whose objects are made from ours when somebody reads them, and never stored. A view has
// namespace, name, times and resourceVersion of its source, so that lists, watches and pages of it are those of the
// source. Pure.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/state/state.h"

namespace muster::projection {

// The view of the object in this state, or null when it has none now. `source` must be of the view's source kind.
std::shared_ptr<Object> project(const Kind& view, const State& state, const Object& source);

// Whether a view can change without its source: what else it is made of is then found by `follow`.
bool follows_others(const Kind& view);
// What the changes, in this order, are as changes of the view. Each has the revision of the change it comes from, and
// so has the newer of its objects. `state` is the one before the changes for a view that follows others, which then
// leaves out what changes nothing in it; for other views it is the newest.
struct ViewChange {
  Change change;
  std::int64_t revision = 0;
};
std::vector<ViewChange> follow(const Kind& view, State state, const std::vector<Change>& changes,
                               const std::vector<std::int64_t>& revisions);

// The uid of a view of that object: never the object's own, and told from it by nothing but its first digit.
std::string uid_of(const Kind& view, std::string_view source_uid);
// The other way round. A text that is no uid of a view comes back as it is.
std::string source_uid(const Kind& view, std::string_view uid);

}  // namespace muster::projection
