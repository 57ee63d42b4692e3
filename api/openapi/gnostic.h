// OpenAPI version 2 as the protobuf message openapi.v2.Document of gnostic, which is all that kubectl and Argo CD take.
#pragma once

#include <string>

#include "api/schema/node.h"

namespace muster::openapi {

// `document` is what v2_document() made; a member that the message has no place for is a programmer's error.
std::string write_gnostic(const Node& document);

}  // namespace muster::openapi
