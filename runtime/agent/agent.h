// The agent of one host: runs the tasks that the server gives it through a driver, and reports what it observes.
//
// Everything happens on one Loop, in callbacks; many agents may share a loop, a link's client and a process. Without
// its server it goes on with what it knows; without its engine it decides nothing; after a restart it adopts what it
// finds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/base/error.h"
#include "api/types/cluster.h"
#include "runtime/agent/container_metrics.h"
#include "runtime/agent/image_cleaner.h"
#include "runtime/agent/images.h"
#include "runtime/agent/link.h"
#include "runtime/agent/metadata/endpoint.h"
#include "runtime/agent/ports.h"
#include "runtime/agent/task_cgroups.h"
#include "runtime/agent/usage_sampler.h"
#include "runtime/base/loop.h"
#include "runtime/base/random.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

struct AgentOptions {
  std::string name;  // of the container instance
  std::string cluster = "default";
  std::string address;                // where this host's published ports answer
  std::string data_dir;               // empty: nothing is kept on disk
  std::string run_dir;                // of files from Secrets and ConfigMaps, in memory; empty: none are made
  std::string zone;                   // ecs.availability-zone; may be empty
  std::vector<Attribute> attributes;  // further ones
  std::string version;
  std::size_t parallel_starts = 0;                   // 0: as many as there are cores
  Duration keep_stopped = std::chrono::minutes(10);  // containers of stopped tasks, for their logs
  std::size_t most_stopped = 100;                    // stopped tasks that keep their containers
  bool measures = true;                              // what containers use, and tells the server
  std::vector<std::string> gpus;                     // of the host, for tasks; see gpus.h
  ImageOptions images;
  CleanerOptions cleaner;
};

// What the agent works with. The loop and the source of randomness outlive it.
struct AgentParts {
  Loop& loop;
  Random& random;
  std::unique_ptr<drivers::Driver> driver;
  std::unique_ptr<Link> link;
  std::unique_ptr<Ports> ports;  // null: the driver chooses host ports
  // What the whole machine uses; null: what its containers use.
  std::function<std::optional<MachineUsage>()> machine = nullptr;
  // The disk that a folder of this host is on; null, or nothing: it is not known.
  std::function<std::optional<image::Disk>(const std::string& folder)> disk = nullptr;
  // Null: tasks have no control group of their own.
  std::unique_ptr<TaskCgroups> cgroups = nullptr;
  // Null: containers find no task metadata.
  std::unique_ptr<metadata::Endpoint> metadata = nullptr;
};

struct AgentStats {
  bool connected = false, synced = false, engine_up = false;
  std::size_t tasks = 0, pending = 0, running = 0, stopping = 0, stopped = 0;
  std::uint64_t connections = 0, reports = 0;
  std::uint64_t creations = 0, starts = 0, stops = 0, removals = 0, failures = 0, pulls = 0, images_removed = 0;
  std::uint64_t unsaved = 0;  // writes to the data folder that failed since the last that succeeded
  std::size_t log_streams = 0, tunnels = 0;
};

class Agent {
 public:
  Agent(AgentParts parts, AgentOptions options);
  // At once, as a crash: no callback follows, containers go on.
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Fails when the data folder cannot be used; otherwise all goes on by itself.
  Status start();
  // A planned absence: says so to the server, decides nothing any more, leaves the containers alone. `done` after at
  // most a second.
  void shutdown(Duration hold, std::function<void()> done);
  AgentStats stats() const;
  // What its running containers use, as last measured.
  ContainerSamples containers() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace muster::agent
