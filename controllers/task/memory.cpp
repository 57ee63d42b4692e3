#include "controllers/task/memory.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/schema/describe.h"

namespace muster {

template <>
Type Describe<task::ContainerMemory>::type() {
  using task::ContainerMemory;
  return object<ContainerMemory>(
      "ContainerMemory", "What an agent remembers of a container.",
      field<&ContainerMemory::created>("created", "A create has been asked for."),
      field<&ContainerMemory::ran>("ran", "Its process has been started."),
      field<&ContainerMemory::image_ready>("imageReady", "Its image is present."),
      field<&ContainerMemory::image>("image", "The exact name of the image that is present."),
      field<&ContainerMemory::failures>("failures", "Failures of steps that are tried again."),
      field<&ContainerMemory::not_before>("notBefore", "The time of the next step."));
}

template <>
Type Describe<task::TaskMemory>::type() {
  using task::TaskMemory;
  return object<TaskMemory>("TaskMemory", "What an agent remembers of a task.",
                            field<&TaskMemory::status>("status", "What was last reported."),
                            field<&TaskMemory::containers>("containers", "In the order of the status."));
}

namespace task {
namespace {

constexpr Duration first_delay = std::chrono::seconds(1);
constexpr Duration longest_delay = std::chrono::minutes(1);

}  // namespace

const ObservedContainer* find(const std::vector<ObservedContainer>& observed, const std::string& name) {
  const auto found = std::ranges::find(observed, name, &ObservedContainer::name);
  return found == observed.end() ? nullptr : &*found;
}

std::int64_t revision_number(const std::string& task_definition) {
  const std::size_t colon = task_definition.rfind(':');
  if (colon == std::string::npos) return 0;
  return parse_int(std::string_view(task_definition).substr(colon + 1)).value_or(0);
}

std::string family_of(const std::string& task_definition) {
  return task_definition.substr(0, task_definition.rfind(':'));
}

const ContainerImage* pinned_image(const std::vector<ContainerImage>& images, const ContainerDefinition& container) {
  if (container.version_consistency == VersionConsistency::disabled) return nullptr;
  const auto found = std::ranges::find(images, container.name, &ContainerImage::container_name);
  return found == images.end() ? nullptr : &*found;
}

TaskMemory first_memory(const TaskStatus& status) {
  TaskMemory memory;
  memory.status = status;
  memory.status.conditions.clear();  // other writers'
  const bool task_ran = status.last_status >= LastStatus::running && is_set(status.started_at);
  memory.containers.reserve(status.containers.size());
  for (const ContainerStatus& container : status.containers) {
    ContainerMemory& kept = memory.containers.emplace_back();
    kept.ran = task_ran || container.last_status == ContainerLastStatus::running || is_set(container.started_at);
    kept.created = kept.ran;
  }
  return memory;
}

std::size_t index_of(TaskMemory& memory, const std::string& container) {
  std::vector<ContainerStatus>& statuses = memory.status.containers;
  const auto found = std::ranges::find(statuses, container, &ContainerStatus::name);
  const auto index = static_cast<std::size_t>(found - statuses.begin());
  if (found == statuses.end()) statuses.emplace_back().name = container;
  if (memory.containers.size() < statuses.size()) memory.containers.resize(statuses.size());
  return index;
}

void resolved(TaskMemory& memory, const std::string& container, const std::string& digest, const std::string& id) {
  ContainerStatus& status = memory.status.containers[index_of(memory, container)];
  status.image_digest = digest;
  status.image_id = digest.empty() ? id : std::string();
}

void began(TaskMemory& memory, StepKind step, const std::string& container, Time now) {
  ContainerMemory& kept = memory.containers[index_of(memory, container)];
  if (step == StepKind::pull && !is_set(memory.status.pull_started_at)) memory.status.pull_started_at = now;
  if (step == StepKind::create) kept.created = true;
}

void succeeded(TaskMemory& memory, StepKind step, const std::string& container, Time now) {
  ContainerMemory& kept = memory.containers[index_of(memory, container)];
  kept.failures = 0;
  kept.not_before = Time{};
  switch (step) {
    case StepKind::pull:
      kept.image_ready = true;
      memory.status.pull_stopped_at = now;
      break;
    case StepKind::start: kept.ran = true; break;
    case StepKind::create:
    case StepKind::stop:
    case StepKind::remove: break;
  }
}

void failed(TaskMemory& memory, StepKind step, const std::string& container, const std::string& text, Time now) {
  const std::size_t index = index_of(memory, container);
  ContainerMemory& kept = memory.containers[index];
  ContainerStatus& status = memory.status.containers[index];
  switch (step) {
    case StepKind::pull: memory.status.pull_stopped_at = now; [[fallthrough]];
    case StepKind::create:
    case StepKind::start:
      if (status.last_status == ContainerLastStatus::stopped) return;
      status.last_status = ContainerLastStatus::stopped;
      status.reason = text;
      status.finished_at = now;
      return;
    case StepKind::stop:
    case StepKind::remove: {
      const std::int32_t doublings = std::min(kept.failures, 6);
      kept.not_before = now + std::min(longest_delay, first_delay * (std::int64_t{1} << doublings));
      ++kept.failures;
      return;
    }
  }
}

}  // namespace task
}  // namespace muster
