// The service controller's model and wake-ups; its decisions are in plan.h.
#pragma once

#include <set>

#include "controllers/base/controller.h"
#include "controllers/service/config_users.h"
#include "controllers/service/slots.h"

namespace muster::service {

class ServiceController final : public Controller {
 public:
  std::string_view name() const override { return "service"; }
  void start(const State& state, Keys& keys) override;
  void observe(const Change& change, const State& after, Keys& keys) override;
  Plan plan(const State& state, const Key& key, const Context& context) override;

 private:
  void observe_service(const Change& change, Keys& keys);
  void observe_instance(const Change& change, const State& after, Keys& keys);
  void add_daemons(std::string_view cluster, Keys& keys) const;

  // Folds of the commits: few in a cluster that is well, and not found by any index.
  Facts facts_;
  NotableInstances notable_;
  ConfigUsers config_users_;
  std::map<std::string, std::set<Key>, std::less<>> daemons_;  // by cluster
};

}  // namespace muster::service
