// The GPUs of a host, by the names under which the container engine gives them to a container.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"

namespace muster::agent {

using Gpus = std::vector<std::string>;

// Of this host, as NVIDIA's driver shows them: their UUIDs ("GPU-..."), in the order of their device files; where it
// tells no UUID, the number of the device file. Other folders than "/proc/driver/nvidia/gpus" and "/dev" are for tests.
Gpus host_gpus(const std::string& driver_folder, const std::string& device_folder);
Gpus host_gpus();

// Of an option: names or numbers, separated by commas.
Result<Gpus> parse_gpus(std::string_view text);

// So many that nobody has, in the host's order. Fails with an ECS error name when there are fewer.
Result<Gpus> choose_gpus(const Gpus& all, const std::set<std::string>& taken, std::size_t count);

}  // namespace muster::agent
