#include "controllers/task/dependencies.h"

#include <algorithm>

#include "api/base/text.h"

namespace muster::task {
namespace {

using Answer = Verdict::Answer;

Verdict never(const Container& target, const std::string& dependency, std::string_view why) {
  return Verdict{Answer::never,
                 str("CannotStartContainerError: dependency graph: container ordering dependency [", dependency,
                     "] for target [", target.name(), "] ", why),
                 std::nullopt};
}

constexpr std::string_view will_never_start = "will never start.";

// Waits at most for the dependency's startTimeout, counted from its own start.
Verdict wait_for(const Container& target, const Container& dependency, Time now) {
  if (!dependency.definition->start_timeout || !is_set(dependency.status->started_at)) return {Answer::wait, {}, {}};
  const Time deadline = dependency.status->started_at + std::chrono::seconds(*dependency.definition->start_timeout);
  if (now >= deadline) return never(target, dependency.name(), "has timed out.");
  return Verdict{Answer::wait, {}, deadline};
}

Verdict evaluate(const Container& target, const Container& dependency, DependencyCondition condition, Time now) {
  const ContainerStatus& status = *dependency.status;
  const bool ran = dependency.memory->ran;
  if (dependency.stopped() && !ran) return never(target, dependency.name(), will_never_start);
  switch (condition) {
    case DependencyCondition::start:
      return {ran || dependency.phase() != Phase::absent ? Answer::ready : Answer::wait, {}, {}};
    case DependencyCondition::complete:
      if (!dependency.stopped()) return wait_for(target, dependency, now);
      if (!status.exit_code) return never(target, dependency.name(), "did not exit with a known code.");
      return {};
    case DependencyCondition::success:
      if (!dependency.stopped()) return wait_for(target, dependency, now);
      if (status.exit_code != 0) return never(target, dependency.name(), "did not exit successfully.");
      return {};
    case DependencyCondition::healthy:
      if (dependency.stopped()) return never(target, dependency.name(), "stopped before it was healthy.");
      if (status.health_status == HealthStatus::healthy) return {};
      return wait_for(target, dependency, now);
  }
  return {};
}

// Adds one dependency's verdict: never before wait before ready, the earliest deadline.
void add(Verdict& sum, Verdict verdict) {
  if (sum.answer == Answer::never || verdict.answer == Answer::ready) return;
  if (verdict.answer == Answer::wait && sum.answer == Answer::wait) {
    if (verdict.deadline && (!sum.deadline || *verdict.deadline < *sum.deadline)) sum.deadline = verdict.deadline;
    return;
  }
  sum = std::move(verdict);
}

// Whose namespaces the container joins; null when none.
const Container* joined(const View& view, const Container& container) {
  return view.holder == nullptr || view.holder->name == container.name() ? nullptr : view.find(view.holder->name);
}

bool depends_on(const ContainerDefinition& dependent, const std::string& name) {
  return std::ranges::any_of(dependent.depends_on,
                             [&](const ContainerDependency& each) { return each.container_name == name; }) ||
         std::ranges::any_of(dependent.links, [&](const std::string& link) { return link_target(link) == name; }) ||
         std::ranges::any_of(dependent.volumes_from,
                             [&](const VolumeFrom& from) { return from.source_container == name; });
}

}  // namespace

Verdict may_create(const View& view, const Container& container, Time now) {
  Verdict sum;
  for (const ContainerDependency& wanted : container.definition->depends_on) {
    const Container* dependency = view.find(wanted.container_name);
    if (dependency == nullptr) return never(container, wanted.container_name, will_never_start);
    add(sum, evaluate(container, *dependency, wanted.condition, now));
  }
  for (const std::string& link : container.definition->links) {
    const Container* dependency = view.find(link_target(link));
    if (dependency == nullptr) return never(container, link_target(link), will_never_start);
    add(sum, evaluate(container, *dependency, DependencyCondition::start, now));
  }
  // Whose volumes it takes over need not run, only be there.
  for (const VolumeFrom& from : container.definition->volumes_from) {
    const Container* dependency = view.find(from.source_container);
    if (dependency == nullptr) return never(container, from.source_container, will_never_start);
    add(sum, evaluate(container, *dependency, DependencyCondition::start, now));
  }
  if (const Container* holder = joined(view, container)) {
    add(sum, evaluate(container, *holder, DependencyCondition::start, now));
  }
  return sum;
}

Verdict may_start(const View& view, const Container& container) {
  Verdict sum;
  const auto needs_started = [&](const std::string& name) {
    const Container* dependency = view.find(name);
    if (dependency == nullptr || (dependency->stopped() && !dependency->memory->ran)) {
      add(sum, never(container, name, will_never_start));
    } else if (!dependency->memory->ran) {
      add(sum, Verdict{Answer::wait, {}, std::nullopt});
    }
  };
  for (const ContainerDependency& wanted : container.definition->depends_on) {
    // The other conditions were met before the container was created and only count on the way up.
    if (wanted.condition == DependencyCondition::start) needs_started(wanted.container_name);
  }
  for (const std::string& link : container.definition->links) needs_started(link_target(link));
  if (const Container* holder = joined(view, container)) needs_started(holder->name());
  return sum;
}

bool may_stop(const View& view, const Container& container) {
  return std::ranges::none_of(view.containers, [&](const Container& other) {
    return (other.running() || other.coming_up()) &&
           (depends_on(*other.definition, container.name()) ||
            (joined(view, other) != nullptr && joined(view, other)->name() == container.name()));
  });
}

}  // namespace muster::task
