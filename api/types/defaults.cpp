#include "api/base/text.h"
#include "api/types/checks.h"
#include "api/types/host_names.h"
#include "api/types/names.h"
#include "api/types/task_size.h"

namespace muster {
namespace {

// Brings sizes into ECS's stored form: units and MiB. What cannot be read stays for validation to name.
void normalise(std::string& cpu, std::string& memory) {
  if (const auto units = parse_cpu(cpu)) cpu = str(*units);
  if (const auto mib = parse_memory(memory)) memory = str(*mib);
}

// What tells the items of a list apart must stand in each of them.
void fill_ports(TaskDefinitionSpec& spec) {
  for (ContainerDefinition& container : spec.container_definitions) {
    for (PortMapping& mapping : container.port_mappings) {
      if (mapping.container_port != 0 || !mapping.container_port_range) continue;
      if (const auto span = parse_port_span(*mapping.container_port_range)) mapping.container_port = span->first;
    }
  }
}

void fill_group(std::string& group, std::string_view definition) {
  const auto reference = parse_definition_reference(definition);
  if (group.empty() && reference) group = str("family:", reference->family);
}

}  // namespace

void apply_defaults(TaskDefinition& object) {
  if (object.spec.family.empty()) object.spec.family = object.metadata.name;
  normalise(object.spec.cpu, object.spec.memory);
  fill_ports(object.spec);
}

void apply_defaults(Service& object) {
  if (object.spec.scheduling_strategy != SchedulingStrategy::daemon) return;
  // REPLICA's defaults mean that nothing was given: 200 is not possible here, and with 100 % nothing could be replaced.
  DeploymentConfiguration& configuration = object.spec.deployment_configuration;
  const DeploymentConfiguration replica;
  if (configuration.maximum_percent == replica.maximum_percent) configuration.maximum_percent = 100;
  if (configuration.minimum_healthy_percent == replica.minimum_healthy_percent)
    configuration.minimum_healthy_percent = 0;
}

void apply_defaults(Task& object) {
  fill_group(object.spec.group, object.spec.task_definition);
  normalise(object.spec.overrides.cpu, object.spec.overrides.memory);
}

void apply_defaults(TaskRun& object) {
  fill_group(object.spec.group, object.spec.task_definition);
  normalise(object.spec.overrides.cpu, object.spec.overrides.memory);
}

void apply_defaults(ContainerInstance& object) {
  if (object.spec.cluster.empty()) object.spec.cluster = "default";
}

}  // namespace muster
