// What one run of the load program does.
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "api/base/error.h"
#include "api/base/time.h"

namespace muster::bench {

enum class Phase { scale_down, rolling_update, kill_agents };

struct LoadOptions {
  std::string mode;    // tasks, writes, reads, watch, docker
  std::string muster;  // the program under test
  std::string data_dir;
  std::size_t agents = 1'000;
  std::size_t tasks = 50'000;
  std::size_t services = 0;  // 0: one for each thousand tasks
  std::size_t kill = 10;     // agents, in that phase
  std::set<Phase> phases;
  std::size_t writers = 64;
  std::size_t watchers = 1'000;
  std::size_t rounds = 0;   // 0: what is usual for the mode
  std::string docker_host;  // unix://...
  std::string image;        // its id, so that no name is looked up
  std::size_t object_bytes = 1'536;
  Duration measured = std::chrono::seconds(5);  // of the writes mode
  Duration patience = std::chrono::seconds(120);
};

Result<LoadOptions> read_options(int count, char** words);

Status run_tasks(const LoadOptions& options);
Status run_writes(const LoadOptions& options);
Status run_reads(const LoadOptions& options);
Status run_watch(const LoadOptions& options);
Status run_docker(const LoadOptions& options);

}  // namespace muster::bench
