#include "api/access/authorizer.h"

#include "api/base/text.h"
#include "api/types/cluster.h"

namespace muster::access {
namespace {

// The container instance that the user is the agent of; empty for everybody else.
std::string_view instance_of(const User& user) {
  const std::string_view name = user.name;
  if (!name.starts_with(node_user_prefix) || !user.in_group(nodes_group)) return {};
  return name.substr(node_user_prefix.size());
}

// Everything else that an agent may know is sent to it over its connection.
bool agent_may(std::string_view instance, const Attributes& asked) {
  if (!asked.is_resource() || asked.group != "muster.dev" || asked.name.empty()) return false;
  if (asked.resource != kind_of<ContainerInstance>().plural || asked.name != instance) return false;
  if (asked.subresource == "agent" || asked.subresource == "streams") return asked.verb == connect_verb;
  return asked.subresource == "certificate" && asked.verb == "create";
}

}  // namespace

Decision decide(const State& /*state*/, const Policy& policy, const Attributes& attributes) {
  const std::string_view instance = instance_of(*attributes.user);
  if (!instance.empty() && agent_may(instance, attributes)) {
    return {true, str("it belongs to the agent of container instance \"", instance, '"')};
  }
  return policy.decide(attributes);
}

Decision decide(const State& state, const Attributes& attributes) {
  return decide(state, Policy(state), attributes);
}

Error forbidden(const Attributes& attributes) {
  if (!attributes.is_resource()) return Error{Code::forbidden, str("forbidden: ", denial(attributes)), {}};
  const std::string resource =
      attributes.group.empty() ? std::string(attributes.resource) : str(attributes.resource, '.', attributes.group);
  const std::string name = attributes.name.empty() ? std::string() : str(" \"", attributes.name, '"');
  return Error{Code::forbidden, str(resource, name, " is forbidden: ", denial(attributes)), {}};
}

}  // namespace muster::access
