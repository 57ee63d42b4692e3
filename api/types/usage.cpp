#include "api/types/usage.h"

#include "api/types/describe_kind.h"

namespace muster {
namespace {

constexpr std::size_t name_bytes = 255;
constexpr std::size_t uid_bytes = 64;
constexpr std::size_t task_containers = 64;
constexpr std::size_t instance_tasks = 20'000;

}  // namespace

template <>
Type Describe<ContainerUsage>::type() {
  return object<ContainerUsage>(
      "ContainerUsage", "What one container uses.",
      field<&ContainerUsage::name>("name", "The container.").required().max_length(name_bytes),
      field<&ContainerUsage::cpu_nanocores>("cpuNanocores", "Of a core, in billionths.").range(0, INT64_MAX),
      field<&ContainerUsage::memory_bytes>("memoryBytes", "Its working set.").range(0, INT64_MAX));
}

template <>
Type Describe<TaskUsage>::type() {
  return object<TaskUsage>("TaskUsage", "What one task uses.",
                           field<&TaskUsage::uid>("uid", "The task.").required().max_length(uid_bytes),
                           field<&TaskUsage::containers>("containers", "Its containers.").max_items(task_containers));
}

template <>
Type Describe<InstanceUsage>::type() {
  return object<InstanceUsage>(
      "InstanceUsage", "What is used of a host.",
      field<&InstanceUsage::window>("window", "Over which the CPU was measured.")
          .between(Duration::zero(), std::chrono::hours(24)),
      field<&InstanceUsage::cpu_nanocores>("cpuNanocores", "Of all cores, in billionths of one.").range(0, INT64_MAX),
      field<&InstanceUsage::memory_bytes>("memoryBytes", "The working set.").range(0, INT64_MAX),
      field<&InstanceUsage::tasks>("tasks", "Of its tasks.").max_items(instance_tasks));
}

template <>
Type Describe<view::ContainerMetrics>::type() {
  using view::ContainerMetrics;
  return object<ContainerMetrics>(
      "ContainerMetrics", "What one container uses.",
      field<&ContainerMetrics::name>("name", "The container.").required(),
      field<&ContainerMetrics::usage>("usage", "`cpu`, and `memory`: the working set.").keep_zero());
}

template <>
Type Describe<view::PodMetrics>::type() {
  using view::PodMetrics;
  return kind_object<PodMetrics>(
      "PodMetrics", "What a task uses of its host, as `kubectl top pods` reads it: the agent's newest measurement.",
      field<&PodMetrics::metadata>("metadata", "The name is the task's."),
      field<&PodMetrics::timestamp>("timestamp", "When it was measured.").whole_seconds(),
      field<&PodMetrics::window>("window", "Over which the CPU was measured.").keep_zero(),
      field<&PodMetrics::containers>("containers", "Its containers.").keep_zero().keyed_by("name"));
}

template <>
Type Describe<view::NodeMetrics>::type() {
  using view::NodeMetrics;
  return kind_object<NodeMetrics>(
      "NodeMetrics", "What is used of a host, as `kubectl top nodes` reads it: the agent's newest measurement.",
      field<&NodeMetrics::metadata>("metadata", "The name is the container instance's."),
      field<&NodeMetrics::timestamp>("timestamp", "When it was measured.").whole_seconds(),
      field<&NodeMetrics::window>("window", "Over which the CPU was measured.").keep_zero(),
      field<&NodeMetrics::usage>("usage", "`cpu`, and `memory`: the working set.").keep_zero());
}

}  // namespace muster
