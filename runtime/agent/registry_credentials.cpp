#include "runtime/agent/registry_credentials.h"

#include "api/base/text.h"
#include "runtime/agent/docker_config.h"

namespace muster::agent {

Result<drivers::RegistryAuth> auth_in_secret(const task::ConfigContents& secret, const std::string& registry) {
  const auto& texts = secret.texts;
  if (const auto config = texts.find(task::registry_config_key); config != texts.end()) {
    TRY(drivers::RegistryAuth auth, auth_in_docker_config(config->second, registry));
    // Who names credentials does not want to be nobody.
    if (!auth.empty()) return auth;
    return Error{Code::invalid, str("it has no credentials for the registry ", registry), {}};
  }
  const auto name = texts.find(task::registry_username_key);
  const auto word = texts.find(task::registry_password_key);
  if (name == texts.end() || word == texts.end() || name->second.empty()) {
    return Error{Code::invalid,
                 str("it has neither ", task::registry_config_key, " nor ", task::registry_username_key, " and ",
                     task::registry_password_key),
                 {}};
  }
  drivers::RegistryAuth auth;
  auth.registry = registry_address(registry);
  auth.username = name->second;
  auth.password = word->second;
  return auth;
}

}  // namespace muster::agent
