// What a Secret that a definition names by repositoryCredentials says to a registry.
#pragma once

#include <string>

#include "api/base/error.h"
#include "controllers/task/configure.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

// Docker's configuration, of which the entry for the registry counts, or a name and a password. Code::invalid when it
// has neither, or nothing for this registry; no error names a value.
Result<drivers::RegistryAuth> auth_in_secret(const task::ConfigContents& secret, const std::string& registry);

}  // namespace muster::agent
