// What in a task definition amounts to root on the host, and which of it a namespace allows.
//
// The allowance is the annotation muster.dev/host-access of the Namespace, which only those can set who may write
// Namespaces: words separated by commas, `all`, or `none`. Without it nothing is allowed.
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/types/findings.h"
#include "api/types/task_definition.h"

namespace muster {

struct Namespace;

inline constexpr std::string_view host_access_annotation = "muster.dev/host-access";

enum class HostAccess {
  privileged,
  host_paths,  // volumes with a path of the host, or with options of their driver, which can name one
  devices,
  capabilities,      // beside those that every container has
  security_options,  // other profiles than the engine's own
  host_network,
  host_pid,
  host_ipc,
  shared_volumes,  // volumes of the engine that other namespaces name as well
};
// "hostNetwork"
std::string_view word_of(HostAccess access);

struct HostAccessUse {
  HostAccess access{};
  std::string field;  // under the spec: "containerDefinitions[0].privileged"
};
// In the order of the fields.
std::vector<HostAccessUse> host_access_of(const TaskDefinitionSpec& spec);

class HostAllowance {
 public:
  // Code::invalid names the word that is none.
  static Result<HostAllowance> parse(std::string_view text);
  // What a stored namespace allows: nothing where the annotation is absent or cannot be read.
  static HostAllowance of(const Namespace& ns);

  bool allows(HostAccess access) const { return allowed_[static_cast<std::size_t>(access)]; }
  void allow(HostAccess access) { allowed_.set(static_cast<std::size_t>(access)); }
  // As the annotation has it.
  std::string text() const;
  bool operator==(const HostAllowance&) const = default;

 private:
  std::bitset<9> allowed_;
};

// One finding for each use that the namespace does not allow; `findings` is at the spec.
void check_host_access(const TaskDefinitionSpec& spec, const Namespace& ns, const Findings& findings);
// The same as one sentence for tasks that are to run; empty when all is allowed.
std::string refused_host_access(const TaskDefinitionSpec& spec, const Namespace& ns);

}  // namespace muster
