// The Secrets and ConfigMaps that an agent is sent: those that its own tasks refer to, in their namespace, for as long
// as they may still start something.
#include <utility>

#include "api/types/configuration.h"
#include "runtime/server/agent_connection.h"
#include "runtime/server/agents.h"

namespace muster::server {
namespace {

using Message = std::shared_ptr<const std::string>;

const Kind& kind_of_config(ConfigKind kind) {
  return kind == ConfigKind::secret ? kind_of<Secret>() : kind_of<ConfigMap>();
}

template <class T>
T bare(const T& object) {
  T out = make<T>();
  out.metadata.ns = object.metadata.ns;
  out.metadata.name = object.metadata.name;
  out.metadata.uid = object.metadata.uid;
  out.metadata.resource_version = object.metadata.resource_version;
  out.data = object.data;
  return out;
}

// With its values, without what else is said about it.
Message put_message(const Object& object) {
  std::string json;
  if (const auto* secret = as<Secret>(&object)) {
    Secret out = bare(*secret);
    out.type = secret->type;
    json = encode_object(out);
  } else if (const auto* map = as<ConfigMap>(&object)) {
    ConfigMap out = bare(*map);
    out.binary_data = map->binary_data;
    json = encode_object(out);
  }
  return std::make_shared<const std::string>(protocol::encode_put(json));
}

Message remove_message(const Key& key) {
  return frame(protocol::Remove{std::string(key.kind->kind), key.ns, key.name, {}});
}

bool same_values(const Change& change) {
  return change.before != nullptr && change.after != nullptr &&
         change.before->metadata.uid == change.after->metadata.uid &&
         change.before->metadata.generation == change.after->metadata.generation;
}

}  // namespace

void AgentHub::send_config(const ConnectionPtr& connection, const State& state, const Task& task,
                           const TaskDefinitionSpec& definition) {
  if (is_stopped(task)) return;
  std::vector<Key> needed;
  for (ConfigReference& reference : config_references(definition, task.spec.overrides)) {
    needed.push_back(Key{&kind_of_config(reference.kind), task.metadata.ns, std::move(reference.name)});
  }
  for (const Key& key : config_users_.add(connection->name, task.metadata.uid, std::move(needed))) {
    if (const ObjectPtr object = state.find(key)) connection->socket->send(put_message(*object), http::Frame::text);
  }
}

void AgentHub::end_config(const ConnectionPtr& connection, const Task& task) {
  for (const Key& key : config_users_.remove(connection->name, task.metadata.uid)) {
    connection->socket->send(remove_message(key), http::Frame::text);
  }
}

void AgentHub::config_changed(const Change& change) {
  const Key key = key_of(change.object());
  const std::set<std::string>& users = config_users_.of(key);
  if (users.empty() || same_values(change)) return;
  const Message message = change.after != nullptr ? put_message(*change.after) : remove_message(key);
  for (const std::string& name : users) {
    const auto found = active_.find(name);
    if (found != active_.end() && found->second->welcomed) found->second->socket->send(message, http::Frame::text);
  }
}

}  // namespace muster::server
