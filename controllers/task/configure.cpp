#include "controllers/task/configure.h"

#include <algorithm>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "controllers/task/container_config.h"

namespace muster::task {
namespace {

constexpr std::string_view error_name = "ResourceInitializationError";
constexpr std::uint32_t default_mode = 0400;

std::string name_of_object(const ConfigReference& reference, const std::string& ns) {
  return str(reference.kind == ConfigKind::secret ? "Secret \"" : "ConfigMap \"", reference.name, "\" in namespace \"",
             ns, '"');
}

class Configurer {
 public:
  Configurer(const DesiredTask& desired, const ContainerDefinition& definition, const FindConfig& find)
      : ns_(desired.ns), definition_(definition), find_(find) {
    const auto& overrides = desired.spec.overrides.container_overrides;
    const auto changed = std::ranges::find(overrides, definition.name, &ContainerOverride::name);
    const bool replaced = changed != overrides.end() && !changed->environment_files.empty();
    files_ = replaced ? &changed->environment_files : &definition.environment_files;
  }

  Result<Configured> run() {
    for (const EnvironmentSource& source : definition_.environment_from) TRY_VOID(import(source));
    // The earlier file holds: it is put in last.
    for (auto file = files_->rbegin(); file != files_->rend(); ++file) TRY_VOID(import(*file));
    for (const SecretVariable& variable : definition_.secrets) TRY_VOID(add_secret(variable));
    for (const ConfigMount& mount : definition_.config_files) TRY_VOID(add_mount(mount));
    if (definition_.log_configuration) {
      for (const SecretVariable& option : definition_.log_configuration->secret_options)
        TRY_VOID(add_log_option(option));
    }
    if (definition_.repository_credentials) TRY_VOID(check_credentials(*definition_.repository_credentials));
    return std::move(out_);
  }

 private:
  Error no_object(const ConfigReference& reference) const {
    return Error{Code::not_found, str(error_name, ": ", name_of_object(reference, ns_), " does not exist"), {}};
  }
  Error no_key(const ConfigReference& reference, std::string_view key) const {
    return Error{
        Code::not_found, str(error_name, ": ", name_of_object(reference, ns_), " has no key \"", key, '"'), {}};
  }

  static const std::string* find_value(const ConfigContents& contents, std::string_view key) {
    for (const auto* values : {&contents.texts, &contents.binaries}) {
      const auto found = values->find(key);
      if (found != values->end()) return &found->second;
    }
    return nullptr;
  }

  Result<const std::string*> value(const ConfigKey& key) const {
    const ConfigContents* contents = find_(key.object);
    if (contents == nullptr) return no_object(key.object);
    const std::string* found = find_value(*contents, key.key);
    if (found == nullptr) return no_key(key.object, key.key);
    return found;
  }

  // What reaches a program as a variable is text without a NUL.
  Status check_text(const ConfigReference& reference, std::string_view key, const std::string& text) const {
    if (valid_utf8(text) && text.find('\0') == std::string::npos) return {};
    return Error{Code::invalid,
                 str(error_name, ": the value \"", key, "\" of ", name_of_object(reference, ns_),
                     " is not text and cannot be an environment variable; configFiles can make it a file"),
                 {}};
  }

  Status add_log_option(const SecretVariable& option) {
    const auto key = parse_config_key(option.value_from, ConfigKind::secret);
    MUSTER_ASSERT(key.has_value());
    TRY(const std::string* const text, value(*key));
    if (!valid_utf8(*text) || text->find('\0') != std::string::npos) {
      return Error{Code::invalid,
                   str(error_name, ": the value \"", key->key, "\" of ", name_of_object(key->object, ns_),
                       " is not text and cannot be an option of a log driver"),
                   {}};
    }
    out_.log_options.push_back({option.name, *text, key->object.kind == ConfigKind::secret});
    return {};
  }

  // Whether they can be read shows when the registry is known, at the pull.
  Status check_credentials(const RepositoryCredentials& credentials) const {
    const ConfigReference reference = reference_of(credentials);
    const ConfigContents* contents = find_(reference);
    if (contents == nullptr) return no_object(reference);
    if (contents->texts.contains(registry_config_key)) return {};
    for (const std::string_view key : {registry_username_key, registry_password_key}) {
      if (contents->texts.contains(key)) continue;
      return Error{Code::not_found,
                   str(error_name, ": ", name_of_object(reference, ns_), " has neither the key \"", registry_config_key,
                       "\" nor the keys \"", registry_username_key, "\" and \"", registry_password_key, '"'),
                   {}};
    }
    return {};
  }

