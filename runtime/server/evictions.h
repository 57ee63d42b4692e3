// POST .../pods/NAME/eviction (policy/v1): deletes the task behind the pod if its service can spare it now.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "api/types/task.h"
#include "runtime/http/server.h"
#include "runtime/server/call.h"
#include "runtime/store/objects.h"

namespace muster::server {

// On the server's loop only.
class Evictions {
 public:
  // Both must outlive this.
  Evictions(store::Objects& objects, Loop& loop) : objects_(objects), loop_(loop) {}

  // 201 when the task is to stop; 429 with the cause DisruptionBudget when that would leave its service fewer healthy
  // tasks than minimumHealthyPercent: then the task is marked, so that its service replaces it first where
  // maximumPercent allows, and a later attempt finds it gone or to spare.
  void handle(const Call& call, const std::shared_ptr<http::Exchange>& exchange);

 private:
  using ExchangePtr = std::shared_ptr<http::Exchange>;
  void remove(const Call& call, const Task& task, const std::string& service, const ExchangePtr& exchange);
  void mark(const Task& task);

  store::Objects& objects_;
  Loop& loop_;
  // Healthy tasks whose removal is not stored yet, by namespace and service: two evictions at once must not both take
  // the last one that can be spared.
  std::map<std::string, std::int32_t> leaving_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace muster::server
