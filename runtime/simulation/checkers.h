// What must hold at every moment of a simulated world. Sees each commit of the store right after it was made, each
// acknowledgement, and each start of a container; keeps the first violation.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/types/service.h"
#include "runtime/drivers/simulated/simulated.h"
#include "runtime/store/store.h"

namespace muster::simulation {

// Runs what was posted when it is told to, between two events of the world.
class DrainLoop final : public Loop {
 public:
  Time now() const override { return Time{}; }
  Duration monotonic() const override { return Duration::zero(); }
  void post(Callback callback) override { queue_.push_back(std::move(callback)); }
  Timer after(Duration, Callback) override { return 0; }
  void cancel(Timer) override {}
  void drain();
  void clear() { queue_.clear(); }

 private:
  std::deque<Callback> queue_;
};

class Checkers {
 public:
  // What runs on the engine of an instance; null when there is no such host.
  using Engines = std::function<const drivers::SimulatedEngine*(const std::string& instance)>;
  explicit Checkers(Engines engines) : engines_(std::move(engines)) {}

  // A server has opened its store: everything that was acknowledged before must be there.
  void attach(store::Store& store);
  void detach();
  // Rows that the log has made durable, acknowledged or not.
  void appended(const std::vector<store::Row>& rows);
  // A batch was committed; before drain().
  void acknowledged(const std::string& writer, const std::vector<store::JournalRow>& journal,
                    const store::Committed& committed);
  void container_started(const std::string& instance, const std::string& name);
  // After each event of the world.
  void drain() { loop_.drain(); }

  // Empty as long as all is well.
  const std::string& violation() const { return violation_; }
  void fail(const std::string& what);
  // Of everything that was committed, in order.
  std::uint64_t hash() const { return hash_; }
  std::int64_t commits() const { return commits_; }
  std::int64_t healthy_stops() const { return healthy_stops_; }  // rollouts and scale-ins that were judged
  std::int64_t given_up() const { return given_up_; }            // deployments, by their circuit breakers

 private:
  struct Origin {
    std::string writer;
    std::int64_t view = 0;  // what the controller had seen
    Time time{};
  };
  struct Known {
    std::int64_t revision = 0;
    bool deleted = false;
  };

  void observe(const store::Commit& group);
  void observe_batch(const store::Commit& commit);
  void check_continuity(const store::Commit& commit);
  void check_transition(const Object* before, const Object* after);
  void check_deployment(const Object* before, const Object* after);
  void check_instance(const State& state, const std::string& instance);
  void check_slots(const State& state, const Task& task);
  void check_service(const store::Commit& commit, const Origin& origin);
  void check_bounds(const State& view, const State& now, const Service& service, const Origin& origin);
  void check_stopped_task(const Task& task);
  static std::string tasks_text(const State& view, const State& now, const Service& service);
  void check_durable(const State& state);

  Engines engines_;
  DrainLoop loop_;
  std::unique_ptr<store::Subscription> subscription_;
  State seen_;
  std::deque<std::pair<std::int64_t, State>> views_;  // by revision, of this boot
  std::map<std::int64_t, Origin> origins_;
  std::map<Key, Known> durable_;    // acknowledged or seen by watchers
  std::map<Key, Known> attempted_;  // durable, perhaps never acknowledged
  std::set<std::string> stopped_;   // uids of tasks that their agent has reported STOPPED
  std::string violation_;
  std::uint64_t hash_ = 0;
  std::int64_t commits_ = 0, healthy_stops_ = 0, given_up_ = 0;
};

// Tasks of all deployments of the service, stopped ones included.
std::vector<std::shared_ptr<const Task>> tasks_of(const State& state, const Service& service);
// "muster.dev/task-uid" of the container.
std::string task_uid_of(const drivers::ContainerState& container);

}  // namespace muster::simulation
