// The description of the kinds as JSON schemas with Kubernetes' extensions.
//
// References between schemas are written as the bare name ({"$ref":"dev.muster.v1beta1.ServiceSpec"}); the document
// that they become part of says where they are (see place_references).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "api/openapi/served.h"
#include "api/schema/node.h"

namespace muster::openapi {

// By name; in order of the names, so that a document is the same whenever it is made.
using Schemas = std::map<std::string, Node>;

// The schemas of the kinds of one group version, of their lists, and of all they refer to.
Schemas schemas_of(const GroupVersion& group_version);

// "dev.muster.v1beta1.Service", "io.k8s.api.core.v1.Namespace": the name under which clients expect it.
std::string schema_name(const GroupVersion& group_version, std::string_view type);
// The schema of a kind, and "...List".
std::string schema_name(const Kind& kind);
// "io.k8s.apimachinery.pkg.apis.meta.v1.Status"
std::string meta_schema_name(std::string_view type);

// Puts the prefix ("#/components/schemas/") before every reference in the tree.
void place_references(Node& node, std::string_view prefix);

}  // namespace muster::openapi
