// The description of a whole kind: what api/schema/describe.h makes of its members, between apiVersion and kind.
#pragma once

#include <utility>

#include "api/schema/describe.h"

namespace muster {

template <class T, auto... Pointers>
Type kind_object(std::string_view name, std::string_view doc, describe_detail::FieldBuilder<Pointers>... builders) {
  return object<T>(name, doc,
                   unstored_field("apiVersion", "The group and version of the API that the kind belongs to."),
                   unstored_field("kind", "The kind of the object."), std::move(builders)...);
}

}  // namespace muster
