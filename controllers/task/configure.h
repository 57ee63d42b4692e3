// What a container takes from Secrets and ConfigMaps: their contents in, variables and files out. Nothing is kept.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "api/base/error.h"
#include "controllers/task/desired.h"

namespace muster::task {

// One Secret or ConfigMap, its values as they are.
struct ConfigContents {
  std::string uid;
  std::int64_t resource_version = 0;
  std::map<std::string, std::string, std::less<>> texts;     // all of a Secret
  std::map<std::string, std::string, std::less<>> binaries;  // binaryData of a ConfigMap: never variables
  bool operator==(const ConfigContents&) const = default;
};
// Of the task's namespace; null when there is none.
using FindConfig = std::function<const ConfigContents*(const ConfigReference& reference)>;

struct ConfigVariable {
  std::string name, value;
  bool secret = false;  // from a Secret
  bool operator==(const ConfigVariable&) const = default;
};
struct ConfigFileContents {
  std::string path;  // below the mount's place; empty: the mount is this one file
  std::string contents;
  std::uint32_t mode = 0;
  bool operator==(const ConfigFileContents&) const = default;
};
struct ConfigMountContents {
  std::string container_path;
  bool secret = false;
  FileOwner owner;
  std::vector<ConfigFileContents> files;
  bool operator==(const ConfigMountContents&) const = default;
};
struct Configured {
  std::vector<ConfigVariable> imported;  // of envFrom and environmentFiles: weaker than the definition's environment
  std::vector<ConfigVariable> secrets;   // beside the definition's environment
  std::vector<ConfigMountContents> mounts;
  std::vector<ConfigVariable> log_options;  // of logConfiguration.secretOptions
  bool operator==(const Configured&) const = default;
};

// What a Secret named by repositoryCredentials has: Docker's configuration, or a name and a password.
inline constexpr std::string_view registry_config_key = ".dockerconfigjson";
inline constexpr std::string_view registry_username_key = "username";
inline constexpr std::string_view registry_password_key = "password";

// Fails with "ResourceInitializationError: " and the name of the object, and key, that is missing or cannot be used; a
// text never holds a value. The definition must be known and have the container.
Result<Configured> configure(const DesiredTask& desired, const std::string& container, const FindConfig& find);

// The lines of an environment file, as ECS's agent reads them: NAME=VALUE as it stands; a line that begins with #, has
// no '=', or has nothing on one side of it, does not count. Of equal names the last one holds.
std::vector<std::pair<std::string, std::string>> parse_environment_file(std::string_view text);

}  // namespace muster::task
