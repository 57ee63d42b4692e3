#include "runtime/drivers/process/record.h"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "api/base/text.h"

namespace muster::drivers {

namespace {

// The form on disk: "key length:bytes\n" again and again. Any byte may stand in a value.
void put(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  out += ' ';
  out += std::to_string(value.size());
  out += ':';
  out += value;
  out += '\n';
}

struct Entry {
  std::string_view key;
  std::string_view value;
};

Error broken() {
  return Error{Code::malformed, "broken container record", {}};
}

Result<Entry> take(std::string_view& bytes) {
  const std::size_t space = bytes.find(' ');
  const std::size_t colon = bytes.find(':', space == std::string_view::npos ? bytes.size() : space);
  if (colon == std::string_view::npos) return broken();
  const std::optional<std::int64_t> size = parse_int(bytes.substr(space + 1, colon - space - 1));
  const std::size_t left = bytes.size() - colon - 1;
  if (!size || *size < 0 || static_cast<std::size_t>(*size) >= left) return broken();
  const auto length = static_cast<std::size_t>(*size);
  const Entry entry{bytes.substr(0, space), bytes.substr(colon + 1, length)};
  if (bytes[colon + 1 + length] != '\n') return broken();
  bytes.remove_prefix(colon + 2 + length);
  return entry;
}

Result<std::int64_t> number(std::string_view text) {
  const std::optional<std::int64_t> value = parse_int(text);
  if (!value) return broken();
  return *value;
}

Status apply_health(HealthCheck& check, std::string_view key, std::string_view value) {
  if (key == "health.test") {
    check.test.emplace_back(value);
    return {};
  }
  TRY(const std::int64_t amount, number(value));
  if (key == "health.interval") check.interval = Duration(amount);
  if (key == "health.timeout") check.timeout = Duration(amount);
  if (key == "health.start_period") check.start_period = Duration(amount);
  if (key == "health.retries") check.retries = static_cast<int>(amount);
  return {};
}

Status apply_port(ProcessRecord& record, std::string_view value) {
  const std::vector<std::string_view> parts = split(value, ' ');
  if (parts.size() != 3) return broken();
  TRY(const std::int64_t port, number(parts[0]));
  PortMapping mapping;
  mapping.container_port = static_cast<int>(port);
  mapping.host_port = mapping.container_port;
  mapping.protocol = std::string(parts[1]);
  mapping.host_ip = std::string(parts[2]);
  record.ports.push_back(std::move(mapping));
  return {};
}

// "key=value", split at the first '='.
Result<std::pair<std::string, std::string>> pair_of(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return broken();
  return std::make_pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

Status apply(ProcessRecord& record, const Entry& entry) {
  if (entry.key == "id") {
    record.id = std::string(entry.value);
  } else if (entry.key == "name") {
    record.name = std::string(entry.value);
  } else if (entry.key == "argument") {
    record.arguments.emplace_back(entry.value);
  } else if (entry.key == "secret") {
    record.secret_variables.emplace_back(entry.value);
  } else if (entry.key == "environment") {
    TRY(auto variable, pair_of(entry.value));
    record.environment.push_back(std::move(variable));
  } else if (entry.key == "label") {
    TRY(auto label, pair_of(entry.value));
    record.labels.insert(std::move(label));
  } else if (entry.key == "directory") {
    record.working_directory = std::string(entry.value);
  } else if (entry.key == "user") {
    record.user = std::string(entry.value);
  } else if (entry.key == "port") {
    return apply_port(record, entry.value);
  } else if (entry.key == "signal") {
    TRY(const std::int64_t signal, number(entry.value));
    record.stop_signal = static_cast<int>(signal);
  } else if (entry.key.rfind("health.", 0) == 0) {
    if (!record.health_check) record.health_check.emplace();
    return apply_health(*record.health_check, entry.key, entry.value);
  }
  return {};
}

bool has_zero(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

}  // namespace

Result<int> parse_signal(std::string_view text) {
  if (text.empty()) return SIGTERM;
  if (const std::optional<std::int64_t> value = parse_int(text)) {
    if (*value >= 1 && *value <= 64) return static_cast<int>(*value);
    return Error{Code::invalid, str("no such signal: ", text), {}};
  }
  if (text.rfind("SIG", 0) == 0) text.remove_prefix(3);
  for (int signal = 1; signal < 32; ++signal) {
    const char* name = ::sigabbrev_np(signal);
    if (name != nullptr && text == name) return signal;
  }
  return Error{Code::invalid, str("no such signal: ", text), {}};
}

Result<ProcessRecord> make_record(const ContainerConfig& config, std::string id) {
  ProcessRecord record;
  record.id = std::move(id);
  record.name = config.name;
  for (const auto* part : {&config.entry_point, &config.command}) {
    if (*part) record.arguments.insert(record.arguments.end(), (*part)->begin(), (*part)->end());
  }
  if (record.arguments.empty() || record.arguments[0].empty()) {
    return Error{Code::invalid, "a plain process needs an entryPoint or a command; its image is ignored", {}};
  }
  for (const std::string& argument : record.arguments) {
    if (has_zero(argument)) return Error{Code::invalid, "a zero byte in the command", {}};
  }
  for (const auto& [name, value] : config.environment) {
    if (name.empty() || name.find('=') != std::string::npos || has_zero(name) || has_zero(value)) {
      return Error{Code::invalid, str("not a name of an environment variable: '", name, "'"), {}};
    }
  }
  record.environment = config.environment;
  record.secret_variables = config.secret_variables;
  if (!config.file_mounts.empty()) {
    return Error{
        Code::invalid,
        str("a plain process sees the host's own files: nothing can be mounted on ", config.file_mounts.front().target),
        {}};
  }
  record.labels = config.labels;
  record.working_directory = config.working_directory;
  record.user = config.user;
  for (PortMapping port : config.ports) {
    port.host_port = port.container_port;
    record.ports.push_back(std::move(port));
  }
  TRY(record.stop_signal, parse_signal(config.stop_signal));
  record.health_check = config.health_check;
  return record;
}

std::string encode_record(const ProcessRecord& record) {
  std::string out;
  put(out, "id", record.id);
  put(out, "name", record.name);
  for (const std::string& argument : record.arguments) put(out, "argument", argument);
  for (const auto& [name, value] : record.environment) put(out, "environment", str(name, "=", value));
  for (const std::string& name : record.secret_variables) put(out, "secret", name);
  for (const auto& [name, value] : record.labels) put(out, "label", str(name, "=", value));
  put(out, "directory", record.working_directory);
  put(out, "user", record.user);
  for (const PortMapping& port : record.ports) {
    put(out, "port", str(port.container_port, " ", port.protocol, " ", port.host_ip));
  }
  put(out, "signal", std::to_string(record.stop_signal));
  if (record.health_check) {
    for (const std::string& part : record.health_check->test) put(out, "health.test", part);
    put(out, "health.interval", std::to_string(record.health_check->interval.count()));
    put(out, "health.timeout", std::to_string(record.health_check->timeout.count()));
    put(out, "health.start_period", std::to_string(record.health_check->start_period.count()));
    put(out, "health.retries", std::to_string(record.health_check->retries));
  }
  put(out, "end", "");
  return out;
}

ProcessRecord without_secrets(ProcessRecord record) {
  std::erase_if(record.environment, [&](const auto& variable) {
    return std::ranges::find(record.secret_variables, variable.first) != record.secret_variables.end();
  });
  return record;
}

bool has_secrets(const ProcessRecord& record) {
  return std::ranges::all_of(record.secret_variables, [&](const std::string& name) {
    return std::ranges::any_of(record.environment, [&](const auto& variable) { return variable.first == name; });
  });
}

Result<ProcessRecord> decode_record(std::string_view bytes) {
  ProcessRecord record;
  bool whole = false;
  while (!bytes.empty()) {
    TRY(const Entry entry, take(bytes));
    whole = entry.key == "end";
    TRY_VOID(apply(record, entry));
  }
  if (!whole || record.name.empty() || record.arguments.empty()) return broken();
  return record;
}

}  // namespace muster::drivers
