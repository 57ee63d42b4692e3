#include "api/access/attributes.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/types/names.h"

namespace muster::access {

bool User::in_group(std::string_view group) const {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

User service_account_user(std::string_view ns, std::string_view name, std::string uid) {
  User user;
  user.name = str(service_account_prefix, ns, ':', name);
  user.uid = std::move(uid);
  user.groups = {std::string(service_accounts_group), str(service_accounts_group, ':', ns),
                 std::string(authenticated_group)};
  return user;
}

std::optional<std::pair<std::string_view, std::string_view>> service_account_of(std::string_view user_name) {
  if (!user_name.starts_with(service_account_prefix)) return std::nullopt;
  const std::vector<std::string_view> parts = split(user_name.substr(service_account_prefix.size()), ':');
  if (parts.size() != 2 || !is_dns_label(parts[0]) || !is_dns_subdomain(parts[1])) return std::nullopt;
  return std::pair(parts[0], parts[1]);
}

std::string denial(const Attributes& attributes) {
  const std::string who = str("User \"", attributes.user->name, "\" cannot ", attributes.verb);
  if (!attributes.is_resource()) return str(who, " path \"", attributes.path, '"');
  std::string out = str(who, " resource \"", attributes.resource, attributes.subresource.empty() ? "" : "/",
                        attributes.subresource, "\" in API group \"", attributes.group, '"');
  return attributes.ns.empty() ? str(out, " at the cluster scope")
                               : str(out, " in the namespace \"", attributes.ns, '"');
}

}  // namespace muster::access
