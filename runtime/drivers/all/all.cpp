#include "runtime/drivers/all/all.h"

#include "api/base/text.h"

namespace muster::drivers {

const std::vector<std::string>& driver_names() {
  static const std::vector<std::string> names = {"docker", "process", "simulated"};
  return names;
}

Result<std::unique_ptr<Driver>> make_driver(std::string_view name, http::IoLoop& loop, const Options& options) {
  if (name == "docker") return make_docker_driver(loop, options.docker);
  if (name == "process") return make_process_driver(loop, options.process);
  if (name == "simulated") {
    return std::unique_ptr<Driver>(
        std::make_unique<SimulatedDriver>(std::make_shared<SimulatedEngine>(loop, options.simulated)));
  }
  return Error{Code::invalid, str("unknown driver '", name, "', it must be one of: ", join(driver_names(), ", ")), {}};
}

}  // namespace muster::drivers
