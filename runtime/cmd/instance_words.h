// How verbs about container instances are told which.
#pragma once

#include <string>
#include <vector>

#include "runtime/cmd/client_verb.h"

namespace muster::cmd {

// "host-1", "containerinstance/host-1", "ci/host-1". At least one; Code::malformed with a hint otherwise.
Result<std::vector<std::string>> instance_names(const std::vector<std::string>& words);
// Applies a merge patch.
Status patch_instance(Session& session, const std::string& name, const std::string& patch);

}  // namespace muster::cmd
