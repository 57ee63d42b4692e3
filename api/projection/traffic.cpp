#include "api/projection/traffic.h"

#include <algorithm>

namespace muster::projection {

bool is_ready(const Task& task, const TaskDefinitionSpec* definition) {
  if (task.status.last_status != LastStatus::running || wants_stop(task) || is_lost(task) || task.metadata.deleting())
    return false;
  if (definition == nullptr) return true;
  if (has_readiness_check(*definition) && task.status.readiness_status != ReadinessStatus::ready) return false;
  if (!has_health_check(*definition)) return true;
  return task.status.health_status == HealthStatus::healthy;
}

bool is_reachable(const ContainerInstance& instance) {
  return instance.status.connection == Connection::connected;
}

}  // namespace muster::projection
