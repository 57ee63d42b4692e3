// The texts of discovery: which groups, versions and resources there are, in each form that clients ask for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/openapi/served.h"

namespace muster::server {

// apidiscovery.k8s.io APIGroupDiscoveryList of the core group, or of all others. `version` is "v2" or "v2beta1".
enum class Groups { core, named };
std::string aggregated_discovery(Groups groups, std::string_view version);

// The older form, piece by piece.
std::string api_versions();
std::string api_group_list();
std::string api_group(const openapi::GroupVersion& group_version);
std::string api_resource_list(const openapi::GroupVersion& group_version);

// What /version answers: a recent minor of Kubernetes, because clients choose their ways by it.
std::string version_info();
// What / answers.
std::string path_list(const std::vector<std::string>& paths);

}  // namespace muster::server
