// The OpenAPI documents of the API, made from the description of the kinds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/openapi/served.h"
#include "api/schema/node.h"

namespace muster::openapi {

// Version 3: one document for a group version. `version` is that of the server.
Node v3_document(const GroupVersion& group_version, std::string_view version);

// Of a document, for the index and for caches: changes whenever the document does.
std::string document_hash(std::string_view document);

struct IndexEntry {
  GroupVersion group_version;
  std::string hash;
};
// What /openapi/v3 answers.
Node v3_index(const std::vector<IndexEntry>& entries);

// Version 2: one document for everything.
Node v2_document(std::string_view version);

}  // namespace muster::openapi
