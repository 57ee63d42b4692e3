#include "runtime/server/views.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/types/custom_resource.h"

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

Status check_serves(const Call& call, std::string_view verb) {
  if (call.kind->verbs.empty() || std::ranges::find(call.kind->verbs, verb) != call.kind->verbs.end()) return {};
  if (is_view(*call.kind) || call.kind == &kind_of<CustomResourceDefinition>())
    return Error{Code::not_allowed, view_sentence(*call.kind), {}};
  return Error{Code::not_allowed, str(verb, " is not served for ", call.kind->resource()), {}};
}

Error not_found(const Call& call) {
  return Error{Code::not_found, str(call.kind->resource(), " \"", call.name, "\" not found"), {}};
}

}  // namespace muster::server
