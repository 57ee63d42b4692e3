// A private Docker Engine for tests, in a network namespace of its own; never the system's. See hack/private-docker.
#pragma once

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "tests/support/engine_script.h"
#include "tests/support/temporary_directory.h"

namespace muster::testing {

class DockerEngine {
 public:
  // Is there something to start? Where there is, a failure to start is a failure of the test.
  static bool installed() { return has_program("dockerd"); }
  static constexpr const char* image = "muster-test:busybox";

  // host: published ports answer on this host.
  enum class Network { own, host };

  explicit DockerEngine(Network network = Network::own) : network_(network) {
    start();
    if (!host_.empty()) run("image", image);
  }
  ~DockerEngine() { run("remove", ""); }
  DockerEngine(const DockerEngine&) = delete;
  DockerEngine& operator=(const DockerEngine&) = delete;

  // "unix:///..."; empty when it did not start, why is on stderr then.
  const std::string& host() const { return host_; }
  // What a test does to the daemon. Containers of a stopped one are stopped, images and containers stay.
  void start() { host_ = run("start", network_ == Network::host ? "--host-network" : ""); }
  void stop() { run("stop", ""); }
  // The daemon's process, 0 when it does not run.
  pid_t pid() const {
    const std::string socket = host_.substr(host_.find('/') + 2);
    std::ifstream file(std::filesystem::path(socket).parent_path() / "pid");
    pid_t pid = 0;
    file >> pid;
    return pid;
  }

 private:
  std::string run(const std::string& verb, const std::string& argument) const {
    return run_engine_script("private-docker", verb, directory_.path(), argument);
  }

  const Network network_;
  TemporaryDirectory directory_;
  std::string host_;
};

}  // namespace muster::testing
