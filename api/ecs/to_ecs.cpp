#include <utility>

#include "api/base/text.h"
#include "api/ecs/task_definition.h"
#include "api/schema/describe.h"
#include "api/schema/encode.h"

namespace muster::ecs {
namespace {

void add(Node& map, std::string_view name, Node value) {
  map.members.emplace_back(std::string(name), std::move(value));
}

Node text(std::string_view value) {
  return Node::of(std::string(value));
}

// ECS writes these even when they are empty or zero (ecs.md section 11).
void add_missing(Node& container, std::string_view name, Node value) {
  if (container.find(name) == nullptr) add(container, name, std::move(value));
}

Node port_mapping(const PortMapping& mapping, NetworkMode mode) {
  Node out = Node::map();
  if (mapping.container_port_range) {
    add(out, "containerPortRange", text(*mapping.container_port_range));
  } else {
    add(out, "containerPort", Node::of(std::int64_t{mapping.container_port}));
    const std::int32_t host = mode == NetworkMode::host ? mapping.container_port : mapping.host_port;
    add(out, "hostPort", Node::of(std::int64_t{host}));
  }
  add(out, "protocol", text(name_of(mapping.protocol)));
  if (!mapping.name.empty()) add(out, "name", text(mapping.name));
  if (!mapping.app_protocol.empty()) add(out, "appProtocol", text(mapping.app_protocol));
  return out;
}

Node container_definition(const ContainerDefinition& definition, NetworkMode mode) {
  Node out = to_node(*type_of<ContainerDefinition>(), &definition);
  Node ports = Node::list();
  for (const PortMapping& mapping : definition.port_mappings) ports.items.push_back(port_mapping(mapping, mode));
  out.erase("portMappings");
  add(out, "portMappings", std::move(ports));
  add_missing(out, "cpu", Node::of(std::int64_t{0}));
  add_missing(out, "essential", Node::of(false));
  for (const std::string_view list : {"environment", "mountPoints", "volumesFrom", "systemControls"}) {
    add_missing(out, list, Node::list());
  }
  return out;
}

Node volume(const Volume& volume) {
  Node out = Node::map();
  add(out, "name", text(volume.name));
  if (!volume.docker) {
    Node host = Node::map();
    if (volume.host && !volume.host->source_path.empty()) add(host, "sourcePath", text(volume.host->source_path));
    add(out, "host", std::move(host));
    return out;
  }
  Node docker = to_node(*type_of<DockerVolume>(), &*volume.docker);
  add_missing(docker, "scope", text(name_of(volume.docker->scope)));
  add_missing(docker, "driver", text(volume.docker->driver));
  add(out, "dockerVolumeConfiguration", std::move(docker));
  return out;
}

}  // namespace

Node to_ecs(const TaskDefinitionRevision& revision, const ToEcsOptions& options) {
  const TaskDefinitionSpec& spec = revision.spec;
  Node out = Node::map();
  add(out, "taskDefinitionArn", text(str(options.arn_prefix, spec.family, ':', revision.status.revision)));
  Node containers = Node::list();
  for (const ContainerDefinition& container : spec.container_definitions) {
    containers.items.push_back(container_definition(container, spec.network_mode));
  }
  add(out, "containerDefinitions", std::move(containers));
  add(out, "family", text(spec.family));
  add(out, "networkMode", text(name_of(spec.network_mode)));
  add(out, "revision", Node::of(revision.status.revision));
  Node volumes = Node::list();
  for (const Volume& each : spec.volumes) volumes.items.push_back(volume(each));
  add(out, "volumes", std::move(volumes));
  add(out, "status", text(name_of(revision.status.status)));
  Node constraints = Node::list();
  for (const PlacementConstraint& constraint : spec.placement_constraints) {
    constraints.items.push_back(to_node(*type_of<PlacementConstraint>(), &constraint));
  }
  add(out, "placementConstraints", std::move(constraints));
  Node compatibilities = Node::list();
  compatibilities.items = {text("EXTERNAL"), text("EC2")};
  add(out, "compatibilities", std::move(compatibilities));
  if (!spec.cpu.empty()) add(out, "cpu", text(spec.cpu));
  if (!spec.memory.empty()) add(out, "memory", text(spec.memory));
  if (spec.pid_mode) add(out, "pidMode", text(name_of(*spec.pid_mode)));
  if (spec.ipc_mode) add(out, "ipcMode", text(name_of(*spec.ipc_mode)));
  if (is_set(revision.metadata.creation_timestamp)) {
    add(out, "registeredAt", text(format_time(revision.metadata.creation_timestamp)));
  }
  add(out, "registeredBy", text(options.registered_by));
  return out;
}

}  // namespace muster::ecs
