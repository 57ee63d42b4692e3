#include "api/ecs/fields.h"

#include <array>

namespace muster::ecs {
namespace {

constexpr auto rules = std::to_array<FieldRule>({
    {"family", Support::supported, "becomes metadata.name"},
    {"containerDefinitions", Support::supported, ""},
    {"containerDefinitions[].name", Support::supported, ""},
    {"containerDefinitions[].image", Support::supported, ""},
    {"containerDefinitions[].repositoryCredentials", Support::supported, ""},
    {"containerDefinitions[].repositoryCredentials.credentialsParameter", Support::supported,
     "the name of a Secret of the namespace; ARNs of Secrets Manager are refused"},
    {"containerDefinitions[].cpu", Support::supported, ""},
    {"containerDefinitions[].memory", Support::supported, ""},
    {"containerDefinitions[].memoryReservation", Support::supported, ""},
    {"containerDefinitions[].essential", Support::supported, ""},
    {"containerDefinitions[].entryPoint", Support::supported, ""},
    {"containerDefinitions[].command", Support::supported, ""},
    {"containerDefinitions[].environment", Support::supported, "the last of several values of one name counts"},
    {"containerDefinitions[].environment[].name", Support::supported, ""},
    {"containerDefinitions[].environment[].value", Support::supported, ""},
    {"containerDefinitions[].environmentFiles", Support::supported,
     "the lines are in a Secret or ConfigMap of the namespace; the type s3 is refused"},
    {"containerDefinitions[].environmentFiles[].type", Support::supported, "secret or configMap"},
    {"containerDefinitions[].environmentFiles[].value", Support::supported, "NAME:KEY"},
    {"containerDefinitions[].secrets", Support::supported, "the values are in Secrets of the namespace"},
    {"containerDefinitions[].secrets[].name", Support::supported, ""},
    {"containerDefinitions[].secrets[].valueFrom", Support::supported,
     "NAME:KEY of a Secret, or configmap/NAME:KEY; ARNs of SSM and Secrets Manager are refused"},
    {"containerDefinitions[].envFrom", Support::supported,
     "not of ECS: all values of a Secret or ConfigMap, as in Kubernetes"},
    {"containerDefinitions[].envFrom[].prefix", Support::supported, ""},
    {"containerDefinitions[].envFrom[].secretRef", Support::supported, ""},
    {"containerDefinitions[].envFrom[].secretRef.name", Support::supported, ""},
    {"containerDefinitions[].envFrom[].secretRef.optional", Support::supported, ""},
    {"containerDefinitions[].envFrom[].configMapRef", Support::supported, ""},
    {"containerDefinitions[].envFrom[].configMapRef.name", Support::supported, ""},
    {"containerDefinitions[].envFrom[].configMapRef.optional", Support::supported, ""},
    {"containerDefinitions[].configFiles", Support::supported, "not of ECS: files from a Secret or ConfigMap"},
    {"containerDefinitions[].configFiles[].containerPath", Support::supported, ""},
    {"containerDefinitions[].configFiles[].secretRef", Support::supported, ""},
    {"containerDefinitions[].configFiles[].secretRef.name", Support::supported, ""},
    {"containerDefinitions[].configFiles[].secretRef.optional", Support::supported, ""},
    {"containerDefinitions[].configFiles[].configMapRef", Support::supported, ""},
    {"containerDefinitions[].configFiles[].configMapRef.name", Support::supported, ""},
    {"containerDefinitions[].configFiles[].configMapRef.optional", Support::supported, ""},
    {"containerDefinitions[].configFiles[].key", Support::supported, ""},
    {"containerDefinitions[].configFiles[].items", Support::supported, ""},
    {"containerDefinitions[].configFiles[].items[].key", Support::supported, ""},
    {"containerDefinitions[].configFiles[].items[].path", Support::supported, ""},
    {"containerDefinitions[].configFiles[].items[].mode", Support::supported, ""},
    {"containerDefinitions[].configFiles[].mode", Support::supported, ""},
    {"containerDefinitions[].configFiles[].owner", Support::supported, ""},
    {"containerDefinitions[].links", Support::supported, ""},
    {"containerDefinitions[].portMappings", Support::supported, ""},
    {"containerDefinitions[].portMappings[].containerPort", Support::supported, ""},
    {"containerDefinitions[].portMappings[].hostPort", Support::supported, ""},
    {"containerDefinitions[].portMappings[].protocol", Support::supported, ""},
    {"containerDefinitions[].portMappings[].name", Support::supported, ""},
    {"containerDefinitions[].portMappings[].appProtocol", Support::supported, ""},
    {"containerDefinitions[].portMappings[].containerPortRange", Support::supported, ""},
    {"containerDefinitions[].dependsOn", Support::supported, ""},
    {"containerDefinitions[].dependsOn[].containerName", Support::supported, ""},
    {"containerDefinitions[].dependsOn[].condition", Support::supported, ""},
    {"containerDefinitions[].startTimeout", Support::supported, ""},
    {"containerDefinitions[].stopTimeout", Support::supported, ""},
    {"containerDefinitions[].restartPolicy", Support::supported, ""},
    {"containerDefinitions[].restartPolicy.enabled", Support::supported, ""},
    {"containerDefinitions[].restartPolicy.ignoredExitCodes", Support::supported, ""},
    {"containerDefinitions[].restartPolicy.restartAttemptPeriod", Support::supported, ""},
    {"containerDefinitions[].healthCheck", Support::supported, ""},
    {"containerDefinitions[].healthCheck.command", Support::supported, ""},
    {"containerDefinitions[].healthCheck.interval", Support::supported, ""},
    {"containerDefinitions[].healthCheck.timeout", Support::supported, ""},
    {"containerDefinitions[].healthCheck.retries", Support::supported, ""},
    {"containerDefinitions[].healthCheck.startPeriod", Support::supported, ""},
    {"containerDefinitions[].readinessCheck", Support::supported,
     "not of ECS: gates traffic and rollouts, stops nothing"},
    {"containerDefinitions[].readinessCheck.command", Support::supported, ""},
    {"containerDefinitions[].readinessCheck.interval", Support::supported, ""},
    {"containerDefinitions[].readinessCheck.timeout", Support::supported, ""},
    {"containerDefinitions[].readinessCheck.retries", Support::supported, ""},
    {"containerDefinitions[].readinessCheck.startPeriod", Support::supported, ""},
    {"containerDefinitions[].mountPoints", Support::supported, ""},
    {"containerDefinitions[].mountPoints[].sourceVolume", Support::supported, ""},
    {"containerDefinitions[].mountPoints[].containerPath", Support::supported, ""},
    {"containerDefinitions[].mountPoints[].readOnly", Support::supported, ""},
    {"containerDefinitions[].volumesFrom", Support::supported, ""},
    {"containerDefinitions[].volumesFrom[].sourceContainer", Support::supported, ""},
    {"containerDefinitions[].volumesFrom[].readOnly", Support::supported, ""},
    {"containerDefinitions[].logConfiguration", Support::supported,
     "awslogs is left out with a warning, the output goes to the local log; awsfirelens is refused"},
    {"containerDefinitions[].logConfiguration.logDriver", Support::supported, "a log driver of the Docker Engine"},
    {"containerDefinitions[].logConfiguration.options", Support::supported, ""},
    {"containerDefinitions[].logConfiguration.secretOptions", Support::supported,
     "the values are in Secrets of the namespace"},
    {"containerDefinitions[].logConfiguration.secretOptions[].name", Support::supported, ""},
    {"containerDefinitions[].logConfiguration.secretOptions[].valueFrom", Support::supported,
     "NAME:KEY of a Secret, or configmap/NAME:KEY"},
    {"containerDefinitions[].firelensConfiguration", Support::refused, "is not supported: there is no log router"},
    {"containerDefinitions[].linuxParameters", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.capabilities", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.capabilities.add", Support::supported,
     "needs an allowance of the namespace, except for those that every container has"},
    {"containerDefinitions[].linuxParameters.capabilities.drop", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.devices", Support::supported, "needs an allowance of the namespace"},
    {"containerDefinitions[].linuxParameters.devices[].hostPath", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.devices[].containerPath", Support::supported, ""},
    {"containerDefinitions[].linuxParameters.devices[].permissions", Support::supported, ""},
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
    {"containerDefinitions[].systemControls", Support::supported, ""},
    {"containerDefinitions[].systemControls[].namespace", Support::supported, ""},
    {"containerDefinitions[].systemControls[].value", Support::supported, ""},
    {"containerDefinitions[].dockerLabels", Support::supported, ""},
    {"containerDefinitions[].dockerSecurityOptions", Support::supported,
     "needs an allowance of the namespace, except for no-new-privileges; credentialspec is refused: it is for Windows"},
    {"containerDefinitions[].user", Support::supported, ""},
    {"containerDefinitions[].workingDirectory", Support::supported, ""},
    {"containerDefinitions[].hostname", Support::supported, ""},
    {"containerDefinitions[].privileged", Support::supported, "needs an allowance of the namespace"},
    {"containerDefinitions[].readonlyRootFilesystem", Support::supported, ""},
    {"containerDefinitions[].disableNetworking", Support::supported, ""},
    {"containerDefinitions[].interactive", Support::supported, ""},
    {"containerDefinitions[].pseudoTerminal", Support::supported, ""},
    {"containerDefinitions[].dnsServers", Support::supported, ""},
    {"containerDefinitions[].dnsSearchDomains", Support::supported, ""},
    {"containerDefinitions[].extraHosts", Support::supported, ""},
    {"containerDefinitions[].extraHosts[].hostname", Support::supported, ""},
    {"containerDefinitions[].extraHosts[].ipAddress", Support::supported, ""},
    {"containerDefinitions[].resourceRequirements", Support::supported, ""},
    {"containerDefinitions[].resourceRequirements[].type", Support::supported,
     "GPU; InferenceAccelerator is refused: AWS has retired it"},
    {"containerDefinitions[].resourceRequirements[].value", Support::supported, ""},
    {"containerDefinitions[].versionConsistency", Support::supported, ""},
    {"containerDefinitions[].credentialSpecs", Support::refused, "is not supported: it is for Windows containers"},
    {"taskRoleArn", Support::accepted, "is left out: there is no IAM here, the tasks get no AWS credentials"},
    {"executionRoleArn", Support::accepted,
     "is left out: there is no IAM here, images are pulled with repositoryCredentials or those of the host"},
    {"networkMode", Support::supported,
     "awsvpc is refused, unless it is asked to run as bridge; host needs an allowance of the namespace"},
    {"volumes", Support::supported, ""},
    {"volumes[].name", Support::supported, ""},
    {"volumes[].host", Support::supported, ""},
    {"volumes[].host.sourcePath", Support::supported, "needs an allowance of the namespace"},
    {"volumes[].dockerVolumeConfiguration", Support::supported, ""},
    {"volumes[].dockerVolumeConfiguration.scope", Support::supported, "shared needs an allowance of the namespace"},
    {"volumes[].dockerVolumeConfiguration.autoprovision", Support::supported, ""},
    {"volumes[].dockerVolumeConfiguration.driver", Support::supported, ""},
    {"volumes[].dockerVolumeConfiguration.driverOpts", Support::supported, "needs an allowance of the namespace"},
    {"volumes[].dockerVolumeConfiguration.labels", Support::supported, ""},
    {"volumes[].efsVolumeConfiguration", Support::refused, "is not supported: EFS is a service of AWS"},
    {"volumes[].fsxWindowsFileServerVolumeConfiguration", Support::refused,
     "is not supported: FSx is a service of AWS"},
    {"volumes[].configuredAtLaunch", Support::refused, "is not supported: EBS is a service of AWS"},
    {"placementConstraints", Support::supported, ""},
    {"placementConstraints[].type", Support::supported, ""},
    {"placementConstraints[].expression", Support::supported, ""},
    {"tolerations", Support::supported, "not of ECS: taints of instances that the task puts up with"},
    {"tolerations[].key", Support::supported, ""},
    {"tolerations[].operator", Support::supported, ""},
    {"tolerations[].value", Support::supported, ""},
    {"tolerations[].effect", Support::supported, ""},
    {"requiresCompatibilities", Support::accepted,
     "is left out: every task runs on a container instance of the cluster"},
    {"cpu", Support::supported, ""},
    {"memory", Support::supported, ""},
    {"pidMode", Support::supported, "host needs an allowance of the namespace"},
    {"ipcMode", Support::supported, "host needs an allowance of the namespace"},
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
