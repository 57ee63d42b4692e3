// The rules of what a container takes from Secrets and ConfigMaps.
#include <algorithm>
#include <set>

#include "api/base/text.h"
#include "api/types/checks.h"

namespace muster {
namespace {

template <class Source>
void check_source(const Source& source, const Findings& at) {
  if (source.secret_ref && source.config_map_ref) {
    at.forbidden("configMapRef", "may not be used together with secretRef");
  } else if (!source.secret_ref && !source.config_map_ref) {
    at.required("secretRef", "one of secretRef and configMapRef");
  }
}

void check_mount(const ConfigMount& mount, const Findings& at) {
  check_source(mount, at);
  if (!mount.key.empty() && !mount.items.empty()) at.forbidden("items", "may not be used together with key");
  std::set<std::string_view> paths;
  for (std::size_t i = 0; i < mount.items.size(); ++i) {
    const ConfigFile& item = mount.items[i];
    const std::string& path = item.path.empty() ? item.key : item.path;
    if (!paths.insert(path).second) at.under("items", i).duplicate("path", path);
  }
  for (const std::string_view path : paths) {
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      if (paths.contains(path.substr(0, slash))) at.invalid("items", path, "lies below a path that is a file");
    }
  }
}

// Without slashes at the end, and each one once.
std::string tidy(std::string_view path) {
  std::string out;
  for (const std::string_view part : split(path, '/')) {
    if (!part.empty() && part != ".") out += str('/', part);
  }
  return out;
}

// A read-only directory has no place for another mount.
void check_places(const ContainerDefinition& container, const Findings& at) {
  std::vector<std::string> taken;
  for (const ConfigMount& mount : container.config_files) taken.push_back(tidy(mount.container_path));
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const auto overlaps = [&](const std::string& other) {
      return other == taken[i] || taken[i].starts_with(other + '/');
    };
    for (std::size_t j = 0; j < taken.size(); ++j) {
      if (j == i || !overlaps(taken[j]) || (taken[j] == taken[i] && j > i)) continue;
      at.under("configFiles", i)
          .invalid("containerPath", container.config_files[i].container_path,
                   str("is, or lies below, ", taken[j], ", which other files are mounted on"));
    }
    if (!container.linux_parameters) continue;
    for (const Tmpfs& tmpfs : container.linux_parameters->tmpfs) {
      if (tidy(tmpfs.container_path) != taken[i]) continue;
      at.under("configFiles", i)
          .invalid("containerPath", container.config_files[i].container_path, "is a tmpfs of the container");
    }
  }
}

}  // namespace

void check_config_sources(const ContainerDefinition& container, const Findings& at) {
  if (container.log_configuration) {
    const LogConfiguration& log = *container.log_configuration;
    for (std::size_t i = 0; i < log.secret_options.size(); ++i) {
      const std::string& name = log.secret_options[i].name;
      if (!log.options.contains(name)) continue;
      at.under("logConfiguration").under("secretOptions", i).invalid("name", name, "is in options too");
    }
  }
  for (std::size_t i = 0; i < container.secrets.size(); ++i) {
    const std::string& name = container.secrets[i].name;
    if (std::ranges::find(container.environment, name, &KeyValuePair::name) != container.environment.end()) {
      at.under("secrets", i).invalid("name", name, "is in environment too: a variable has one value");
    }
  }
  for (std::size_t i = 0; i < container.environment_from.size(); ++i) {
    check_source(container.environment_from[i], at.under("envFrom", i));
  }
  for (std::size_t i = 0; i < container.config_files.size(); ++i) {
    check_mount(container.config_files[i], at.under("configFiles", i));
  }
  check_places(container, at);
}

}  // namespace muster
