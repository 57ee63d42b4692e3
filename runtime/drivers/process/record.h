// What the process driver keeps on disk of one container, written when it is created.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/error.h"
#include "runtime/drivers/base/driver.h"

namespace muster::drivers {

struct ProcessRecord {
  std::string id;
  std::string name;
  std::vector<std::string> arguments;  // entry point and command in one; never empty
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> secret_variables;  // names of the environment whose values are kept in memory only
  std::map<std::string, std::string> labels;
  std::string working_directory;  // empty: the container's own directory
  std::string user;
  std::vector<PortMapping> ports;
  int stop_signal = 15;
  std::optional<HealthCheck> health_check;
  bool operator==(const ProcessRecord&) const = default;
};

// Code::invalid when the configuration cannot run as a plain process.
Result<ProcessRecord> make_record(const ContainerConfig& config, std::string id);
std::string encode_record(const ProcessRecord& record);
// As it may reach a disk.
ProcessRecord without_secrets(ProcessRecord record);
// Whether every secret variable has its value.
bool has_secrets(const ProcessRecord& record);
Result<ProcessRecord> decode_record(std::string_view bytes);
// "SIGTERM", "TERM", "15"; empty is SIGTERM.
Result<int> parse_signal(std::string_view text);

}  // namespace muster::drivers
