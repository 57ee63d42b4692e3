// The server's metrics (reference: README, "Metrics"): what is counted where it happens, and what is read when asked
// for.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/audit/writer.h"
#include "runtime/base/metrics.h"
#include "runtime/reconcile/runner.h"
#include "runtime/server/server.h"
#include "runtime/store/store.h"

namespace muster::cmd {

class ServerMetrics {
 public:
  // Both must outlive the metrics.
  ServerMetrics(store::Store& store, server::ApiServer& server);

  // Its counters too. It must outlive the metrics.
  void follow(const audit::Writer& audit) { audit_ = &audit; }
  // On the server's loop.
  std::string expose();
  // An observer for the runner of this controller; called on the runner's loop.
  std::function<void(const reconcile::Outcome&)> runner(const std::string& controller);

 private:
  void request(const server::RequestOutcome& outcome);
  void collect(metrics::Samples& samples) const;

  store::Store& store_;
  server::ApiServer& server_;
  metrics::Registry registry_;
  std::vector<std::shared_ptr<const void>> collectors_;
  std::map<std::string, metrics::Counter, std::less<>> requests_;
  std::map<std::string, metrics::Histogram, std::less<>> request_durations_;
  metrics::Histogram prepare_, append_;
  const audit::Writer* audit_ = nullptr;
};

}  // namespace muster::cmd
