// A `muster server` or `muster dev` process of our own, and what it costs.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"

namespace muster::bench {

class MusterProcess {
 public:
  // Runs the program with these words, "--data-dir DIR/data" and a listener without TLS, which is measured, and waits
  // until it is ready. Its log is DIR/log; the user's own configuration is left alone.
  static Result<std::unique_ptr<MusterProcess>> start(const std::string& program, std::vector<std::string> words,
                                                      const std::string& folder);
  // Ends it: politely, after some seconds by force.
  ~MusterProcess();
  MusterProcess(const MusterProcess&) = delete;
  MusterProcess& operator=(const MusterProcess&) = delete;

  const std::string& url() const { return url_; }  // "http://127.0.0.1:41234"
  int port() const;
  Duration ready_after() const { return ready_after_; }  // from the start of the process
  double cpu_seconds() const;                            // user and system
  double rss_mib() const;
  double peak_rss_mib() const;

 private:
  explicit MusterProcess(pid_t pid) : pid_(pid) {}
  double status_mib(const char* field) const;

  pid_t pid_;
  std::string url_;
  Duration ready_after_{};
};

}  // namespace muster::bench
