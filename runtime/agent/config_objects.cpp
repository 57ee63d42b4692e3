#include "runtime/agent/config_objects.h"

#include <utility>

#include "api/base/base64.h"
#include "runtime/base/log.h"

namespace muster::agent {
namespace {

void decode_into(const Meta& metadata, const Labels& encoded, std::map<std::string, std::string, std::less<>>& out) {
  for (const auto& [key, text] : encoded) {
    auto bytes = decode_base64(text);
    if (!bytes) {
      log::error("a value that the server sent cannot be read",
                 {{"namespace", metadata.ns}, {"name", metadata.name}, {"key", key}});
      continue;
    }
    out.emplace(key, std::move(*bytes));
  }
}

}  // namespace

void ConfigObjects::begin_sync() {
  for (auto& [key, held] : objects_) held.mentioned = false;
}

void ConfigObjects::end_sync() {
  std::erase_if(objects_, [](const auto& entry) { return !entry.second.mentioned; });
}

void ConfigObjects::put(const Meta& metadata, ConfigKind kind, task::ConfigContents contents) {
  contents.uid = metadata.uid;
  contents.resource_version = metadata.resource_version;
  objects_[{metadata.ns, kind, metadata.name}] = Held{std::move(contents), true};
}

void ConfigObjects::put(const Secret& secret) {
  task::ConfigContents contents;
  decode_into(secret.metadata, secret.data, contents.texts);
  put(secret.metadata, ConfigKind::secret, std::move(contents));
}

void ConfigObjects::put(const ConfigMap& map) {
  task::ConfigContents contents;
  contents.texts = {map.data.begin(), map.data.end()};
  decode_into(map.metadata, map.binary_data, contents.binaries);
  put(map.metadata, ConfigKind::config_map, std::move(contents));
}

void ConfigObjects::remove(ConfigKind kind, const std::string& ns, const std::string& name) {
  objects_.erase({ns, kind, name});
}

const task::ConfigContents* ConfigObjects::find(const std::string& ns, const ConfigReference& reference) const {
  const auto found = objects_.find({ns, reference.kind, reference.name});
  return found == objects_.end() ? nullptr : &found->second.contents;
}

}  // namespace muster::agent
