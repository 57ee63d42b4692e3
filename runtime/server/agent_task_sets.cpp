// What agents are told of the deployments of their tasks: the images that the first task found, for all later ones.
#include "api/types/service.h"
#include "runtime/server/agent_connection.h"
#include "runtime/server/agents.h"

namespace muster::server {
namespace {

// Whose they are and the images, without what else is said about the set: every agent of a service reads it.
std::shared_ptr<const std::string> put_images(const TaskSet& set) {
  TaskSet bare = make<TaskSet>();
  bare.metadata.ns = set.metadata.ns;
  bare.metadata.name = set.metadata.name;
  bare.metadata.uid = set.metadata.uid;
  bare.spec.service = set.spec.service;  // these two a TaskSet has to have, or it cannot be read
  bare.spec.task_definition = set.spec.task_definition;
  bare.status.container_images = set.status.container_images;
  return std::make_shared<const std::string>(protocol::encode_put(encode_object(bare)));
}

}  // namespace

void AgentHub::send_task_set(const ConnectionPtr& connection, const State& state, const Task& task) {
  const OwnerReference* owner = controller_of(task.metadata);
  if (owner == nullptr || owner->kind != kind_of<TaskSet>().kind) return;
  if (!connection->task_sets.insert(owner->uid).second) return;
  const auto set = state.get<TaskSet>(task.metadata.ns, owner->name);
  if (set == nullptr || set->metadata.uid != owner->uid || set->status.container_images.empty()) return;
  connection->socket->send(put_images(*set), http::Frame::text);
}

void AgentHub::task_set_changed(const Change& change) {
  const auto* before = as<TaskSet>(change.before.get());
  const auto* after = as<TaskSet>(change.after.get());
  const std::string& uid = change.object().metadata.uid;
  if (after == nullptr) {
    for (const auto& [name, connection] : active_) connection->task_sets.erase(uid);
    return;
  }
  // Its counts change with each of its tasks; nobody else needs to hear of that.
  const bool news = before == nullptr ? !after->status.container_images.empty()
                                      : before->status.container_images != after->status.container_images;
  if (!news) return;
  std::shared_ptr<const std::string> message;
  for (const auto& [name, connection] : active_) {
    if (!connection->welcomed || !connection->task_sets.contains(uid)) continue;
    if (message == nullptr) message = put_images(*after);
    connection->socket->send(message, http::Frame::text);
  }
}

}  // namespace muster::server
