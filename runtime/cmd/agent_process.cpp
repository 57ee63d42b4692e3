#include "runtime/cmd/agent_process.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <future>
#include <thread>

#include "api/base/text.h"
#include "runtime/agent/agent.h"
#include "runtime/agent/capacity.h"
#include "runtime/agent/gpus.h"
#include "runtime/agent/web_socket_link.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/base/metrics.h"
#include "runtime/base/private_folder.h"
#include "runtime/base/program_pages.h"
#include "runtime/base/version.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/metrics_endpoint.h"
#include "runtime/drivers/all/all.h"

namespace muster::cmd {
namespace {

constexpr Duration shutdown_patience = std::chrono::seconds(3);
constexpr Duration settling = std::chrono::seconds(15);

// What the agents of this process tell Prometheus. On the loop only.
class AgentMetrics {
 public:
  explicit AgentMetrics(const std::vector<std::unique_ptr<agent::Agent>>& agents) : agents_(agents) {
    registry_
        .gauge("muster_build_info", "What this program was built from; always 1.",
               {{"version", std::string(version())},
                {"revision", std::string(build_revision())},
                {"compiler", std::string(compiler())}})
        .set(1);
    collectors_.push_back(registry_.collect(metrics::process_collector()));
    collectors_.push_back(registry_.collect([this](metrics::Samples& samples) { collect(samples); }));
  }
  std::string expose() const { return registry_.expose(); }

 private:
  void collect(metrics::Samples& samples) const {
    agent::AgentStats sum;
    double connected = 0;
    double engines = 0;
    for (const auto& one : agents_) {
      const agent::AgentStats stats = one->stats();
      connected += stats.connected ? 1 : 0;
      engines += stats.engine_up ? 1 : 0;
      sum.pending += stats.pending;
      sum.running += stats.running;
      sum.stopping += stats.stopping;
      sum.stopped += stats.stopped;
      sum.connections += stats.connections;
      sum.reports += stats.reports;
      sum.creations += stats.creations;
      sum.starts += stats.starts;
      sum.stops += stats.stops;
      sum.removals += stats.removals;
      sum.failures += stats.failures;
      sum.pulls += stats.pulls;
      sum.images_removed += stats.images_removed;
      sum.unsaved += stats.unsaved;
      sum.log_streams += stats.log_streams;
    }
    const auto gauge = [&](const char* name, const char* help, double value) {
      samples.family(metrics::Kind::gauge, name, help);
      samples.add({}, value);
    };
    const auto counter = [&](const char* name, const char* help, double value) {
      samples.family(metrics::Kind::counter, name, help);
      samples.add({}, value);
    };
    gauge("muster_agent_server_connected", "Agents of this process that are connected to the server.", connected);
    gauge("muster_agent_engine_up", "Agents of this process whose container engine answers.", engines);
    counter("muster_agent_server_connections_total", "Connections made to the server.",
            static_cast<double>(sum.connections));
    counter("muster_agent_reports_total", "Reports sent to the server.", static_cast<double>(sum.reports));
    samples.family(metrics::Kind::gauge, "muster_agent_tasks", "Tasks by state.");
    samples.add({{"state", "pending"}}, static_cast<double>(sum.pending));
    samples.add({{"state", "running"}}, static_cast<double>(sum.running));
    samples.add({{"state", "stopping"}}, static_cast<double>(sum.stopping));
    samples.add({{"state", "stopped"}}, static_cast<double>(sum.stopped));
    samples.family(metrics::Kind::counter, "muster_agent_runtime_operations_total",
                   "Operations asked of the container engine.");
    samples.add({{"operation", "create"}}, static_cast<double>(sum.creations));
    samples.add({{"operation", "start"}}, static_cast<double>(sum.starts));
    samples.add({{"operation", "stop"}}, static_cast<double>(sum.stops));
    samples.add({{"operation", "remove"}}, static_cast<double>(sum.removals));
    samples.add({{"operation", "pull"}}, static_cast<double>(sum.pulls));
    samples.add({{"operation", "remove_image"}}, static_cast<double>(sum.images_removed));
    counter("muster_agent_runtime_operations_errors_total", "Operations of the container engine that failed.",
            static_cast<double>(sum.failures));
    gauge("muster_agent_unsaved_writes", "Writes to the data folder that failed since the last that succeeded.",
          static_cast<double>(sum.unsaved));
    gauge("muster_agent_log_streams", "Logs being sent to readers.", static_cast<double>(sum.log_streams));
  }

