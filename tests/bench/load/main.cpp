// muster_load: many simulated agents, writers, readers or watchers against a real server process, over real HTTP.
//
//   muster_load tasks  --muster PATH [--agents 1000] [--tasks 50000] [--services N] [--patience SECONDS]
//                      [--phases scale-down,rolling-update,kill-agents] [--kill 10]
//   muster_load writes --muster PATH [--writers 64] [--seconds 5] [--object-bytes 1536]
//   muster_load reads  --muster PATH [--tasks 10000] [--seconds 5] [--rounds 50] [--object-bytes 1536]
//   muster_load watch  --muster PATH [--watchers 1000] [--rounds 50]
//   muster_load docker --muster PATH --docker-host unix://SOCKET --image ID [--rounds 5]
//
// --data-dir DIR chooses the disk (default: a new folder in the temporary one); what is made there is removed.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "runtime/base/log.h"
#include "tests/bench/load/options.h"

namespace muster::bench {
namespace {

// Thousands of sockets: as many files as the system allows, for the server too, which inherits it.
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int run(int count, char** words) {
  auto options = read_options(count, words);
  if (!options.ok()) {
    std::fprintf(stderr, "muster_load: %s\n", options.error().text().c_str());
    return 2;
  }
  log::set_level(log::Level::error);  // a line for each agent that connects is too much
  std::signal(SIGPIPE, SIG_IGN);
  allow_many_files();
  const std::string parent =
      options->data_dir.empty() ? std::filesystem::temp_directory_path().string() : options->data_dir;
  std::string folder = parent + "/muster-load-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    std::fprintf(stderr, "muster_load: no folder can be made in %s\n", parent.c_str());
    return 1;
  }
  options->data_dir = folder;
  Status status = Error{Code::malformed, "there is no such mode; there are tasks, writes, reads, watch and docker", {}};
  if (options->mode == "tasks") status = run_tasks(*options);
  if (options->mode == "writes") status = run_writes(*options);
  if (options->mode == "reads") status = run_reads(*options);
  if (options->mode == "watch") status = run_watch(*options);
  if (options->mode == "docker") status = run_docker(*options);
  if (!status.ok()) {
    std::fprintf(stderr, "muster_load: %s (the server's words are in %s)\n", status.error().text().c_str(),
                 folder.c_str());
    return 1;
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return 0;
}

}  // namespace
}  // namespace muster::bench

int main(int count, char** words) {
  return muster::bench::run(count, words);
}
