#include "runtime/server/usages.h"

#include <utility>

#include "api/projection/metrics.h"
#include "api/types/task.h"

namespace muster::server {

void Usages::take(const std::string& instance, Time at, InstanceUsage usage) {
  Known known;
  known.at = at;
  for (TaskUsage& task : usage.tasks) {
    std::string uid = task.uid;
    known.tasks.insert_or_assign(std::move(uid), std::move(task));
  }
  usage.tasks.clear();
  known.total = std::move(usage);
  instances_.insert_or_assign(instance, std::move(known));
}

bool Usages::is_metrics(const Kind& kind) {
  return &kind == &kind_of<view::PodMetrics>() || &kind == &kind_of<view::NodeMetrics>();
}

ObjectPtr Usages::filled(const State& state, const ObjectPtr& view) const {
  if (const auto* node = as<view::NodeMetrics>(view.get())) {
    const auto found = instances_.find(node->metadata.name);
    if (found == instances_.end()) return nullptr;
    auto out = std::make_shared<view::NodeMetrics>(*node);
    projection::fill(*out, found->second.total, found->second.at);
    return out;
  }
  const auto* pod = as<view::PodMetrics>(view.get());
  const auto task = pod == nullptr ? nullptr : state.get<Task>(pod->metadata.ns, pod->metadata.name);
  if (task == nullptr) return nullptr;
  const auto instance = instances_.find(task->spec.container_instance);
  if (instance == instances_.end()) return nullptr;
  const auto usage = instance->second.tasks.find(task->metadata.uid);
  if (usage == instance->second.tasks.end()) return nullptr;
  auto out = std::make_shared<view::PodMetrics>(*pod);
  projection::fill(*out, usage->second, instance->second.at, instance->second.total.window);
  return out;
}

}  // namespace muster::server
