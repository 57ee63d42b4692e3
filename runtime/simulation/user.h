// Somebody who works with the cluster: applies, scales, updates, restarts, drains, deletes, as one would with the
// command line. Whatever is asked for can be had: services fit into the cluster, rollouts can move.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/base/random.h"
#include "runtime/store/objects.h"

namespace muster::simulation {

// Whether agents that restart know who they were. One that does not leaves its containers alone when its instance has
// been deleted meanwhile: nobody can tell whose they are.
enum class Forgetful { no, yes };

class User {
 public:
  using Commit = std::function<void(std::vector<Write> writes)>;
  // `hosts` in the cluster; commits may fail, the user does not care.
  User(std::uint64_t seed, std::int64_t hosts, Forgetful agents, Commit commit);

  // The first services. Answers what was done, for people.
  std::string begin(const State& state);
  // One thing, or nothing (empty) when the drawn one is not possible now.
  std::string act(const State& state);
  // Takes back what keeps tasks from being placed, or from staying up.
  void undo(const State& state);

 private:
  std::string create_service(const State& state);
  std::string scale(const State& state);
  std::string change_image(const State& state);
  std::string change_percentages(const State& state);
  std::string restart(const State& state);
  std::string delete_service(const State& state);
  std::string run_task(const State& state);
  std::string stop_task(const State& state);
  std::string drain(const State& state);
  std::string delete_lost_instance(const State& state);
  // Pauses a service, lets it go on, or aborts its rollout.
  std::string hold(const State& state);

  SeededRandom random_;
  const std::int64_t hosts_;
  const Forgetful agents_;
  Commit commit_;
  std::vector<std::int64_t> weights_;
  // Of its own, so that worlds without circuit breakers go as they would if there were none.
  SeededRandom breaker_random_;
  const bool breakers_;       // whether services have circuit breakers, and new revisions may be bad
  SeededRandom hold_random_;  // of its own, too
  const bool holds_;          // whether rollouts are paused and aborted, and have deadlines
  int versions_ = 0, runs_ = 0;
};

}  // namespace muster::simulation
