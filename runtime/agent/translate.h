// Between the words of controllers/task and those of the drivers.
#pragma once

#include "controllers/task/container_config.h"
#include "controllers/task/observed.h"
#include "controllers/task/volumes.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

// Host ports that are to be chosen stay 0.
drivers::ContainerConfig to_driver(const task::ContainerConfig& config);
drivers::VolumeConfig to_driver(const task::VolumeConfig& config);
// Makes one binding of those that belong to the same range of a container's port mappings.
void gather_ranges(const std::vector<PortMapping>& mappings, std::vector<NetworkBinding>& bindings);
// Under the container's name in its task. Addresses of IPv6 that only repeat those of IPv4 are left out.
task::ObservedContainer from_driver(const std::string& container, const drivers::ContainerState& state);

// The labels by which an agent finds its containers.
std::map<std::string, std::string> own_labels(const task::Identity& identity);
// The value of the label, or empty.
std::string label_of(const drivers::ContainerState& state, std::string_view label);
// The end of a container's name, where the task's uid is; empty when there is none.
std::string task_uid_of(const std::string& container_name);

}  // namespace muster::agent
