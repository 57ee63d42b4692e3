#include "api/types/host_access.h"

#include <algorithm>
#include <array>

#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/host_names.h"

namespace muster {
namespace {

constexpr std::array<std::string_view, 9> words = {"privileged",   "hostPaths",       "devices",
                                                   "capabilities", "securityOptions", "hostNetwork",
                                                   "hostPid",      "hostIpc",         "sharedVolumes"};

// Takes only from the container, or gives what it has.
bool is_harmless(std::string_view security_option) {
  return security_option.starts_with("no-new-privileges");
}

void add_volumes(const TaskDefinitionSpec& spec, std::vector<HostAccessUse>& out) {
  for (std::size_t i = 0; i < spec.volumes.size(); ++i) {
    const Volume& volume = spec.volumes[i];
    const std::string at = str("volumes[", i, "].");
    if (volume.host && !volume.host->source_path.empty())
      out.push_back({HostAccess::host_paths, at + "host.sourcePath"});
    if (!volume.docker) continue;
    const std::string docker = at + "dockerVolumeConfiguration.";
    if (volume.docker->scope == VolumeScope::shared) out.push_back({HostAccess::shared_volumes, docker + "scope"});
    if (!volume.docker->driver_opts.empty()) out.push_back({HostAccess::host_paths, docker + "driverOpts"});
  }
}

void add_container(const ContainerDefinition& container, const std::string& at, std::vector<HostAccessUse>& out) {
  if (container.privileged) out.push_back({HostAccess::privileged, at + "privileged"});
  if (container.linux_parameters) {
    const LinuxParameters& parameters = *container.linux_parameters;
    const std::string here = at + "linuxParameters.";
    if (parameters.capabilities && !std::ranges::all_of(parameters.capabilities->add, is_default_capability)) {
      out.push_back({HostAccess::capabilities, here + "capabilities.add"});
    }
    if (!parameters.devices.empty()) out.push_back({HostAccess::devices, here + "devices"});
  }
  if (!std::ranges::all_of(container.docker_security_options, is_harmless)) {
    out.push_back({HostAccess::security_options, at + "dockerSecurityOptions"});
  }
}

}  // namespace

std::string_view word_of(HostAccess access) {
  return words.at(static_cast<std::size_t>(access));
}

std::vector<HostAccessUse> host_access_of(const TaskDefinitionSpec& spec) {
  std::vector<HostAccessUse> out;
  for (std::size_t i = 0; i < spec.container_definitions.size(); ++i) {
    add_container(spec.container_definitions[i], str("containerDefinitions[", i, "]."), out);
  }
  if (spec.network_mode == NetworkMode::host) out.push_back({HostAccess::host_network, "networkMode"});
  add_volumes(spec, out);
  if (spec.pid_mode == PidMode::host) out.push_back({HostAccess::host_pid, "pidMode"});
  if (spec.ipc_mode == IpcMode::host) out.push_back({HostAccess::host_ipc, "ipcMode"});
  return out;
}

Result<HostAllowance> HostAllowance::parse(std::string_view text) {
  HostAllowance out;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view word = trim(part);
    const auto known = std::ranges::find(words, word);
    if (known != words.end()) {
      out.allowed_.set(static_cast<std::size_t>(known - words.begin()));
    } else if (word == "all") {
      out.allowed_.set();
    } else if (word != "none" && !word.empty()) {
      return Error{Code::invalid,
                   str("must be all, none, or words separated by commas: ", join({words.begin(), words.end()}, ", ")),
                   {}};
    }
  }
  return out;
}

HostAllowance HostAllowance::of(const Namespace& ns) {
  const auto found = ns.metadata.annotations.find(host_access_annotation);
  if (found == ns.metadata.annotations.end()) return {};
  const auto parsed = parse(found->second);
  return parsed.ok() ? *parsed : HostAllowance();
}

std::string HostAllowance::text() const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (allowed_[i]) parts.emplace_back(words[i]);
  }
  return parts.empty() ? "none" : join(parts, ",");
}

void check_host_access(const TaskDefinitionSpec& spec, const Namespace& ns, const Findings& findings) {
  const HostAllowance allowance = HostAllowance::of(ns);
  const std::vector<HostAccessUse> uses = host_access_of(spec);
  HostAllowance needed = allowance;
  for (const HostAccessUse& use : uses) needed.allow(use.access);
  for (const HostAccessUse& use : uses) {
    if (allowance.allows(use.access)) continue;
    findings.forbidden(
        use.field, str("gives power over the host (", word_of(use.access), "), which namespace \"", ns.metadata.name,
                       "\" does not allow; who may write Namespaces can allow it by its annotation ",
                       host_access_annotation, '=', needed.text()));
  }
}

std::string refused_host_access(const TaskDefinitionSpec& spec, const Namespace& ns) {
  const HostAllowance allowance = HostAllowance::of(ns);
  HostAllowance needed = allowance;
  std::vector<std::string> fields;
  for (const HostAccessUse& use : host_access_of(spec)) {
    needed.allow(use.access);
    if (!allowance.allows(use.access)) fields.push_back(use.field);
  }
  if (fields.empty()) return {};
  return str("the task definition has ", join(fields, ", "), ", which gives power over the host that namespace \"",
             ns.metadata.name, "\" does not allow; who may write Namespaces can allow it by its annotation ",
             host_access_annotation, '=', needed.text());
}

}  // namespace muster
