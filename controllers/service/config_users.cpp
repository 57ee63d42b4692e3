#include "controllers/service/config_users.h"

#include "api/types/configuration.h"
#include "api/types/service.h"

namespace muster::service {

void ConfigUsers::start(const State& state) {
  users_.clear();
  state.each(kind_of<TaskSet>(), {}, [&](const ObjectPtr& object) {
    count(object.get(), Step::in);
    return true;
  });
}

void ConfigUsers::observe(const Change& change) {
  if (change.object().kind != &kind_of<TaskSet>()) return;
  count(change.after.get(), Step::in);
  count(change.before.get(), Step::out);
}

void ConfigUsers::count(const Object* object, Step step) {
  const auto* set = as<TaskSet>(object);
  // What is kept for the history is never compared with anything.
  if (set == nullptr || set->status.status == DeploymentStatus::inactive) return;
  const Key service{&kind_of<Service>(), set->metadata.ns, set->spec.service};
  for (const std::string& text : set->spec.config_references) {
    const auto reference = parse_config_text(text);
    if (!reference) continue;
    const Kind& kind = reference->kind == ConfigKind::secret ? kind_of<Secret>() : kind_of<ConfigMap>();
    const Key key{&kind, set->metadata.ns, reference->name};
    if (step == Step::in) {
      ++users_[key][service];
      continue;
    }
    const auto users = users_.find(key);
    if (users == users_.end()) continue;
    const auto counted = users->second.find(service);
    if (counted == users->second.end() || --counted->second > 0) continue;
    users->second.erase(counted);
    if (users->second.empty()) users_.erase(users);
  }
}

void ConfigUsers::add_users(const Key& object, const State& state, Keys& keys) const {
  const auto users = users_.find(object);
  if (users == users_.end()) return;
  for (const auto& [key, sets] : users->second) {
    const auto service = state.get<Service>(key.ns, key.name);
    if (service != nullptr && service->spec.deployment_configuration.rollout_on_config_change) keys.insert(key);
  }
}

}  // namespace muster::service
