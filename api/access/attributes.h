// Who asks, and for what: the input of every decision about access.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::access {

// Groups and users with a meaning of their own.
inline constexpr std::string_view masters_group = "system:masters";  // may do everything, whatever the roles say
inline constexpr std::string_view authenticated_group = "system:authenticated";
inline constexpr std::string_view unauthenticated_group = "system:unauthenticated";
inline constexpr std::string_view anonymous_user = "system:anonymous";
inline constexpr std::string_view nodes_group = "system:nodes";       // the agents
inline constexpr std::string_view node_user_prefix = "system:node:";  // and the name of the container instance
inline constexpr std::string_view monitoring_group = "system:monitoring";
inline constexpr std::string_view service_account_prefix = "system:serviceaccount:";
inline constexpr std::string_view service_accounts_group = "system:serviceaccounts";

// Verbs beside those of HTTP.
inline constexpr std::string_view escalate_verb = "escalate";  // on roles: to write rules that one does not have
inline constexpr std::string_view bind_verb = "bind";          // on roles: to bind a role that one does not have
inline constexpr std::string_view connect_verb = "connect";    // on containerinstances/agent and /streams: an agent's
inline constexpr std::string_view place_verb = "place";        // on tasks: to set spec.containerInstance

struct User {
  std::string name, uid;
  std::vector<std::string> groups;
  std::map<std::string, std::vector<std::string>, std::less<>> extra;
  bool operator==(const User&) const = default;

  bool in_group(std::string_view group) const;
};

// The user of a service account, with the groups that every one has (system:authenticated included).
User service_account_user(std::string_view ns, std::string_view name, std::string uid);
// Namespace and name of the service account that a user of this name is; nothing when it is none, or malformed.
std::optional<std::pair<std::string_view, std::string_view>> service_account_of(std::string_view user_name);

// A request for a resource, or for a path that is none.
struct Attributes {
  const User* user = nullptr;    // never null when asked; must outlive the question
  std::string_view verb;         // "get", "list" ...; of a path: the method in lower case
  std::string_view group;        // "muster.dev"; empty for the core group
  std::string_view resource;     // "tasks"
  std::string_view subresource;  // "status"; empty for the object
  std::string_view ns;           // empty: cluster-wide kinds, or all namespaces
  std::string_view name;         // of the object, or the one that a list or watch selects; empty on create
  std::string_view path;         // "/metrics"; not empty: no resource is meant

  bool is_resource() const { return path.empty(); }
};

// `User "ann" cannot get resource "tasks/log" in API group "muster.dev" in the namespace "default"`.
std::string denial(const Attributes& attributes);

}  // namespace muster::access
