#include "api/ecs/fields.h"

#include <array>

namespace muster::ecs {
namespace {

constexpr std::string_view not_yet = "is not supported yet";

constexpr auto rules = std::to_array<FieldRule>({
    {"family", Support::supported, "becomes metadata.name"},
    {"containerDefinitions", Support::supported, ""},
    {"containerDefinitions[].name", Support::supported, ""},
    {"containerDefinitions[].image", Support::supported, ""},
    {"containerDefinitions[].repositoryCredentials", Support::refused,
     "is not supported yet: log the container engine of the hosts in to the registry instead"},
    {"containerDefinitions[].cpu", Support::supported, ""},
    {"containerDefinitions[].memory", Support::supported, ""},
    {"containerDefinitions[].memoryReservation", Support::supported, ""},
    {"containerDefinitions[].essential", Support::supported, ""},
    {"containerDefinitions[].entryPoint", Support::supported, ""},
    {"containerDefinitions[].command", Support::supported, ""},
    {"containerDefinitions[].environment", Support::supported, "the last of several values of one name counts"},
    {"containerDefinitions[].environment[].name", Support::supported, ""},
    {"containerDefinitions[].environment[].value", Support::supported, ""},
    {"containerDefinitions[].environmentFiles", Support::refused,
     "is not supported: there is no S3 here; put the variables into environment"},
    {"containerDefinitions[].secrets", Support::refused, not_yet},
    {"containerDefinitions[].links", Support::supported, ""},
    {"containerDefinitions[].portMappings", Support::supported, ""},
    {"containerDefinitions[].portMappings[].containerPort", Support::supported, ""},
    {"containerDefinitions[].portMappings[].hostPort", Support::supported, ""},
    {"containerDefinitions[].portMappings[].protocol", Support::supported, ""},
    {"containerDefinitions[].portMappings[].name", Support::supported, ""},
    {"containerDefinitions[].portMappings[].appProtocol", Support::supported, ""},
    {"containerDefinitions[].portMappings[].containerPortRange", Support::refused, not_yet},
    {"containerDefinitions[].dependsOn", Support::supported, ""},
    {"containerDefinitions[].dependsOn[].containerName", Support::supported, ""},
    {"containerDefinitions[].dependsOn[].condition", Support::supported, ""},
    {"containerDefinitions[].startTimeout", Support::supported, ""},
    {"containerDefinitions[].stopTimeout", Support::supported, ""},
    {"containerDefinitions[].restartPolicy", Support::refused, not_yet},
    {"containerDefinitions[].healthCheck", Support::supported, ""},
    {"containerDefinitions[].healthCheck.command", Support::supported, ""},
    {"containerDefinitions[].healthCheck.interval", Support::supported, ""},
    {"containerDefinitions[].healthCheck.timeout", Support::supported, ""},
    {"containerDefinitions[].healthCheck.retries", Support::supported, ""},
    {"containerDefinitions[].healthCheck.startPeriod", Support::supported, ""},
    {"containerDefinitions[].mountPoints", Support::refused, not_yet},
    {"containerDefinitions[].volumesFrom", Support::refused, not_yet},
    {"containerDefinitions[].logConfiguration", Support::accepted,
     "is left out: the output of awslogs and json-file goes to the local log, see `muster logs`"},
    {"containerDefinitions[].firelensConfiguration", Support::refused, "is not supported: there is no log router"},
    {"containerDefinitions[].linuxParameters", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.capabilities", Support::refused, not_yet},
    {"containerDefinitions[].linuxParameters.devices", Support::refused, not_yet},
    {"containerDefinitions[].linuxParameters.initProcessEnabled", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.sharedMemorySize", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.tmpfs", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.tmpfs[].containerPath", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.tmpfs[].size", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.tmpfs[].mountOptions", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.maxSwap", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.swappiness", Support::supported, ""},
    {"containerDefinitions[].ulimits", Support::supported, ""},
    {"containerDefinitions[].ulimits[].name", Support::supported, ""},
    {"containerDefinitions[].ulimits[].softLimit", Support::supported, ""},
    {"containerDefinitions[].ulimits[].hardLimit", Support::supported, ""},
    {"containerDefinitions[].systemControls", Support::refused, not_yet},
    {"containerDefinitions[].dockerLabels", Support::supported, ""},
    {"containerDefinitions[].dockerSecurityOptions", Support::refused, not_yet},
    {"containerDefinitions[].user", Support::supported, ""},
    {"containerDefinitions[].workingDirectory", Support::supported, ""},
    {"containerDefinitions[].hostname", Support::supported, ""},
    {"containerDefinitions[].privileged", Support::refused, not_yet},
    {"containerDefinitions[].readonlyRootFilesystem", Support::supported, ""},
    {"containerDefinitions[].disableNetworking", Support::refused,
     "is not supported yet; networkMode none leaves the whole task without a network"},
    {"containerDefinitions[].interactive", Support::supported, ""},
    {"containerDefinitions[].pseudoTerminal", Support::supported, ""},
    {"containerDefinitions[].dnsServers", Support::supported, ""},
    {"containerDefinitions[].dnsSearchDomains", Support::supported, ""},
    {"containerDefinitions[].extraHosts", Support::supported, ""},
    {"containerDefinitions[].extraHosts[].hostname", Support::supported, ""},
    {"containerDefinitions[].extraHosts[].ipAddress", Support::supported, ""},
    {"containerDefinitions[].resourceRequirements", Support::refused, not_yet},
    {"containerDefinitions[].versionConsistency", Support::accepted,
     "is left out: tags are not resolved to digests yet; name the image by digest to pin it"},
    {"containerDefinitions[].credentialSpecs", Support::refused, "is not supported: it is for Windows containers"},
    {"taskRoleArn", Support::accepted, "is left out: there is no IAM here, the tasks get no AWS credentials"},
    {"executionRoleArn", Support::accepted,
     "is left out: there is no IAM here, images are pulled with the credentials of the host"},
    {"networkMode", Support::supported, "awsvpc is refused, unless it is asked to run as bridge"},
    {"volumes", Support::refused, not_yet},
    {"volumes[].efsVolumeConfiguration", Support::refused, "is not supported: EFS is a service of AWS"},
    {"volumes[].fsxWindowsFileServerVolumeConfiguration", Support::refused,
     "is not supported: FSx is a service of AWS"},
    {"volumes[].configuredAtLaunch", Support::refused, "is not supported: EBS is a service of AWS"},
    {"placementConstraints", Support::supported, ""},
    {"placementConstraints[].type", Support::supported, ""},
    {"placementConstraints[].expression", Support::supported, ""},
    {"requiresCompatibilities", Support::accepted,
     "is left out: every task runs on a container instance of the cluster"},
    {"cpu", Support::supported, ""},
    {"memory", Support::supported, ""},
    {"pidMode", Support::refused, not_yet},
    {"ipcMode", Support::refused, not_yet},
    {"runtimePlatform", Support::accepted,
     "is left out: use a placement constraint on the attribute ecs.cpu-architecture where hosts differ"},
    {"proxyConfiguration", Support::refused, "is not supported: App Mesh is a service of AWS"},
    {"ephemeralStorage", Support::accepted, "is left out: containers use the disk of the host"},
    {"inferenceAccelerators", Support::accepted, "is left out: AWS has retired it"},
    {"enableFaultInjection", Support::accepted, "is left out: there is no fault injection"},
    {"tags", Support::accepted, "is left out: use labels and annotations in a TaskDefinition manifest"},
    {"taskDefinitionArn", Support::output_only, ""},
    {"revision", Support::output_only, ""},
    {"status", Support::output_only, ""},
    {"requiresAttributes", Support::output_only, ""},
    {"compatibilities", Support::output_only, ""},
    {"registeredAt", Support::output_only, ""},
    {"registeredBy", Support::output_only, ""},
    {"deregisteredAt", Support::output_only, ""},
    {"deleteRequestedAt", Support::output_only, ""},
});

std::string_view heading(Support support) {
  switch (support) {
    case Support::supported: return "supported";
    case Support::accepted: return "accepted with a warning";
    case Support::output_only: return "output only, accepted with a warning";
    case Support::refused: return "refused unless empty";
  }
  return {};
}

}  // namespace

std::span<const FieldRule> field_rules() {
  return rules;
}

const FieldRule* find_rule(std::string_view path) {
  for (const FieldRule& rule : rules) {
    if (rule.path == path) return &rule;
  }
  return nullptr;
}

std::string fields_markdown() {
  std::string out = "| Field | | |\n|---|---|---|\n";
  for (const FieldRule& rule : rules) {
    out += "| `";
    out += rule.path;
    out += "` | ";
    out += heading(rule.support);
    out += " | ";
    out += rule.sentence;
    out += " |\n";
  }
  return out;
}

}  // namespace muster::ecs
