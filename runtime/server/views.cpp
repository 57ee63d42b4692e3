#include "runtime/server/views.h"

#include <algorithm>

#include "api/base/text.h"

namespace muster::server {

ObjectPtr shown(const Call& call, const State& state, const ObjectPtr& stored) {
  if (stored == nullptr || stored->kind == call.kind || !is_view(*call.kind)) return stored;
  return projection::project(*call.kind, state, *stored);
}

Error about_view(const Call& call, Error error) {
  if (!is_view(*call.kind)) return error;
  const std::string ours = call.kind->source().resource() + " \"";
  if (const auto at = error.message.find(ours); at != std::string::npos)
    error.message.replace(at, ours.size(), call.kind->resource() + " \"");
  return error;
}

Status check_view_serves(const Call& call, std::string_view verb) {
  if (!is_view(*call.kind) || std::ranges::find(call.kind->verbs, verb) != call.kind->verbs.end()) return {};
  return Error{Code::not_allowed, view_sentence(*call.kind), {}};
}

Error not_found(const Call& call) {
  return Error{Code::not_found, str(call.kind->resource(), " \"", call.name, "\" not found"), {}};
}

}  // namespace muster::server
