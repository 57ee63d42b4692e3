// What a service's plan reports: the status of its TaskSets and of itself, conditions for tools, events for people.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controllers/service/deployments.h"
#include "controllers/service/work.h"

namespace muster::service {

// A problem that no waiting ends; empty reason: none.
struct Trouble {
  std::string reason, message;
};

// Adds the statuses that changed. `moved` is a set whose spec the plan writes already (its status waits for the next
// plan).
void report(Work& work, const Trouble& trouble, const TaskSetPtr& moved);
// The status of a service without a PRIMARY.
void report_without_set(const Service& service, const Trouble& trouble, Time now, Plan& plan);

}  // namespace muster::service
