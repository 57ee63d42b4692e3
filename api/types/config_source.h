// What a container takes from Secrets and ConfigMaps of its namespace: variables and files.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

enum class ConfigKind { secret, config_map };

// One Secret or ConfigMap, in the namespace of whoever refers to it.
struct ConfigReference {
  ConfigKind kind = ConfigKind::secret;
  std::string name;
  auto operator<=>(const ConfigReference&) const = default;
};
// "secret/db", "configmap/web": as people name objects on the command line.
std::string config_text(const ConfigReference& reference);
std::optional<ConfigReference> parse_config_text(std::string_view text);

struct ConfigKey {
  ConfigReference object;
  std::string key;
  auto operator<=>(const ConfigKey&) const = default;
};
// "NAME:KEY" (an object of the kind `otherwise`), "secret/NAME:KEY", "configmap/NAME:KEY".
std::optional<ConfigKey> parse_config_key(std::string_view text, ConfigKind otherwise);
bool is_config_value(std::string_view text);

// ECS: Secret.
struct SecretVariable {
  std::string name;
  std::string value_from;
  bool operator==(const SecretVariable&) const = default;
};

// ECS: EnvironmentFile, with other places than S3.
struct EnvironmentFile {
  ConfigKind type = ConfigKind::secret;
  std::string value;  // "NAME:KEY"
  bool operator==(const EnvironmentFile&) const = default;
};

// Kubernetes: SecretEnvSource and ConfigMapEnvSource.
struct ConfigObject {
  std::string name;
  bool optional = false;
  bool operator==(const ConfigObject&) const = default;
};
// Kubernetes: EnvFromSource.
struct EnvironmentSource {
  std::string prefix;
  std::optional<ConfigObject> secret_ref, config_map_ref;  // exactly one
  bool operator==(const EnvironmentSource&) const = default;
};

// Kubernetes: KeyToPath, with the mode as text: octal in YAML, decimal in JSON is nobody's friend.
struct ConfigFile {
  std::string key;
  std::string path;  // relative
  std::string mode;  // empty: that of all
  bool operator==(const ConfigFile&) const = default;
};
// Values as files, read-only, the way they were when the container was made.
struct ConfigMount {
  std::string container_path;
  std::optional<ConfigObject> secret_ref, config_map_ref;  // exactly one
  std::string key;                                         // container_path is this one value's file
  std::vector<ConfigFile> items;                           // else these, or all, in the directory container_path
  std::string mode = "0400";
  std::string owner;  // "uid" or "uid:gid"; empty: the container's user, if that is a number, else root
  bool operator==(const ConfigMount&) const = default;
};

template <class Source>
ConfigReference reference_of(const Source& source) {
  if (source.secret_ref) return {ConfigKind::secret, source.secret_ref->name};
  return {ConfigKind::config_map, source.config_map_ref ? source.config_map_ref->name : std::string()};
}
template <class Source>
bool is_optional(const Source& source) {
  return source.secret_ref ? source.secret_ref->optional : source.config_map_ref && source.config_map_ref->optional;
}

// Three or four octal digits of the nine permissions.
bool is_file_mode(std::string_view text);
std::optional<std::uint32_t> parse_file_mode(std::string_view text);
// Relative, at most 1024 bytes, without empty parts, "." and "..".
bool is_file_path(std::string_view text);
struct FileOwner {
  std::uint32_t user = 0, group = 0;
  bool operator==(const FileOwner&) const = default;
};
// "uid" (its group has the same number) or "uid:gid".
bool is_file_owner(std::string_view text);
std::optional<FileOwner> parse_file_owner(std::string_view text);

}  // namespace muster
