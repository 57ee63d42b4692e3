// Request bodies that typed clients of Kubernetes send as protocol buffers, as the tree that their JSON would give.
#pragma once

#include <string_view>

#include "api/base/error.h"
#include "api/schema/node.h"

namespace muster::protobuf {

inline constexpr std::string_view media_type = "application/vnd.kubernetes.protobuf";

// An enveloped object ("k8s" and a zero byte first) of one of Kubernetes' own kinds; apiVersion and kind stand first in
// the result. Fields that are not known are skipped. Code::unsupported when the kind is not served in this form,
// Code::too_large beyond the limits of documents, Code::malformed otherwise; no message quotes a value.
Result<Node> decode(std::string_view body);

}  // namespace muster::protobuf
