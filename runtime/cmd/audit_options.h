// --audit-log and its companions: what `server` and `dev` share.
#pragma once

#include <vector>

#include "runtime/cmd/server_process.h"
#include "runtime/cmd/verb.h"

namespace muster::cmd {

std::vector<Option> audit_options();
// Code::malformed names the option.
Status read_audit_options(const Arguments& arguments, ServerOptions& options);

}  // namespace muster::cmd
