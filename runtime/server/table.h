// meta.k8s.io/v1 Table: what `kubectl get` and `muster get` print.
#pragma once

#include <string>
#include <vector>

#include "api/types/kinds.h"

namespace muster::server {

enum class RowObject { none, metadata, object };
// "None", "Metadata" (also empty), "Object".
RowObject row_object(std::string_view include_object);

// `list_metadata` is the JSON of the list's metadata object. Rows in the given order.
std::string table_json(const Kind& kind, const std::vector<ObjectPtr>& objects, const std::string& list_metadata,
                       RowObject form, Time now);
// apiVersion, kind and metadata alone.
std::string metadata_json(const Object& object);

}  // namespace muster::server
