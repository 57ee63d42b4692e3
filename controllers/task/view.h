// One container as all parts of a decision see it. For this folder only.
#pragma once

#include <string>
#include <vector>

#include "controllers/task/desired.h"
#include "controllers/task/memory.h"
#include "controllers/task/observed.h"

namespace muster::task {

struct Container {
  const ContainerDefinition* definition = nullptr;
  ContainerStatus* status = nullptr;
  ContainerMemory* memory = nullptr;
  const ObservedContainer* observed = nullptr;  // null: absent, nothing under way

  const std::string& name() const { return definition->name; }
  Phase phase() const { return observed == nullptr ? Phase::absent : observed->phase; }
  bool busy() const { return observed != nullptr && observed->under_way.has_value(); }
  // A step that may still make a process run.
  bool coming_up() const {
    return busy() && (*observed->under_way == StepKind::create || *observed->under_way == StepKind::start);
  }
  bool stopped() const { return status->last_status == ContainerLastStatus::stopped; }
  bool running() const { return phase() == Phase::running; }
  // Made and not started, as far as one can see: a start asked for by an agent that has died, or one that was not
  // answered in time, may still come true. Once the container is removed it cannot.
  bool may_still_start() const { return phase() == Phase::created; }
};

// The containers of a task in the definition's order. Points into the definition, the memory and the observation.
class View {
 public:
  View(const DesiredTask& desired, const std::vector<ObservedContainer>& observed, TaskMemory& memory);
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  std::vector<Container> containers;
  const ContainerDefinition* holder = nullptr;  // of the namespaces that the containers share; null: none are

  // Null when there is none of that name.
  const Container* find(const std::string& name) const;

 private:
  std::vector<ContainerDefinition> made_up_;  // for containers that the definition does not name
};

// The container a link names, without the alias.
std::string link_target(const std::string& link);

}  // namespace muster::task
