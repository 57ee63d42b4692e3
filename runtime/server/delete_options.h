// metav1.DeleteOptions, from the query and from the body.
#pragma once

#include <optional>
#include <string>

#include "api/admission/admission.h"
#include "runtime/server/call.h"

namespace muster::server {

struct DeleteOptions {
  Propagation propagation = Propagation::background;
  std::int64_t expected_revision = 0;
  std::string expected_uid;
  bool dry_run = false;
};
// The body wins over the query. Code::malformed or invalid, naming the option.
Result<DeleteOptions> read_delete_options(const Call& call, const http::Request& request);
// Those inside a policy/v1 Eviction, as JSON or protobuf.
Result<DeleteOptions> read_eviction(const Call& call, const http::Request& request);

}  // namespace muster::server
