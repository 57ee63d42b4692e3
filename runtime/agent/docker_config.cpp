#include "runtime/agent/docker_config.h"

#include <optional>

#include "api/base/base64.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/base/file.h"

namespace muster::agent {
namespace {

constexpr std::size_t most_bytes = 1U << 20U;
constexpr std::string_view hub = "docker.io";
constexpr std::string_view hub_address = "https://index.docker.io/v1/";

// "https://index.docker.io/v1/", "127.0.0.1:5000": the registry that an entry is for.
std::string registry_of_entry(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  key = key.substr(0, key.find('/'));
  return std::string(key == "index.docker.io" || key == "registry-1.docker.io" ? hub : key);
}

Error unusable(std::string_view why) {
  return Error{Code::invalid, str("the Docker configuration ", why), {}};
}

Result<drivers::RegistryAuth> auth_of(const Node& entry, const std::string& registry) {
  drivers::RegistryAuth auth;
  auth.registry = registry_address(registry);
  auth.identity_token = entry.text_of("identitytoken");
  auth.username = entry.text_of("username");
  auth.password = entry.text_of("password");
  const std::string_view encoded = entry.text_of("auth");
  if (encoded.empty()) return auth;
  const std::optional<std::string> pair = decode_base64(encoded);
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return unusable(str("has an entry for ", registry, " whose auth is not the base64 form of \"name:password\""));
  }
  auth.username = pair->substr(0, colon);
  auth.password = pair->substr(colon + 1);
  // Docker's client pads with zero bytes.
  while (!auth.password.empty() && auth.password.back() == '\0') auth.password.pop_back();
  return auth;
}

}  // namespace

std::string registry_address(const std::string& registry) {
  return registry == hub ? std::string(hub_address) : registry;
}

Result<drivers::RegistryAuth> auth_in_docker_config(std::string_view text, const std::string& registry) {
  const auto node = parse_json(text);
  // The parser's words might quote a secret.
  if (!node.ok() || !node->is_map()) return unusable("is no JSON object");
  if (const Node* auths = node->find("auths"); auths != nullptr && auths->is_map()) {
    for (const auto& [key, entry] : auths->members) {
      if (registry_of_entry(key) != registry || !entry.is_map()) continue;
      TRY(drivers::RegistryAuth auth, auth_of(entry, registry));
      if (!auth.empty()) return auth;
    }
  }
  const Node* helpers = node->find("credHelpers");
  const bool helped = helpers != nullptr && helpers->is_map() && helpers->find(registry) != nullptr;
  if (helped || !node->text_of("credsStore").empty()) {
    return unusable(str("leaves the credentials for ", registry, " to a helper program, which is not supported"));
  }
  return drivers::RegistryAuth{};
}

Result<drivers::RegistryAuth> auth_in_docker_config_file(const std::string& path, const std::string& registry) {
  const auto text = read_file(path, most_bytes);
  if (!text.ok()) return Error(text.error()).under("--docker-config");
  auto auth = auth_in_docker_config(*text, registry);
  if (!auth.ok()) return std::move(auth).error().under(path);
  return auth;
}

}  // namespace muster::agent
