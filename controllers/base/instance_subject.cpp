#include "controllers/base/instance_subject.h"

namespace muster {

Connection effective_connection(const ContainerInstance& instance) {
  const auto& agent = instance.status.agent;
  const bool known = is_set(agent.since) || !agent.session.empty();
  if (instance.status.connection != Connection::connected || !known) return instance.status.connection;
  // The verdict follows the facts a moment later; in between nothing is placed on what has just gone away.
  if (!agent.connected) return Connection::suspect;
  return agent.synced ? Connection::connected : Connection::returning;
}

const std::string* attribute_of(const ContainerInstance& instance, std::string_view name) {
  if (name == query::instance_attribute) return &instance.metadata.name;
  for (const auto* attributes : {&instance.spec.attributes, &instance.status.attributes}) {
    for (const Attribute& each : *attributes) {
      if (each.name == name) return &each.value;
    }
  }
  return nullptr;
}

}  // namespace muster
