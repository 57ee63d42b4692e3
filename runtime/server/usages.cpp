#include "runtime/server/usages.h"

#include <algorithm>
#include <utility>

#include "api/projection/metrics.h"
#include "api/types/task.h"

namespace muster::server {

void Usages::take(const std::string& instance, Time at, InstanceUsage usage) {
  std::ranges::sort(usage.tasks, {}, &TaskUsage::uid);
  instances_.insert_or_assign(instance, Known{at, std::move(usage)});
}

bool Usages::is_metrics(const Kind& kind) {
  return &kind == &kind_of<view::PodMetrics>() || &kind == &kind_of<view::NodeMetrics>();
}

ObjectPtr Usages::filled(const State& state, const ObjectPtr& view) const {
  if (const auto* node = as<view::NodeMetrics>(view.get())) {
    const auto found = instances_.find(node->metadata.name);
    if (found == instances_.end()) return nullptr;
    auto out = std::make_shared<view::NodeMetrics>(*node);
    projection::fill(*out, found->second.usage, found->second.at);
    return out;
  }
  const auto* pod = as<view::PodMetrics>(view.get());
  const auto task = pod == nullptr ? nullptr : state.get<Task>(pod->metadata.ns, pod->metadata.name);
  if (task == nullptr) return nullptr;
  const auto instance = instances_.find(task->spec.container_instance);
  if (instance == instances_.end()) return nullptr;
  const Known& known = instance->second;
  const auto usage = std::ranges::lower_bound(known.usage.tasks, task->metadata.uid, {}, &TaskUsage::uid);
  if (usage == known.usage.tasks.end() || usage->uid != task->metadata.uid) return nullptr;
  auto out = std::make_shared<view::PodMetrics>(*pod);
  projection::fill(*out, *usage, known.at, known.usage.window);
  return out;
}

}  // namespace muster::server
