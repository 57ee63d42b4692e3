// The one list of drivers.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "runtime/drivers/base/driver.h"
#include "runtime/drivers/docker/docker.h"
#include "runtime/drivers/process/process.h"
#include "runtime/drivers/simulated/simulated.h"
#include "runtime/http/io_loop.h"

namespace muster::drivers {

// Of every driver; each reads its own part.
struct Options {
  DockerOptions docker;
  ProcessOptions process;
  SimulatedOptions simulated;
};

// "docker", "process", "simulated"
const std::vector<std::string>& driver_names();

// Code::invalid, with the names there are, for another name. The driver's loop must outlive it. A simulated driver made
// here has a host of its own, which ends with it.
Result<std::unique_ptr<Driver>> make_driver(std::string_view name, http::IoLoop& loop, const Options& options);

}  // namespace muster::drivers
