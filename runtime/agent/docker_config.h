// What Docker's client keeps in its config.json, and Kubernetes' Secrets of type kubernetes.io/dockerconfigjson hold:
// by what registries are told who pulls.
#pragma once

#include <string>
#include <string_view>

#include "api/base/error.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

// What a registry is called where credentials go with it: Docker's hub has a name of its own there.
std::string registry_address(const std::string& registry);

// Of the registry "127.0.0.1:5000" or "docker.io"; empty when the file knows nothing of it. No error names a value.
Result<drivers::RegistryAuth> auth_in_docker_config(std::string_view text, const std::string& registry);
// The same of a file, which is read anew each time: whoever changes it need not restart the agent.
Result<drivers::RegistryAuth> auth_in_docker_config_file(const std::string& path, const std::string& registry);

}  // namespace muster::agent