  const std::vector<std::unique_ptr<agent::Agent>>& agents_;
  metrics::Registry registry_;
  std::vector<std::shared_ptr<const void>> collectors_;
};

}  // namespace

struct AgentProcess::State {
  AgentProcessOptions options;
  SystemRandom random;
  http::IoLoop loop;
  std::shared_ptr<http::Client> client;
  std::unique_ptr<agent::Renewal> renewal;
  std::vector<std::unique_ptr<agent::Agent>> agents;
  std::unique_ptr<AgentMetrics> metrics;
  std::unique_ptr<MetricsEndpoint> endpoint;
  std::thread thread;

  Status open() {
    TRY_VOID(make_directories(options.data_dir, 0700));
    thread = std::thread([this] { loop.run(); });
    std::promise<Status> started;
    loop.post([&] { started.set_value(begin()); });
    return started.get_future().get();
  }

  Status begin() {
    http::ClientOptions http;
    http.max_connections = static_cast<std::size_t>(options.agents) + 64;
    if (options.server.starts_with("https://")) {
      TRY(http.tls,
          http::TlsClient::make(options.identity ? agent::tls_options(*options.identity) : std::move(options.tls)));
    }
    client = std::make_shared<http::Client>(loop, options.server, http);
    if (options.identity) {
      renewal = std::make_unique<agent::Renewal>(
          loop, client, [this, tls = http.tls](const agent::Identity& identity) { return take(identity, *tls); },
          options.data_dir, options.name, *options.identity);
    }
    for (int i = 1; i <= options.agents; ++i) {
      const std::string name = options.agents == 1 ? options.name : str(options.name, "-", i);
      const std::string folder = options.agents == 1 ? options.data_dir : str(options.data_dir, "/", name);
      TRY_VOID(make_directories(folder, 0700));
      drivers::Options driver;
      driver.docker.host = options.docker_host;
      driver.docker.pull_inactivity = options.images.pull_inactivity;
      driver.process.directory = folder + "/process";
      driver.process.memory_directory = options.run_dir + "/process";
      driver.simulated.host = name;
      TRY(auto made, drivers::make_driver(options.driver, loop, driver));
      agent::AgentOptions agent;
      agent.name = name;
      agent.cluster = options.cluster;
      agent.address = options.address;
      agent.zone = options.zone;
      // Simulated containers end with the process: there is nothing that could be adopted.
      agent.data_dir = options.driver == "simulated" ? std::string() : folder;
      if (options.driver != "simulated") agent.run_dir = options.run_dir + "/files";
      agent.version = std::string(version());
      agent.images = to_agent(options.images);
      agent.cleaner = options.images.cleaner;
      if (i == 1) agent.gpus = options.gpus;
      std::unique_ptr<agent::TaskCgroups> cgroups;
      if (options.task_cgroups && options.driver == "docker" && options.docker_host.starts_with("unix://")) {
        cgroups = std::make_unique<agent::TaskCgroups>();
      }
      std::unique_ptr<agent::metadata::Endpoint> metadata;
      // Containers of an engine elsewhere would not find it.
      const bool here = options.driver != "docker" || options.docker_host.starts_with("unix://");
      if (options.metadata_port && here && options.driver != "simulated") {
        // Each agent has its own: only the first can have the port that was asked for.
        TRY(metadata, agent::metadata::Endpoint::open(loop, random, {folder, i == 1 ? *options.metadata_port : 0}));
      }
      std::unique_ptr<agent::Ports> ports;
      const bool real = options.driver != "simulated";
      if (real) {
        const agent::PortRange range = agent::host_port_range();
        ports = std::make_unique<agent::HostPorts>(random, range.first, range.last);
      }
      agents.push_back(std::make_unique<agent::Agent>(
          agent::AgentParts{loop, random, std::move(made), agent::web_socket_link(client, {}), std::move(ports),
                            real ? agent::machine_usage : nullptr, agent::disk_of, std::move(cgroups),
                            std::move(metadata)},
          std::move(agent)));
    }
    metrics = std::make_unique<AgentMetrics>(agents);
    if (!options.metrics_listen.empty()) TRY_VOID(serve_metrics());
    for (auto& one : agents) TRY_VOID(one->start());
    return {};
  }

