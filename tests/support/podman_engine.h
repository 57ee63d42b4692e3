// A private Podman service for tests; never the system's. See hack/private-podman.
#pragma once

#include <unistd.h>

#include <string>

#include "tests/support/engine_script.h"
#include "tests/support/temporary_directory.h"

namespace muster::testing {

class PodmanEngine {
 public:
  // Is there something to start? Where there is, a failure to start is a failure of the test.
  static bool installed() {
    return ::geteuid() == 0 && has_program("podman") && (has_program("crun") || has_program("runc"));
  }

  PodmanEngine() : host_(run_engine_script("private-podman", "start", directory_.path(), "")) {
    if (!host_.empty()) run_engine_script("private-podman", "image", directory_.path(), "muster-test:busybox");
  }
  ~PodmanEngine() { run_engine_script("private-podman", "remove", directory_.path(), ""); }
  PodmanEngine(const PodmanEngine&) = delete;
  PodmanEngine& operator=(const PodmanEngine&) = delete;

  // "unix:///..."; empty when it did not start.
  const std::string& host() const { return host_; }

 private:
  TemporaryDirectory directory_;
  std::string host_;
};

}  // namespace muster::testing
