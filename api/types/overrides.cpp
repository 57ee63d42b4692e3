#include "api/types/overrides.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/schema/encode.h"
#include "api/types/task_size.h"

namespace muster {
namespace {

constexpr std::size_t override_bytes = 8192;  // ECS quota

const ContainerDefinition* find_container(const TaskDefinitionSpec& definition, std::string_view name) {
  const auto& all = definition.container_definitions;
  const auto found = std::ranges::find(all, name, &ContainerDefinition::name);
  return found == all.end() ? nullptr : &*found;
}

// Whether the text reaches a program whole.
bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

void check_texts(const ContainerOverride& one, const Findings& at) {
  for (std::size_t i = 0; i < one.command.size(); ++i) {
    if (has_nul(one.command[i]))
      at.invalid(str("command[", i, ']'), one.command[i], "must not contain a NUL character");
  }
  for (std::size_t i = 0; i < one.environment.size(); ++i) {
    const std::string& value = one.environment[i].value;
    if (has_nul(value)) at.invalid(str("environment[", i, "].value"), value, "must not contain a NUL character");
  }
}

// One container with its override, `changed` being the result.
void check_sizes(const ContainerOverride& one, const ContainerDefinition& changed,
                 std::optional<std::int64_t> task_memory, const Findings& at) {
  const bool both = one.memory && one.memory_reservation;  // then nothing of the definition counts
  if (!both && (one.memory || one.memory_reservation) && changed.memory && changed.memory_reservation &&
      *changed.memory <= *changed.memory_reservation) {
    if (one.memory) {
      at.invalid("memory", *one.memory,
                 str("must be greater than memoryReservation of the definition (", *changed.memory_reservation, ")"));
    } else {
      at.invalid("memoryReservation", *one.memory_reservation,
                 str("must be less than memory of the definition (", *changed.memory, ")"));
    }
  }
  if (task_memory && one.memory_reservation && *one.memory_reservation > *task_memory) {
    at.invalid("memoryReservation", *one.memory_reservation,
               str("must not be greater than the memory of the task (", *task_memory, " MiB)"));
  }
}

void check_sums(const TaskOverride& overrides, const TaskDefinitionSpec& changed, const Findings& findings) {
  const auto task_memory = parse_memory(changed.memory);
  const auto task_cpu = parse_cpu(changed.cpu);
  std::int64_t memory = 0, cpu = 0;
  for (const ContainerDefinition& container : changed.container_definitions) {
    memory += container.memory.value_or(0);
    cpu += container.cpu;
  }
  const auto refuse = [&](const std::string& own, std::string_view field, std::int64_t task, std::int64_t sum,
                          std::string_view unit) {
    const std::string why = str("the containers' ", field, " with the overrides (", sum, unit,
                                ") must not be more than that of the task (", task, unit, ")");
    own.empty() ? findings.forbidden("containerOverrides", why) : findings.invalid(field, own, why);
  };
  if (task_memory && memory > *task_memory) refuse(overrides.memory, "memory", *task_memory, memory, " MiB");
  if (task_cpu && cpu > *task_cpu) refuse(overrides.cpu, "cpu", *task_cpu, cpu, "");
}

}  // namespace

TaskDefinitionSpec overridden(TaskDefinitionSpec definition, const TaskOverride& overrides) {
  if (!overrides.cpu.empty()) definition.cpu = overrides.cpu;
  if (!overrides.memory.empty()) definition.memory = overrides.memory;
  for (const ContainerOverride& each : overrides.container_overrides) {
    for (ContainerDefinition& container : definition.container_definitions) {
      if (container.name != each.name) continue;
      if (each.cpu) container.cpu = *each.cpu;
      if (each.memory) container.memory = each.memory;
      if (each.memory_reservation) container.memory_reservation = each.memory_reservation;
      if (!each.resource_requirements.empty()) container.resource_requirements = each.resource_requirements;
    }
  }
  return definition;
}

void check_overrides(const TaskOverride& overrides, const Findings& findings) {
  for (std::size_t i = 0; i < overrides.container_overrides.size(); ++i) {
    const ContainerOverride& one = overrides.container_overrides[i];
    const Findings at = findings.under("containerOverrides", i);
    if (one.memory && one.memory_reservation && *one.memory <= *one.memory_reservation) {
      at.invalid("memory", *one.memory, str("must be greater than memoryReservation (", *one.memory_reservation, ")"));
    }
    check_texts(one, at);
  }
  if (encode(overrides).size() > override_bytes) findings.too_long("", override_bytes);
}

void check_overrides_of(const TaskOverride& overrides, const TaskDefinitionSpec& definition, std::string_view revision,
                        const Findings& findings) {
  if (overrides == TaskOverride{}) return;
  const TaskDefinitionSpec changed = overridden(definition, overrides);
  const auto task_memory = parse_memory(changed.memory);
  for (std::size_t i = 0; i < overrides.container_overrides.size(); ++i) {
    const ContainerOverride& one = overrides.container_overrides[i];
    const Findings at = findings.under("containerOverrides", i);
    if (const ContainerDefinition* container = find_container(changed, one.name)) {
      check_sizes(one, *container, task_memory, at);
      continue;
    }
    std::vector<std::string> names;
    for (const ContainerDefinition& container : definition.container_definitions) names.push_back(container.name);
    at.invalid("name", one.name,
               str("is not a container of the task definition ", revision, ", which has ", join(names, ", ")));
  }
  check_sums(overrides, changed, findings);
}

}  // namespace muster