  Status serve_metrics() {
    auto tls = options.metrics_tls;
    if (options.identity) tls = agent::serving_options(*options.identity);
    auto opened = MetricsEndpoint::open(
        loop, options.metrics_listen, tls,
        {{"/metrics", [this] { return metrics->expose(); }}, {"/metrics/containers", [this] { return containers(); }}});
    if (!opened.ok()) return std::move(opened).error().under("--metrics-listen");
    endpoint = std::move(opened).value();
    return {};
  }

  std::string containers() const {
    std::vector<agent::ContainerSamples> all;
    for (const auto& one : agents) all.push_back(one->containers());
    return agent::container_metrics(all);
  }

  // What dials and serves from now on does so with the new certificate.
  Status take(const agent::Identity& identity, http::TlsClient& dialling) {
    TRY_VOID(dialling.reload(agent::tls_options(identity)));
    return endpoint == nullptr ? Status() : endpoint->reload(agent::serving_options(identity));
  }

  void end() {
    if (!thread.joinable()) return;
    std::promise<void> ended;
    loop.post([&] {
      endpoint.reset();
      metrics.reset();
      agents.clear();
      renewal.reset();
      client.reset();
      ended.set_value();
    });
    ended.get_future().wait();
    loop.stop();
    thread.join();
  }
};

AgentProcess::AgentProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}

AgentProcess::~AgentProcess() {
  state_->end();
}

Result<std::unique_ptr<AgentProcess>> AgentProcess::start(AgentProcessOptions options) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  std::unique_ptr<AgentProcess> process(new AgentProcess(std::move(state)));
  TRY_VOID(process->state_->open());
  return process;
}

void AgentProcess::shutdown(Duration hold) {
  auto done = std::make_shared<std::promise<void>>();
  auto left = std::make_shared<std::size_t>(state_->agents.size());
  state_->loop.post([this, hold, done, left] {
    for (auto& one : state_->agents) {
      one->shutdown(hold, [done, left] {
        if (--*left == 0) done->set_value();
      });
    }
  });
  done->get_future().wait_for(shutdown_patience);
}

void AgentProcess::wait_until_empty(Duration patience) {
  auto done = std::make_shared<std::promise<void>>();
  auto look = std::make_shared<std::function<void()>>();
  *look = [this, done, weak = std::weak_ptr<std::function<void()>>(look)] {
    std::size_t tasks = 0;
    for (const auto& one : state_->agents) tasks += one->stats().tasks;
    if (tasks == 0) return done->set_value();
    const auto again = weak.lock();
    if (again != nullptr) state_->loop.after(std::chrono::milliseconds(20), [again] { (*again)(); });
  };
  state_->loop.post([look] { (*look)(); });
  done->get_future().wait_for(patience);
}

void AgentProcess::settle() {
  // By then it has joined, listed its containers, and measured once.
  state_->loop.post([state = state_.get()] { state->loop.after(settling, [] { drop_program_pages(); }); });
}

std::string AgentProcess::metrics_url() const {
  return state_->endpoint == nullptr ? std::string() : state_->endpoint->url();
}

