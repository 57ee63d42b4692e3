// The Secrets and ConfigMaps that the server has sent, because tasks of this host refer to them: in memory only, gone
// with the process.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "api/types/configuration.h"
#include "controllers/task/configure.h"

namespace muster::agent {

class ConfigObjects {
 public:
  // What is not put between the two calls does not exist any more.
  void begin_sync();
  void end_sync();
  void put(const Secret& secret);
  void put(const ConfigMap& map);
  void remove(ConfigKind kind, const std::string& ns, const std::string& name);
  void clear() { objects_.clear(); }

  // Null when there is none. Until the next change.
  const task::ConfigContents* find(const std::string& ns, const ConfigReference& reference) const;
  std::size_t size() const { return objects_.size(); }

 private:
  struct Held {
    task::ConfigContents contents;
    bool mentioned = true;
  };
  using Key = std::tuple<std::string, ConfigKind, std::string>;
  void put(const Meta& metadata, ConfigKind kind, task::ConfigContents contents);

  std::map<Key, Held> objects_;
};

}  // namespace muster::agent
