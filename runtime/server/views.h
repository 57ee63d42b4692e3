// The one place where the server tells views (api/projection) from kinds that are stored: which kind a call is about in
// the store, and what is shown of an object.
#pragma once

#include "api/projection/projection.h"
#include "runtime/server/call.h"

namespace muster::server {

inline bool is_view(const Kind& kind) {
  return kind.source != nullptr;
}
// The kind under which the call's objects are stored.
inline const Kind& stored_kind(const Call& call) {
  return is_view(*call.kind) ? call.kind->source() : *call.kind;
}
// What the call shows of a stored object; null when the object is null or has no such view now.
ObjectPtr shown(const Call& call, const State& state, const ObjectPtr& stored);
// The same for the names and uids in an error's text, which speaks of what is stored.
Error about_view(const Call& call, Error error);

// Code::not_allowed when the call's kind does not serve the verb; of a view with the sentence that names the real kind.
Status check_serves(const Call& call, std::string_view verb);
// Code::not_found as Kubernetes says it.
Error not_found(const Call& call);

}  // namespace muster::server