std::vector<Option> driver_options() {
  std::vector<Option> all{
      {"driver", 0, "NAME",
       "What runs containers: docker, process (plain processes on this host; images are ignored) or simulated "
       "(default docker)."},
      {"docker-host", 0, "URL",
       "Address of the Docker Engine (default: DOCKER_HOST, else unix:///var/run/docker.sock)."},
      {"run-dir", 0, "DIR",
       "Where files from Secrets and ConfigMaps are made for containers to mount, on a tmpfs (default /run/muster, or "
       "$XDG_RUNTIME_DIR/muster; where that is on a disk, a folder in /dev/shm)."},
      {"gpus", 0, "GPUS",
       "The GPUs of this host that tasks may ask for: auto (those that NVIDIA's driver shows; the default with "
       "docker), none, or their UUIDs or numbers, separated by commas. Not with process."},
      {"task-cgroups", 0, "WORD",
       "auto (the default): a task's own cpu and memory limit all its containers together, where the engine is docker "
       "on this host. off: containers are limited one by one."},
      {"task-metadata", 0, "WORD",
       "Where containers find ECS's task metadata, version 4 (ECS_CONTAINER_METADATA_URI_V4): auto (the default; a "
       "free port from 51679 on, of the engine's bridge and of loopback), a port, or off."}};
  for (const Option& option : image_options()) all.push_back(option);
  return all;
}

Status read_driver_options(const Arguments& arguments, AgentProcessOptions& options) {
  options.driver = arguments.get("driver", "docker");
  const auto& names = drivers::driver_names();
  if (std::find(names.begin(), names.end(), options.driver) == names.end()) {
    return Error{Code::malformed, str("--driver ", options.driver, ": there are ", join(names, ", ")), {}};
  }
  options.docker_host = arguments.get("docker-host", environment("DOCKER_HOST"));
  if (options.docker_host.empty()) options.docker_host = "unix:///var/run/docker.sock";
  const std::string gpus = arguments.get("gpus", options.driver == "docker" ? "auto" : "none");
  if (gpus == "auto") {
    options.gpus = agent::host_gpus();
  } else if (gpus != "none") {
    auto parsed = agent::parse_gpus(gpus);
    if (!parsed.ok()) return std::move(parsed).error().under("--gpus");
    options.gpus = std::move(parsed).value();
  }
  if (options.driver == "process" && !options.gpus.empty()) {
    return Error{Code::malformed, "--gpus: plain processes see all devices of the host, the driver gives out none", {}};
  }
  const std::string cgroups = arguments.get("task-cgroups", "auto");
  if (cgroups != "auto" && cgroups != "off") {
    return Error{Code::malformed, str("--task-cgroups ", cgroups, ": there are auto, off"), {}};
  }
  options.task_cgroups = cgroups == "auto";
  const std::string metadata = arguments.get("task-metadata", "auto");
  if (metadata == "off") {
    options.metadata_port.reset();
  } else if (metadata != "auto") {
    const auto port = parse_int(metadata);
    if (!port || *port < 1 || *port > 65535) {
      return Error{Code::malformed, str("--task-metadata ", metadata, ": there are auto, off, or a port"), {}};
    }
    options.metadata_port = static_cast<int>(*port);
  }
  const std::string run_dir = arguments.get("run-dir", "");
  std::error_code failed;
  options.run_dir = run_dir.empty() ? default_run_folder() : std::filesystem::absolute(run_dir, failed).string();
  if (failed) return Error{Code::malformed, str("--run-dir ", run_dir, ": ", failed.message()), {}};
  return read_image_options(arguments, options.images);
}

std::string host_name() {
  std::array<char, 256> buffer{};
  if (gethostname(buffer.data(), buffer.size() - 1) != 0) return "localhost";
  std::string name;
  for (const char c : std::string_view(buffer.data())) {
    const bool legal =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    name += legal ? c : '-';
  }
  return name.empty() ? "localhost" : to_lower(name);
}

}  // namespace muster::cmd
