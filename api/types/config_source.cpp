#include "api/types/config_source.h"

#include <algorithm>
#include <limits>

#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/types/patterns.h"

namespace muster {
namespace {

constexpr std::string_view secret_prefix = "secret/";
constexpr std::string_view config_map_prefix = "configmap/";
constexpr std::size_t path_bytes = 1024;
constexpr std::size_t most_items = 256;

std::optional<std::uint32_t> parse_id(std::string_view text) {
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max() - 1;  // the last one means "unchanged"
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto number = parse_int(text);
  if (!number || *number < 0 || *number > most) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

}  // namespace

std::string config_text(const ConfigReference& reference) {
  return str(reference.kind == ConfigKind::secret ? secret_prefix : config_map_prefix, reference.name);
}

std::optional<ConfigReference> parse_config_text(std::string_view text) {
  for (const auto& [prefix, kind] :
       {std::pair(secret_prefix, ConfigKind::secret), std::pair(config_map_prefix, ConfigKind::config_map)}) {
    if (!text.starts_with(prefix)) continue;
    const std::string_view name = text.substr(prefix.size());
    if (is_dns_subdomain(name)) return ConfigReference{kind, std::string(name)};
  }
  return std::nullopt;
}

std::optional<ConfigKey> parse_config_key(std::string_view text, ConfigKind otherwise) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_config_key(text.substr(colon + 1))) return std::nullopt;
  const std::string_view object = text.substr(0, colon);
  const std::string key(text.substr(colon + 1));
  if (is_dns_subdomain(object)) return ConfigKey{{otherwise, std::string(object)}, key};
  auto reference = parse_config_text(object);
  if (!reference) return std::nullopt;
  return ConfigKey{std::move(*reference), key};
}

bool is_config_value(std::string_view text) {
  return parse_config_key(text, ConfigKind::secret).has_value();
}

bool is_file_mode(std::string_view text) {
  return parse_file_mode(text).has_value();
}

std::optional<std::uint32_t> parse_file_mode(std::string_view text) {
  if (text.size() == 4 && text.front() == '0') text.remove_prefix(1);
  if (text.size() != 3) return std::nullopt;
  std::uint32_t mode = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '7') return std::nullopt;
    mode = mode * 8 + static_cast<std::uint32_t>(digit - '0');
  }
  return mode;
}

bool is_file_path(std::string_view text) {
  if (text.empty() || text.size() > path_bytes || text.find('\0') != std::string_view::npos) return false;
  const auto parts = split(text, '/');
  return std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
    return part.empty() || part == "." || part == ".." || part.size() > 255;
  });
}

bool is_file_owner(std::string_view text) {
  return parse_file_owner(text).has_value();
}

std::optional<FileOwner> parse_file_owner(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto user = parse_id(text.substr(0, colon));
  if (!user) return std::nullopt;
  if (colon == std::string_view::npos) return FileOwner{*user, *user};
  const auto group = parse_id(text.substr(colon + 1));
  if (!group) return std::nullopt;
  return FileOwner{*user, *group};
}

template <>
Type Describe<ConfigKind>::type() {
  return enumeration<ConfigKind>("ConfigurationKind", "What kind of object a value is in.", {"secret", "configMap"});
}

template <>
Type Describe<SecretVariable>::type() {
  return object<SecretVariable>(
      "SecretVariable",
      "An environment variable, or an option of a log driver, whose value is in a Secret or in a ConfigMap. ECS: "
      "Secret.",
      field<&SecretVariable::name>("name", "The name of the variable or option.")
          .required()
          .pattern(patterns::environment_name),
      field<&SecretVariable::value_from>("valueFrom",
                                         "Where the value is: \"NAME:KEY\" of a Secret in the task's namespace, or "
                                         "\"configmap/NAME:KEY\".")
          .required()
          .pattern(patterns::config_value));
}

template <>
Type Describe<EnvironmentFile>::type() {
  return object<EnvironmentFile>(
      "EnvironmentFile",
      "Environment variables, one a line: NAME=VALUE, taken as it stands. Lines that begin with # and empty ones do "
      "not "
      "count.",
      field<&EnvironmentFile::type>("type", "What holds the lines. s3, of ECS, is not supported.").keep_zero(),
      field<&EnvironmentFile::value>("value", "Which one and under which key: \"NAME:KEY\".")
          .required()
          .pattern(patterns::config_value));
}

template <>
Type Describe<ConfigObject>::type() {
  return object<ConfigObject>(
      "ConfigurationReference", "A Secret or a ConfigMap in the task's namespace.",
      field<&ConfigObject::name>("name", "Its name.").required().pattern(patterns::object_name),
      field<&ConfigObject::optional>("optional", "The task also starts when the object, or a key of it, is missing."));
}

template <>
Type Describe<EnvironmentSource>::type() {
  return object<EnvironmentSource>(
      "EnvironmentSource", "All values of one object as environment variables, each named as its key.",
      field<&EnvironmentSource::prefix>("prefix", "Put before each name.").pattern(patterns::environment_name),
      field<&EnvironmentSource::secret_ref>("secretRef", "A Secret."),
      field<&EnvironmentSource::config_map_ref>("configMapRef", "A ConfigMap. Exactly one of the two."));
}

template <>
Type Describe<ConfigFile>::type() {
  return object<ConfigFile>(
      "ConfigurationFile", "One value as a file.",
      field<&ConfigFile::key>("key", "The key of the value.").required().pattern(patterns::config_key),
      field<&ConfigFile::path>("path", "The file, below containerPath; the key when absent.")
          .pattern(patterns::file_path),
      field<&ConfigFile::mode>("mode", "The file's permissions; those of all files when absent.")
          .pattern(patterns::file_mode));
}

template <>
Type Describe<ConfigMount>::type() {
  return object<ConfigMount>(
      "ConfigurationMount",
      "Values of one object as read-only files, as they are when the container is made. On the host they are in memory "
      "only.",
      field<&ConfigMount::container_path>("containerPath", "The directory in the container; with key, the file.")
          .required()
          .max_length(4096)
          .pattern(patterns::mount_directory),
      field<&ConfigMount::secret_ref>("secretRef", "A Secret."),
      field<&ConfigMount::config_map_ref>("configMapRef", "A ConfigMap. Exactly one of the two."),
      field<&ConfigMount::key>("key", "The one value that becomes the file containerPath.")
          .pattern(patterns::config_key),
      field<&ConfigMount::items>("items", "The values that become files; absent: all, each named as its key.")
          .max_items(most_items)
          .atomic(),
      field<&ConfigMount::mode>("mode", "The permissions of the files, in octal digits; 0400 when absent.")
          .pattern(patterns::file_mode),
      field<&ConfigMount::owner>("owner",
                                 "Who owns the files: \"uid\" or \"uid:gid\". Absent: the container's user if the "
                                 "definition gives it as a number, else root.")
          .pattern(patterns::file_owner));
}

}  // namespace muster
