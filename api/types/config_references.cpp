// Which Secrets and ConfigMaps a task takes values from.
#include <algorithm>

#include "api/types/task.h"

namespace muster {
namespace {

using References = std::vector<ConfigReference>;

void add(const std::vector<EnvironmentFile>& files, References& out) {
  for (const EnvironmentFile& file : files) {
    if (auto key = parse_config_key(file.value, file.type)) out.push_back(std::move(key->object));
  }
}

void add(const ContainerDefinition& container, References& out) {
  for (const SecretVariable& variable : container.secrets) {
    if (auto key = parse_config_key(variable.value_from, ConfigKind::secret)) out.push_back(std::move(key->object));
  }
  if (container.log_configuration) {
    for (const SecretVariable& option : container.log_configuration->secret_options) {
      if (auto key = parse_config_key(option.value_from, ConfigKind::secret)) out.push_back(std::move(key->object));
    }
  }
  for (const EnvironmentSource& source : container.environment_from) out.push_back(reference_of(source));
  for (const ConfigMount& mount : container.config_files) out.push_back(reference_of(mount));
}

References sorted(References references) {
  std::sort(references.begin(), references.end());
  references.erase(std::unique(references.begin(), references.end()), references.end());
  return references;
}

}  // namespace

bool has_config_references(const ContainerDefinition& container) {
  return !container.secrets.empty() || !container.environment_files.empty() || !container.environment_from.empty() ||
         !container.config_files.empty() || container.repository_credentials ||
         (container.log_configuration && !container.log_configuration->secret_options.empty());
}

ConfigReference reference_of(const RepositoryCredentials& credentials) {
  return {ConfigKind::secret, credentials.credentials_parameter};
}

std::vector<ConfigReference> config_references(const TaskDefinitionSpec& spec) {
  References out;
  for (const ContainerDefinition& container : spec.container_definitions) {
    add(container, out);
    add(container.environment_files, out);
  }
  return sorted(std::move(out));
}

std::vector<ConfigReference> config_references(const TaskDefinitionSpec& definition, const TaskOverride& overrides) {
  References out;
  for (const ContainerDefinition& container : definition.container_definitions) {
    add(container, out);
    if (container.repository_credentials) out.push_back(reference_of(*container.repository_credentials));
    const auto changed = std::ranges::find(overrides.container_overrides, container.name, &ContainerOverride::name);
    const bool replaced = changed != overrides.container_overrides.end() && !changed->environment_files.empty();
    add(replaced ? changed->environment_files : container.environment_files, out);
  }
  return sorted(std::move(out));
}

}  // namespace muster
