#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "runtime/drivers/docker/wire.h"

namespace muster::drivers::docker {

namespace {

using Json = nlohmann::json;

// Counts brackets outside of strings.
bool too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limits::document_depth) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

// Nesting is bounded: the library's parser is iterative, but copies and destruction of its values recurse.
std::optional<Json> parse(std::string_view text) {
  if (too_deep(text)) return std::nullopt;
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

// Null when there is none, or it is null.
const Json* member(const Json* object, const char* key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto at = object->find(key);
  return at == object->end() || at->is_null() ? nullptr : &*at;
}

std::string text(const Json* object, const char* key) {
  const Json* value = member(object, key);
  return value != nullptr && value->is_string() ? value->get_ref<const std::string&>() : std::string();
}

bool is_true(const Json* object, const char* key) {
  const Json* value = member(object, key);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::optional<std::int64_t> integer(const Json* object, const char* key) {
  const Json* value = member(object, key);
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  if (value->is_number_unsigned()) {
    const auto number = value->get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  return value->get<std::int64_t>();
}

Error malformed(std::string_view what) {
  return Error{Code::malformed, str("the engine's ", what, " is not JSON"), {}};
}

// Docker writes the year 1 for "never".
Time time(const Json* object, const char* key) {
  const Result<Time> parsed = parse_time(text(object, key));
  return parsed.ok() ? *parsed : Time{};
}

ContainerPhase phase_of(const Json* state) {
  const std::string status = text(state, "Status");
  if (status == "created" || status == "configured" || status == "initialized") return ContainerPhase::created;
  if (status == "running" || status == "paused" || status == "restarting" || status == "stopping") {
    return ContainerPhase::running;
  }
  if (status.empty() && is_true(state, "Running")) return ContainerPhase::running;
  return ContainerPhase::exited;
}

Health health_of(const Json* state) {
  const Json* health = member(state, "Health");
  if (health == nullptr) health = member(state, "Healthcheck");  // Podman
  const std::string status = text(health, "Status");
  if (status == "starting") return Health::starting;
  if (status == "healthy") return Health::healthy;
  if (status == "unhealthy") return Health::unhealthy;
  return Health::none;
}

std::optional<int> port_number(std::string_view digits) {
  const std::optional<std::int64_t> number = parse_int(digits);
  if (!number || *number < 1 || *number > 65535) return std::nullopt;
  return static_cast<int>(*number);
}

std::vector<PortMapping> ports_of(const Json* network) {
  std::vector<PortMapping> out;
  const Json* ports = member(network, "Ports");
  if (ports == nullptr || !ports->is_object()) return out;
  for (const auto& [key, bindings] : ports->items()) {
    const std::size_t slash = key.find('/');
    const std::optional<int> container_port = port_number(std::string_view(key).substr(0, slash));
    if (!container_port || !bindings.is_array()) continue;
    for (const Json& binding : bindings) {
      const std::optional<int> host_port = port_number(text(&binding, "HostPort"));
      if (!host_port) continue;
      PortMapping mapping;
      mapping.container_port = *container_port;
      mapping.host_port = *host_port;
      mapping.protocol = slash == std::string::npos ? "tcp" : key.substr(slash + 1);
      mapping.host_ip = text(&binding, "HostIp");
      // All addresses are written as none, and once: the engine lists IPv6 separately.
      if (mapping.host_ip == "0.0.0.0" || mapping.host_ip == "::") mapping.host_ip.clear();
      if (std::find(out.begin(), out.end(), mapping) == out.end()) out.push_back(std::move(mapping));
    }
  }
  return out;
}

std::string address_of(const Json* network) {
  std::string address = text(network, "IPAddress");
  const Json* networks = member(network, "Networks");
  if (!address.empty() || networks == nullptr || !networks->is_object()) return address;
  for (const Json& one : *networks) {
    address = text(&one, "IPAddress");
    if (!address.empty()) break;
  }
  return address;
}

std::map<std::string, std::string> labels_of(const Json* config) {
  std::map<std::string, std::string> out;
  const Json* labels = member(config, "Labels");
  if (labels == nullptr || !labels->is_object()) return out;
  for (const auto& [key, value] : labels->items()) {
    if (value.is_string()) out.emplace(key, value.get_ref<const std::string&>());
  }
  return out;
}

std::string without_slash(std::string name) {
  if (!name.empty() && name[0] == '/') name.erase(0, 1);
  return name;
}

}  // namespace

std::optional<ApiVersion> parse_version(std::string_view version) {
  const std::vector<std::string_view> parts = split(version, '.');
  if (parts.size() < 2) return std::nullopt;
  const std::optional<std::int64_t> major = parse_int(parts[0]);
  const std::optional<std::int64_t> minor = parse_int(parts[1]);
  if (!major || !minor || *major < 0 || *minor < 0 || *major > 1000 || *minor > 1000) return std::nullopt;
  return ApiVersion{static_cast<int>(*major), static_cast<int>(*minor)};
}

Result<Server> decode_server(std::string_view body) {
  const std::optional<Json> value = parse(body);
  if (!value) return malformed("version");
  const std::optional<ApiVersion> newest = parse_version(text(&*value, "ApiVersion"));
  if (!newest) return Error{Code::malformed, "the engine does not tell its API version", {}};
  if (*newest < oldest_version) {
    return Error{
        Code::invalid, str("the engine's API ", text(&*value, "ApiVersion"), " is too old, 1.40 is needed"), {}};
  }
  Server server;
  // An engine that no longer speaks our version gets its own oldest one: what we use has not changed since.
  const ApiVersion oldest = parse_version(text(&*value, "MinAPIVersion")).value_or(oldest_version);
  server.api = std::max(std::min(*newest, newest_version), oldest);
  bool podman = false;
  if (const Json* components = member(&*value, "Components"); components != nullptr && components->is_array()) {
    for (const Json& component : *components) {
      podman = podman || to_lower(text(&component, "Name")).find("podman") != std::string::npos;
    }
  }
  std::string version = text(&*value, "Version");
  version = version.substr(0, version.find('+'));
  server.engine = str(podman ? "podman " : "docker ", version);
  return server;
}

Result<Info> decode_info(std::string_view body, const Server& server) {
  const std::optional<Json> value = parse(body);
  if (!value) return malformed("info");
  Info info;
  info.engine = server.engine;
  info.cpus = integer(&*value, "NCPU").value_or(0);
  info.memory_bytes = integer(&*value, "MemTotal").value_or(0);
  info.data_directory = text(&*value, "DockerRootDir");
  info.cgroup_driver = text(&*value, "CgroupDriver");
  info.cgroup_version = static_cast<int>(parse_int(text(&*value, "CgroupVersion")).value_or(1));
  const std::string os = text(&*value, "OSType");
  if (!os.empty()) info.attributes["ecs.os-type"] = os;
  const std::string architecture = text(&*value, "Architecture");
  if (!architecture.empty()) {
    const bool arm = architecture == "aarch64" || architecture == "arm64";
    const bool amd = architecture == "x86_64" || architecture == "amd64";
    info.attributes["ecs.cpu-architecture"] = arm ? "arm64" : amd ? "x86_64" : architecture;
  }
  const std::string capability = "com.amazonaws.ecs.capability.";
  for (int minor = 17; minor <= server.api.minor; ++minor) {
    info.attributes[str(capability, "docker-remote-api.1.", minor)] = "";
  }
  info.attributes[capability + "privileged-container"] = "";
  const Json* drivers = member(member(&*value, "Plugins"), "Log");
  if (drivers != nullptr && drivers->is_array()) {
    for (const Json& driver : *drivers) {
      if (driver.is_string())
        info.attributes[capability + "logging-driver." + driver.get_ref<const std::string&>()] = "";
    }
  }
  return info;
}

std::vector<Bridge> decode_bridges(std::string_view body) {
  const std::optional<Json> value = parse(body);
  std::vector<Bridge> out;
  const Json* config = value ? member(member(&*value, "IPAM"), "Config") : nullptr;
  if (config == nullptr || !config->is_array()) return out;
  for (const Json& each : *config) {
    Bridge bridge{text(&each, "Gateway"), text(&each, "Subnet")};
    const bool version_4 = bridge.gateway.find('.') != std::string::npos;
    if (version_4 && !bridge.subnet.empty()) out.push_back(std::move(bridge));
  }
  return out;
}

namespace {

Duration check_interval_of(const Json* config) {
  const Json* check = member(config, "Healthcheck");
  const Json* test = member(check, "Test");
  if (test == nullptr || !test->is_array() || test->empty()) return {};
  if (test->front().is_string() && test->front().get_ref<const std::string&>() == "NONE") return {};
  const std::int64_t interval = integer(check, "Interval").value_or(0);
  return interval > 0 ? Duration(interval) : std::chrono::seconds(30);  // the engines' own
}

}  // namespace

Result<Inspected> decode_inspect(std::string_view body) {
  const std::optional<Json> value = parse(body);
  if (!value || !value->is_object()) return malformed("container");
  const Json* state = member(&*value, "State");
  const Json* config = member(&*value, "Config");
  const Json* network = member(&*value, "NetworkSettings");
  Inspected out;
  out.has_terminal = is_true(config, "Tty");
  out.network_mode = text(member(&*value, "HostConfig"), "NetworkMode");
  out.log_driver = text(member(member(&*value, "HostConfig"), "LogConfig"), "Type");
  const std::int64_t process = integer(state, "Pid").value_or(0);
  if (process > 0 && process <= std::numeric_limits<int>::max()) out.process = static_cast<int>(process);
  ContainerState& container = out.state;
  container.id = text(&*value, "Id");
  container.name = without_slash(text(&*value, "Name"));
  container.labels = labels_of(config);
  container.phase = phase_of(state);
  if (container.phase == ContainerPhase::exited) {
    const std::int64_t code = integer(state, "ExitCode").value_or(-1);
    if (code >= 0 && code <= std::numeric_limits<int>::max()) container.exit_code = static_cast<int>(code);
  }
  container.out_of_memory = is_true(state, "OOMKilled");
  container.error = text(state, "Error");
  container.created_at = time(&*value, "Created");
  container.started_at = time(state, "StartedAt");
  if (container.phase == ContainerPhase::exited) container.finished_at = time(state, "FinishedAt");
  // The engine notes the start after the fact: one that ended at once seems to have ended before it.
  if (is_set(container.finished_at)) container.finished_at = std::max(container.finished_at, container.started_at);
  container.health = health_of(state);
  out.check_interval = check_interval_of(config);
  container.ports = ports_of(network);
  container.image_id = text(&*value, "Image");
  container.ip_address = address_of(network);
  if (container.name.empty()) return Error{Code::malformed, "the engine's container has no name", {}};
  return out;
}

Result<std::string> decode_exec(std::string_view body) {
  const std::optional<Json> value = parse(body);
  if (!value) return malformed("exec");
  std::string id = text(&*value, "Id");
  if (id.empty()) return Error{Code::malformed, "the engine's exec has no id", {}};
  return id;
}

Result<std::optional<int>> decode_exec_end(std::string_view body) {
  const std::optional<Json> value = parse(body);
  if (!value) return malformed("exec");
  const std::optional<std::int64_t> code = integer(&*value, "ExitCode");
  if (is_true(&*value, "Running") || !code) return std::optional<int>{};
  return std::optional<int>(static_cast<int>(*code & 0xff));
}

namespace {

// Never negative, whatever the engine says.
std::int64_t count(const Json* object, const char* key) {
  return std::max<std::int64_t>(integer(object, key).value_or(0), 0);
}

CpuQuota throttling_of(const Json& throttling) {
  CpuQuota out;
  out.periods = count(&throttling, "periods");
  out.held_up = count(&throttling, "throttled_periods");
  out.held_up_for = std::chrono::nanoseconds(count(&throttling, "throttled_time"));
  return out;
}

MemoryUsage memory_of(const Json* memory) {
  MemoryUsage out;
  const Json* details = member(memory, "stats");
  const bool newer = integer(details, "anon").has_value();  // cgroup v2's names, else v1's
  const auto whole = [&](const char* total, const char* own) {
    return integer(details, total) ? count(details, total) : count(details, own);
  };
  out.usage = count(memory, "usage");
  out.rss = newer ? count(details, "anon") : whole("total_rss", "rss");
  out.cache = newer ? count(details, "file") : whole("total_cache", "cache");
  out.swap = newer ? 0 : whole("total_swap", "swap");
  out.limit = count(memory, "limit");
  out.highest = count(memory, "max_usage");
  return out;
}

std::vector<InterfaceUsage> interfaces_of(const Json* networks) {
  constexpr std::size_t most = 32;
  std::vector<InterfaceUsage> out;
  if (networks == nullptr || !networks->is_object()) return out;
  for (const auto& [name, one] : networks->items()) {
    if (out.size() == most) break;
    out.push_back(
        {name,
         {count(&one, "rx_bytes"), count(&one, "rx_packets"), count(&one, "rx_errors"), count(&one, "rx_dropped")},
         {count(&one, "tx_bytes"), count(&one, "tx_packets"), count(&one, "tx_errors"), count(&one, "tx_dropped")}});
  }
  return out;
}

// [{"op": "Read", "value": 1}, ...], one for each device and direction; null where nothing is counted.
void sum_operations(const Json* list, std::int64_t& read, std::int64_t& written) {
  if (list == nullptr || !list->is_array()) return;
  for (const Json& one : *list) {
    const std::string direction = to_lower(text(&one, "op"));
    const std::int64_t number = count(&one, "value");
    if (direction != "read" && direction != "write") continue;
    std::int64_t& sum = direction == "read" ? read : written;
    sum += std::min(number, std::numeric_limits<std::int64_t>::max() - sum);
  }
}

}  // namespace

Result<Usage> decode_usage(std::string_view body) {
  if (trim(body).empty()) return Error{Code::not_found, "nothing is measured of the container", {}};  // Podman's way
  const std::optional<Json> value = parse(body);
  if (!value) return malformed("container's usage");
  const Json* processor = member(&*value, "cpu_stats");
  const auto cpu = integer(member(processor, "cpu_usage"), "total_usage");
  const Json* memory = member(&*value, "memory_stats");
  const auto used = integer(memory, "usage");
  if (!cpu || !used || *used <= 0) return Error{Code::not_found, "nothing is measured of the container", {}};
  // Pages of files that were not touched for long: cgroup v2's name, else v1's.
  const Json* details = member(memory, "stats");
  auto idle = integer(details, "inactive_file");
  if (const auto total = integer(details, "total_inactive_file")) idle = total;
  Usage usage;
  usage.cpu = std::chrono::nanoseconds(std::max<std::int64_t>(*cpu, 0));
  usage.memory_bytes = std::max<std::int64_t>(*used - std::max<std::int64_t>(idle.value_or(0), 0), 0);
  if (const Json* throttling = member(processor, "throttling_data")) usage.quota = throttling_of(*throttling);
  usage.memory = memory_of(memory);
  usage.network = interfaces_of(member(&*value, "networks"));
  const Json* disk = member(&*value, "blkio_stats");
  const Json* moved = member(disk, "io_service_bytes_recursive");
  if (moved != nullptr) {
    DiskUsage& out = usage.disk.emplace();
    sum_operations(moved, out.read_bytes, out.written_bytes);
    sum_operations(member(disk, "io_serviced_recursive"), out.reads, out.writes);
  }
  usage.processes = integer(member(&*value, "pids_stats"), "current");
  return usage;
}

Result<std::vector<std::string>> decode_names(std::string_view body) {
  const std::optional<Json> value = parse(body);
  if (!value || !value->is_array()) return malformed("list of containers");
  std::vector<std::string> out;
  for (const Json& container : *value) {
    const Json* names = member(&container, "Names");
    if (names == nullptr || !names->is_array()) continue;
    for (const Json& name : *names) {
      if (!name.is_string()) continue;
      // A link gives a container a second name, "/other/alias".
      std::string own = without_slash(name.get<std::string>());
      if (own.find('/') != std::string::npos) continue;
      out.push_back(std::move(own));
      break;
    }
  }
  return out;
}

Result<std::vector<std::string>> decode_volumes(std::string_view body) {
  const std::optional<Json> value = parse(body);
  if (!value || !value->is_object()) return malformed("list of volumes");
  std::vector<std::string> out;
  const Json* volumes = member(&*value, "Volumes");
  if (volumes == nullptr || !volumes->is_array()) return out;  // null when there are none
  for (const Json& volume : *volumes) {
    std::string name = text(&volume, "Name");
    if (!name.empty()) out.push_back(std::move(name));
  }
  return out;
}

std::string decode_error(std::string_view body) {
  const std::optional<Json> value = parse(body);
  std::string message = value ? text(&*value, "message") : std::string();
  if (message.empty() && value) message = text(&*value, "cause");  // Podman
  if (message.empty()) message = std::string(trim(body.substr(0, 1000)));
  return std::string(trim(message));
}

std::optional<std::string> decode_event(std::string_view line, const std::map<std::string, std::string>& labels) {
  static constexpr std::array<std::string_view, 11> wanted = {"create", "start", "die",   "stop",    "kill",  "destroy",
                                                              "remove", "oom",   "pause", "unpause", "rename"};
  const std::optional<Json> value = parse(line);
  if (!value || !value->is_object()) return std::nullopt;
  const std::string type = text(&*value, "Type");
  if (!type.empty() && type != "container") return std::nullopt;
  std::string action = text(&*value, "Action");
  if (action.empty()) action = text(&*value, "status");
  const bool changes = std::find(wanted.begin(), wanted.end(), action) != wanted.end() ||
                       action.rfind("health_status", 0) == 0 || action == "died" || action == "cleanup";
  if (!changes) return std::nullopt;
  const Json* attributes = member(member(&*value, "Actor"), "Attributes");
  for (const auto& [key, wanted_value] : labels) {
    const Json* own = member(attributes, key.c_str());
    if (own != nullptr && own->is_string() && own->get_ref<const std::string&>() != wanted_value) return std::nullopt;
  }
  return text(attributes, "name");
}

std::optional<PullLine> decode_pull(std::string_view line) {
  const std::optional<Json> value = parse(line);
  if (!value || !value->is_object()) return std::nullopt;
  PullLine out;
  out.layer = text(&*value, "id");
  out.status = text(&*value, "status");
  const Json* detail = member(&*value, "progressDetail");
  out.current = std::max<std::int64_t>(integer(detail, "current").value_or(0), 0);
  out.total = std::max<std::int64_t>(integer(detail, "total").value_or(0), 0);
  out.error = text(member(&*value, "errorDetail"), "message");
  if (out.error.empty()) out.error = text(&*value, "error");
  return out;
}

namespace {

std::vector<std::string> names_of(const Json* value, const char* key) {
  std::vector<std::string> out;
  const Json* list = member(value, key);
  if (list == nullptr || !list->is_array()) return out;
  for (const Json& each : *list) {
    if (!each.is_string()) continue;
    const auto& name = each.get_ref<const std::string&>();
    // How engines write that there is none: "<none>:<none>", "repository@<none>".
    if (name.find("<none>") == std::string::npos) out.push_back(name);
  }
  return out;
}

Image image_of(const Json& value) {
  Image out;
  out.id = text(&value, "Id");
  out.tags = names_of(&value, "RepoTags");
  out.digests = names_of(&value, "RepoDigests");
  out.size_bytes = std::max<std::int64_t>(integer(&value, "Size").value_or(0), 0);
  return out;
}

}  // namespace

Result<Image> decode_image(std::string_view body) {
  const std::optional<Json> value = parse(body);
  if (!value || !value->is_object()) return malformed("image");
  Image out = image_of(*value);
  if (out.id.empty()) return Error{Code::malformed, "the engine's image has no id", {}};
  return out;
}

Result<std::vector<Image>> decode_images(std::string_view body) {
  const std::optional<Json> value = parse(body);
  if (!value || !value->is_array()) return malformed("list of images");
  std::vector<Image> out;
  for (const Json& each : *value) {
    if (each.is_object()) out.push_back(image_of(each));
  }
  return out;
}

Result<std::set<std::string>> decode_used_images(std::string_view body) {
  const std::optional<Json> value = parse(body);
  if (!value || !value->is_array()) return malformed("list of containers");
  std::set<std::string> out;
  for (const Json& each : *value) {
    if (each.is_object()) out.insert(text(&each, "ImageID"));
  }
  return out;
}

Result<std::string> decode_distribution(std::string_view body) {
  const std::optional<Json> value = parse(body);
  std::string digest = value ? text(member(&*value, "Descriptor"), "digest") : std::string();
  if (!digest.starts_with("sha256:")) return Error{Code::malformed, "the engine's answer has no digest", {}};
  return digest;
}

Result<ImageName> parse_image(std::string_view image) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-/:@").find(c) != std::string_view::npos;
  };
  const bool bad = image.empty() || image.size() > 512 || !std::all_of(image.begin(), image.end(), allowed) ||
                   image.find("..") != std::string_view::npos || image.find("//") != std::string_view::npos ||
                   image.front() == '/' || image.back() == '/' || image.back() == ':' || image.back() == '@';
  if (bad) return Error{Code::invalid, str("invalid image reference '", image.substr(0, 512), "'"), {}};
  ImageName out;
  const std::size_t digest = image.find('@');
  if (digest != std::string_view::npos) {
    out.tag = std::string(image.substr(digest + 1));
    image = image.substr(0, digest);
  }
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.find(':', slash == std::string_view::npos ? 0 : slash);
  out.name = std::string(image.substr(0, colon));
  // A digest wins over a tag beside it, as in Docker.
  if (out.tag.empty()) out.tag = colon == std::string_view::npos ? "latest" : std::string(image.substr(colon + 1));
  if (out.name.empty()) return Error{Code::invalid, "an image needs a name", {}};
  return out;
}

}  // namespace muster::drivers::docker
