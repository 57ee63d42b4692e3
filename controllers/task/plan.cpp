#include "controllers/task/plan.h"

#include <algorithm>

#include "controllers/task/dependencies.h"
#include "controllers/task/status.h"
#include "controllers/task/view.h"

namespace muster::task {
namespace {

using Answer = Verdict::Answer;

constexpr std::int32_t never_started_exit_code = 143;  // what ECS's agent reports for an unmet dependency

bool wants_down(const DesiredTask& desired) {
  return desired.spec.desired_status == DesiredStatus::stopped || desired.remains == Remains::remove;
}

class Planner {
 public:
  Planner(const DesiredTask& desired, const std::vector<ObservedContainer>& observed, TaskPlan& out, Time now)
      : desired_(desired), status_(out.memory.status), out_(out), view_(desired, observed, out.memory), now_(now) {}

  void run() {
    status_.last_status = std::max(status_.last_status, LastStatus::pending);
    const Restarts restarts = going_down() || wants_down(desired_) ? Restarts::over : Restarts::allowed;
    for (Container& container : view_.containers) fold(desired_, container, restarts, now_);
    show_obstacles();
    if (!going_down()) give_up_obstructed();
    if (!going_down()) give_up_unmet();
    if (!view_.containers.empty() && all_up(view_)) reach_running(view_, status_, now_);
    if (!going_down()) {
      if (wants_down(desired_)) {
        go_down(desired_, status_, now_);
      } else if (const Container* cause = failed_essential(view_)) {
        go_down(*cause, status_, now_);
      }
    }
    if (going_down()) {
      plan_down();
      settle_down(view_, status_, now_);
      if (desired_.remains == Remains::remove) plan_removal();
    } else {
      plan_up();
    }
    stop_strays();
    status_.health_status = task_health(view_);
    status_.readiness_status = task_readiness(view_);
  }

 private:
  bool going_down() const { return is_set(status_.stopping_at) || status_.last_status >= LastStatus::stopping; }

  const Obstacle* obstacle_of(const Container& container) const {
    const auto found = desired_.obstacles.find(container.name());
    return found == desired_.obstacles.end() ? nullptr : &found->second;
  }

  void show_obstacles() {
    for (Container& container : view_.containers) {
      if (container.stopped()) continue;
      const Obstacle* obstacle = going_down() ? nullptr : obstacle_of(container);
      if (obstacle != nullptr) {
        container.status->reason = obstacle->reason;
      } else if (container.status->reason.starts_with(waiting_reason)) {
        container.status->reason.clear();
      }
    }
  }

  // ECS: what cannot be had for one container, essential or not, ends the task before it has begun.
  void give_up_obstructed() {
    for (Container& container : view_.containers) {
      const Obstacle* obstacle = obstacle_of(container);
      if (obstacle == nullptr || obstacle->kind != Obstacle::Kind::fail) continue;
      if (container.stopped() || container.memory->ran || container.coming_up()) continue;
      finish(container, obstacle->reason, now_);
      return go_down(container, status_, now_);
    }
  }

  // Containers whose dependencies can no longer be met; again, because others may depend on these.
  void give_up_unmet() {
    bool changed = true;
    while (changed) {
      changed = false;
      for (Container& container : view_.containers) {
        if (container.stopped() || container.memory->ran || container.coming_up()) continue;
        Verdict verdict =
            container.phase() == Phase::absent ? may_create(view_, container, now_) : may_start(view_, container);
        if (verdict.answer != Answer::never) continue;
        container.status->exit_code = never_started_exit_code;
        finish(container, std::move(verdict.error), now_);
        changed = true;
      }
    }
  }

  void plan_up() {
    for (Container& container : view_.containers) {
      if (container.stopped() || container.coming_up()) continue;
      switch (container.phase()) {
        case Phase::absent: plan_creation(container); break;
        case Phase::created:
          if (!container.busy() && !container.memory->ran && obstacle_of(container) == nullptr &&
              may_start(view_, container).answer == Answer::ready) {
            add(StepKind::start, container);
          }
          break;
        case Phase::exited:  // and not called stopped: its restart policy wants it
          if (!container.busy() && obstacle_of(container) == nullptr) add(StepKind::start, container);
          break;
        case Phase::running: break;
      }
    }
  }

  // Images are fetched without waiting for dependencies: it saves the time, and a missing one is found at once.
  void plan_creation(const Container& container) {
    const Verdict verdict = may_create(view_, container, now_);
    if (verdict.deadline) wake_at(*verdict.deadline);
    if (container.busy()) return;
    if (!container.memory->image_ready) {
      const bool credentials = container.definition->repository_credentials.has_value();
      if (!credentials || obstacle_of(container) == nullptr) add(StepKind::pull, container);
    } else if (verdict.answer == Answer::ready && obstacle_of(container) == nullptr) {
      add(StepKind::create, container);
    }
  }

  void plan_down() {
    for (Container& container : view_.containers) {
      if (container.coming_up()) continue;
      if (container.may_still_start()) {
        if (!container.busy()) add(StepKind::remove, container);
        continue;
      }
      if (container.stopped()) continue;
      if (container.phase() == Phase::exited) {
        fold(desired_, container, Restarts::over, now_);  // would have been started again
      } else if (!container.running()) {
        finish(container, {}, now_);  // never ran, and will not
      } else if (!container.busy() && may_stop(view_, container)) {
        add_stop(container);
      }
    }
  }

  // What runs although it has been given up: a start that came through after its time limit.
  void stop_strays() {
    for (const Container& container : view_.containers) {
      if (container.stopped() && container.running() && !container.busy()) add_stop(container);
    }
  }

  void plan_removal() {
    if (status_.last_status != LastStatus::stopped) return;
    out_.gone = true;
    for (const Container& container : view_.containers) {
      const bool there = container.phase() != Phase::absent;
      if (!there && !(container.busy() && *container.observed->under_way != StepKind::pull)) continue;
      out_.gone = false;
      if (there && !container.busy() && container.phase() == Phase::exited) add(StepKind::remove, container);
    }
  }

  void add(StepKind kind, const Container& container, Duration grace = {}) {
    if (container.memory->not_before > now_) return wake_at(container.memory->not_before);
    out_.steps.push_back(Step{kind, container.name(), grace});
  }

  void add_stop(const Container& container) {
    const std::optional<std::int32_t>& timeout = container.definition->stop_timeout;
    add(StepKind::stop, container, timeout ? Duration(std::chrono::seconds(*timeout)) : default_stop_timeout);
  }

  void wake_at(Time time) {
    const Duration after = std::max(time - now_, Duration(std::chrono::milliseconds(1)));
    out_.wake_after = std::min(out_.wake_after.value_or(after), after);
  }

  const DesiredTask& desired_;
  TaskStatus& status_;
  TaskPlan& out_;
  View view_;
  Time now_;
};

}  // namespace

TaskPlan plan(const DesiredTask& desired, const std::vector<ObservedContainer>& observed, const TaskMemory& memory,
              Time now) {
  TaskPlan out;
  out.memory = memory;
  // Without the definition nobody knows what is essential; only an end can be decided.
  if (desired.definition == nullptr && !wants_down(desired)) return out;
  Planner(desired, observed, out, now).run();
  return out;
}

}  // namespace muster::task
