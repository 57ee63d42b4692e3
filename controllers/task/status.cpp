#include "controllers/task/status.h"

#include <algorithm>

#include "api/base/text.h"

namespace muster::task {
namespace {

constexpr std::string_view out_of_memory_reason = "OutOfMemoryError: Container killed due to memory usage";
constexpr std::string_view vanished_reason = "ContainerVanishedError: the container is no longer there";

bool has_error_name(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(':'));
  return name.size() < text.size() && name.size() > 5 && name.find(' ') == std::string_view::npos &&
         name.substr(name.size() - 5) == "Error";
}

std::string exit_reason(const ObservedContainer& observed) {
  if (observed.out_of_memory) return std::string(out_of_memory_reason);
  if (observed.error.empty() || has_error_name(observed.error)) return observed.error;
  return str("CannotStartContainerError: ", observed.error);
}

std::vector<NetworkBinding> bindings_of(const DesiredTask& desired, const Container& container) {
  if (desired.definition == nullptr || desired.definition->network_mode != NetworkMode::host) {
    return container.observed->bindings;
  }
  std::vector<NetworkBinding> bindings;
  for (const PortMapping& port : container.definition->port_mappings) {
    bindings.push_back(NetworkBinding{"0.0.0.0", port.container_port, port.container_port, port.protocol});
  }
  return bindings;
}

bool has_policy(const Container& container) {
  return container.definition->restart_policy && container.definition->restart_policy->enabled;
}

// ECS: the policy is enabled, the exit code known and not ignored, and the container has run for the attempt period.
bool is_restarted(const Container& container) {
  const ObservedContainer& observed = *container.observed;
  if (!has_policy(container) || !observed.exit_code) return false;
  const RestartPolicy& policy = *container.definition->restart_policy;
  if (!is_set(observed.started_at) || !is_set(observed.finished_at)) return false;
  const auto& ignored = policy.ignored_exit_codes;
  if (std::ranges::find(ignored, *observed.exit_code) != ignored.end()) return false;
  return observed.finished_at - observed.started_at >= std::chrono::seconds(policy.restart_attempt_period);
}

void fold_running(const DesiredTask& desired, Container& container) {
  ContainerStatus& status = *container.status;
  status.last_status = ContainerLastStatus::running;
  if (is_set(status.started_at) && container.observed->started_at > status.started_at) ++status.restart_count;
  status.started_at = container.observed->started_at;
  status.network_bindings = bindings_of(desired, container);
  if (container.definition->health_check) status.health_status = container.observed->health;
  if (container.definition->readiness_check) status.readiness_status = container.observed->readiness;
}

}  // namespace

void fold(const DesiredTask& desired, Container& container, Restarts restarts, Time now) {
  ContainerStatus& status = *container.status;
  if (status.image.empty()) status.image = container.definition->image;
  if (container.observed != nullptr) {
    if (!container.observed->id.empty()) status.runtime_id = container.observed->id;
    // Of an image from a registry the digest is known, which is the same on all hosts.
    if (status.image_digest.empty() && !container.observed->image_id.empty()) {
      status.image_id = container.observed->image_id;
    }
  }
  if (container.stopped()) return;
  switch (container.phase()) {
    case Phase::absent:
      if (container.memory->ran && !container.coming_up()) finish(container, std::string(vanished_reason), now);
      return;
    case Phase::created: return;
    case Phase::running:
      container.memory->created = container.memory->ran = true;
      fold_running(desired, container);
      return;
    case Phase::exited: {
      const ObservedContainer& observed = *container.observed;
      container.memory->created = true;
      if (is_set(observed.started_at)) {
        container.memory->ran = true;
        fold_running(desired, container);
      }
      // Its next run is on its way, or will be.
      if (has_policy(container) && container.coming_up()) return;
      if (restarts == Restarts::allowed && is_restarted(container)) return;
      status.exit_code = observed.exit_code;
      finish(container, exit_reason(observed), is_set(observed.finished_at) ? observed.finished_at : now);
      return;
    }
  }
}

