#include "runtime/server/config_users.h"

#include <utility>

namespace muster::server {

std::vector<Key> ConfigUsers::add(const std::string& instance, const std::string& task_uid, std::vector<Key> needed) {
  std::vector<Key> fresh;
  if (needed.empty()) return fresh;
  Instance& known = instances_[instance];
  const auto [task, first] = known.tasks.try_emplace(task_uid);
  if (!first) return fresh;  // what a task refers to never changes
  for (const Key& key : needed) {
    if (++known.needed[key] > 1) continue;
    users_[key].insert(instance);
    fresh.push_back(key);
  }
  task->second = std::move(needed);
  return fresh;
}

std::vector<Key> ConfigUsers::remove(const std::string& instance, const std::string& task_uid) {
  std::vector<Key> unused;
  const auto known = instances_.find(instance);
  if (known == instances_.end()) return unused;
  const auto task = known->second.tasks.extract(task_uid);
  if (task.empty()) return unused;
  for (const Key& key : task.mapped()) {
    const auto count = known->second.needed.find(key);
    if (--count->second > 0) continue;
    known->second.needed.erase(count);
    const auto users = users_.find(key);
    users->second.erase(instance);
    if (users->second.empty()) users_.erase(users);
    unused.push_back(key);
  }
  if (known->second.tasks.empty()) instances_.erase(known);
  return unused;
}

void ConfigUsers::forget(const std::string& instance) {
  const auto known = instances_.extract(instance);
  if (known.empty()) return;
  for (const auto& [key, count] : known.mapped().needed) {
    const auto users = users_.find(key);
    users->second.erase(instance);
    if (users->second.empty()) users_.erase(users);
  }
}

const std::set<std::string>& ConfigUsers::of(const Key& object) const {
  static const std::set<std::string> nobody;
  const auto found = users_.find(object);
  return found == users_.end() ? nobody : found->second;
}

}  // namespace muster::server
