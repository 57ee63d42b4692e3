// What the verdict about an instance means for its tasks.
#pragma once

#include <string>
#include <string_view>

#include "api/types/cluster.h"
#include "controllers/base/plan.h"
#include "controllers/instance/brake.h"
#include "controllers/instance/liveness.h"

namespace muster::instance {

// Conditions: of a ContainerInstance whose tasks have been declared lost, and of a Cluster whose brake is on.
inline constexpr std::string_view tasks_lost = "TasksLost";
inline constexpr std::string_view mass_loss = "MassLoss";

// Tasks that have not stopped and are not declared lost.
bool has_tasks_to_lose(const State& state, const std::string& instance);
// Each writes a slice; its own changes bring the next one.
void mark_lost(const State& state, const std::string& instance, const Judgement& judgement, const Context& context,
               Plan& out);
void mark_found(const State& state, const std::string& instance, const Context& context, Plan& out);
// The instance is no more: its tasks are STOPPED, for nobody else will ever say so.
void stop_tasks_of_deleted(const State& state, const std::string& instance, const Context& context, Plan& out);

// The cluster as the brake sees it. Judges every instance of the cluster by the facts.
Losses losses_of(const State& state, const Cluster& cluster, Time now);

}  // namespace muster::instance