void finish(Container& container, std::string reason, Time now) {
  ContainerStatus& status = *container.status;
  status.last_status = ContainerLastStatus::stopped;
  if (container.definition->readiness_check) status.readiness_status = ReadinessStatus::not_ready;
  status.reason = std::move(reason);
  status.finished_at = now;
}

bool all_up(const View& view) {
  return std::ranges::all_of(view.containers, [](const Container& each) {
    return each.memory->ran || (each.stopped() && !each.definition->essential);
  });
}

void reach_running(const View& view, TaskStatus& status, Time now) {
  if (status.last_status >= LastStatus::running) return;
  status.last_status = LastStatus::running;
  for (const Container& container : view.containers) {
    if (container.memory->ran) status.started_at = std::max(status.started_at, container.status->started_at);
  }
  if (!is_set(status.started_at)) status.started_at = now;
}

const Container* failed_essential(const View& view) {
  const auto found = std::ranges::find_if(
      view.containers, [](const Container& each) { return each.definition->essential && each.stopped(); });
  return found == view.containers.end() ? nullptr : &*found;
}

void go_down(const Container& cause, TaskStatus& status, Time now) {
  if (is_set(status.stopping_at)) return;
  status.stopping_at = now;
  status.execution_stopped_at = cause.status->finished_at;
  if (status.last_status >= LastStatus::running) {
    status.stop_code = StopCode::essential_container_exited;
    status.stopped_reason = "Essential container in task exited";
    return;
  }
  status.stop_code = StopCode::task_failed_to_start;
  if (!cause.status->reason.empty()) {
    status.stopped_reason = cause.status->reason;
  } else if (cause.status->exit_code) {
    status.stopped_reason =
        str("Task failed to start: essential container ", cause.name(), " exited with code ", *cause.status->exit_code);
  } else {
    status.stopped_reason = "Task failed to start";
  }
}

void go_down(const DesiredTask& desired, TaskStatus& status, Time now) {
  if (is_set(status.stopping_at)) return;
  status.stopping_at = now;
  status.stop_code = desired.spec.stop_code == StopCode::none ? StopCode::user_initiated : desired.spec.stop_code;
  status.stopped_reason = desired.spec.stopped_reason.empty() ? "Task stopped by user" : desired.spec.stopped_reason;
}

void settle_down(const View& view, TaskStatus& status, Time now) {
  const bool active = std::ranges::any_of(view.containers, [](const Container& each) {
    return !each.stopped() || each.running() || each.coming_up() || each.may_still_start();
  });
  if (active) {
    status.last_status = std::max(status.last_status, LastStatus::stopping);
    return;
  }
  if (status.last_status == LastStatus::stopped) return;
  status.last_status = LastStatus::stopped;
  status.stopped_at = now;
  if (is_set(status.execution_stopped_at)) return;
  for (const Container& container : view.containers) {
    if (container.memory->ran) {
      status.execution_stopped_at = std::max(status.execution_stopped_at, container.status->finished_at);
    }
  }
}

HealthStatus task_health(const View& view) {
  bool checked = false;
  bool unknown = false;
  for (const Container& container : view.containers) {
    if (!container.definition->essential || !container.definition->health_check) continue;
    checked = true;
    switch (container.status->health_status) {
      case HealthStatus::unhealthy: return HealthStatus::unhealthy;
      case HealthStatus::unknown: unknown = true; break;
      case HealthStatus::healthy: break;
    }
  }
  return checked && !unknown ? HealthStatus::healthy : HealthStatus::unknown;
}

ReadinessStatus task_readiness(const View& view) {
  ReadinessStatus worst = ReadinessStatus::unknown;
  for (const Container& container : view.containers) {
    if (!container.definition->readiness_check) continue;
    const ReadinessStatus each = container.status->readiness_status;
    if (each != ReadinessStatus::ready) return each;
    worst = each;
  }
  return worst;
}

}  // namespace muster::task
