// Node -> typed value, strictly: every finding at once, each with its field path and, where known, its line and column.
#pragma once

#include <string>
#include <vector>

#include "api/base/error.h"
#include "api/schema/node.h"
#include "api/schema/type.h"

namespace muster {

// What happens to a field the description does not know (Kubernetes' fieldValidation).
enum class Unknown { error, warn, ignore };

struct DecodeOptions {
  Unknown unknown = Unknown::error;
  // "web.yaml": put before the line in the messages; empty when the text came over the wire.
  std::string_view source;
};

struct Warning {
  std::string field;
  std::string message;
};

// Overwrites the value: fields that are absent or null take the defaults of the member initialisers. Checks types,
// ranges, patterns, enumerators, lengths, required fields and unique list keys. Code::malformed when the shape is wrong
// or a field is unknown, Code::invalid when only limits are broken; the causes name all findings (at most
// limits::causes). `warnings` may be null.
Status decode(const Node& node, const Type& type, void* value, const DecodeOptions& options,
              std::vector<Warning>* warnings);

template <class T>
const Type* type_of();

template <class T>
Result<T> decode(const Node& node, const DecodeOptions& options = {}) {
  T value{};
  TRY_VOID(decode(node, *type_of<T>(), &value, options, nullptr));
  return value;
}

// The rules of a description applied to a value that did not come from a text (limits, patterns, required).
// Appends to `causes`; `path` is the value's own path ("spec").
void validate(const Type& type, const void* value, const std::string& path, std::vector<Cause>& causes);

}  // namespace muster