  static void put(std::vector<ConfigVariable>& variables, ConfigVariable variable) {
    const auto found = std::ranges::find(variables, variable.name, &ConfigVariable::name);
    if (found == variables.end()) {
      variables.push_back(std::move(variable));
    } else {
      *found = std::move(variable);
    }
  }

  Status import(const EnvironmentSource& source) {
    const ConfigReference reference = reference_of(source);
    const ConfigContents* contents = find_(reference);
    if (contents == nullptr) return is_optional(source) ? Status() : Status(no_object(reference));
    for (const auto& [key, text] : contents->texts) {
      TRY_VOID(check_text(reference, key, text));
      put(out_.imported, {source.prefix + key, text, reference.kind == ConfigKind::secret});
    }
    return {};
  }

  Status import(const EnvironmentFile& file) {
    const auto key = parse_config_key(file.value, file.type);
    MUSTER_ASSERT(key.has_value());
    TRY(const std::string* const text, value(*key));
    TRY_VOID(check_text(key->object, key->key, *text));
    for (auto& [name, each] : parse_environment_file(*text)) {
      put(out_.imported, {std::move(name), std::move(each), key->object.kind == ConfigKind::secret});
    }
    return {};
  }

  Status add_secret(const SecretVariable& variable) {
    const auto key = parse_config_key(variable.value_from, ConfigKind::secret);
    MUSTER_ASSERT(key.has_value());
    TRY(const std::string* const text, value(*key));
    TRY_VOID(check_text(key->object, key->key, *text));
    out_.secrets.push_back({variable.name, *text, key->object.kind == ConfigKind::secret});
    return {};
  }

  Status add_mount(const ConfigMount& mount) {
    const ConfigReference reference = reference_of(mount);
    ConfigMountContents out;
    out.container_path = mount.container_path;
    out.secret = reference.kind == ConfigKind::secret;
    out.owner = parse_file_owner(mount.owner.empty() ? definition_.user : mount.owner).value_or(FileOwner{});
    const std::uint32_t mode = parse_file_mode(mount.mode).value_or(default_mode);
    const ConfigContents* contents = find_(reference);
    if (contents == nullptr && !is_optional(mount)) return no_object(reference);
    std::vector<ConfigFile> wanted = mount.items;
    if (!mount.key.empty()) wanted.push_back({mount.key, {}, {}});
    if (contents != nullptr && wanted.empty()) {
      for (const auto* values : {&contents->texts, &contents->binaries}) {
        for (const auto& [key, bytes] : *values) out.files.push_back({key, bytes, mode});
      }
    }
    for (const ConfigFile& item : wanted) {
      const std::string* bytes = contents == nullptr ? nullptr : find_value(*contents, item.key);
      if (bytes == nullptr && is_optional(mount)) continue;
      if (bytes == nullptr) return no_key(reference, item.key);
      std::string path = item.path.empty() ? item.key : item.path;
      if (!mount.key.empty()) path.clear();
      out.files.push_back({std::move(path), *bytes, parse_file_mode(item.mode).value_or(mode)});
    }
    // Nothing could be mounted on the place of a single file.
    if (!mount.key.empty() && out.files.empty()) return {};
    out_.mounts.push_back(std::move(out));
    return {};
  }

  const std::string& ns_;
  const ContainerDefinition& definition_;
  const FindConfig& find_;
  const std::vector<EnvironmentFile>* files_ = nullptr;
  Configured out_;
};

}  // namespace

Result<Configured> configure(const DesiredTask& desired, const std::string& container, const FindConfig& find) {
  return Configurer(desired, definition_of(desired, container), find).run();
}

std::vector<std::pair<std::string, std::string>> parse_environment_file(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t sign = line.find('=');
    if (line.starts_with('#') || sign == std::string_view::npos || sign == 0 || sign + 1 == line.size()) continue;
    const std::string name(line.substr(0, sign));
    const auto found = std::ranges::find(out, name, &std::pair<std::string, std::string>::first);
    if (found == out.end()) {
      out.emplace_back(name, line.substr(sign + 1));
    } else {
      found->second = line.substr(sign + 1);
    }
  }
  return out;
}

}  // namespace muster::task
