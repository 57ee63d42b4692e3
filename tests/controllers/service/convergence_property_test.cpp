// Random histories of one service: scaled, rolled out, crashed, drained, lost and found, with plans made from stale
// states and restarts of the controller in between. Always: never more tasks than the maximum through our own starts,
// never fewer healthy ones than the minimum through our own stops, never two tasks of one attempt. In the end, when
// nothing happens any more: as many healthy tasks as wanted, all of the wanted revision, and an idle plan. A failing
// seed is printed; it fails again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "controllers/service/rollout.h"
#include "controllers/service/service.h"
#include "tests/support/cluster.h"
#include "tests/support/shell.h"

namespace muster {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed), hosts_(world_, 4), shell_(world_) {
    for (int n = 1; n <= 3; ++n) {
      a_revision revision("web", n);
      if (n == 3 && roll(2)) revision.health_check();
      world_.add(revision);
    }
    const std::pair<int, int> percents[] = {{100, 200}, {50, 100}, {75, 125}, {0, 100}, {50, 150}, {100, 150}};
    const auto [minimum, maximum] = percents[below(6)];
    a_service service("web");
    service.definition(str("web:", 1 + below(3))).desired(below(9)).percent(minimum, maximum);
    if (roll(3)) service.minimum_healthy_time(seconds(1 + below(5)));
    if (roll(3)) service.lost_after(seconds(1 + below(20)));
    world_.add(service);
    shell_.add(make_service_controller());
    shell_.on_plan = [this](const Controller& controller, const Key&, const Plan& plan) { check(controller, plan); };
  }

  void run() {
    for (int i = 0; i < 80 && !::testing::Test::HasFailure(); ++i) {
      happen();
      if (roll(4)) {
        shell_.step();
      } else {
        shell_.settle();
      }
    }
    come_to_rest();
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  bool roll(int sides) { return below(sides) == 0; }
  std::shared_ptr<const Task> any_task() {
    const auto tasks = world_.all<Task>();
    return tasks.empty() ? nullptr : tasks[static_cast<std::size_t>(below(static_cast<int>(tasks.size())))];
  }
  const std::string& any_host() { return hosts_.names()[static_cast<std::size_t>(below(4))]; }

  void happen() {
    const auto task = any_task();
    switch (below(16)) {
      case 0: edit([&](ServiceSpec& s) { s.desired_count = below(9); }); break;
      case 1: edit([&](ServiceSpec& s) { s.task_definition = str("web:", 1 + below(3)); }); break;
      case 2: shell_.restart(); break;
      case 3: hosts_.drain(any_host()); break;
      case 4: hosts_.lose(any_host()); break;
      case 5: hosts_.come_back(any_host()); break;
      case 6: reactivate(any_host()); break;
      case 7:
      case 8: shell_.advance(milliseconds(below(5000))); break;
      default:
        if (task != nullptr) happen_to(*task);
    }
  }
  void happen_to(const Task& task) {
    if (is_stopped(task) || is_lost(task)) return;
    const std::string& name = task.metadata.name;
    if (wants_stop(task)) {
      hosts_.stopped(name);
    } else if (task.spec.container_instance.empty()) {
      const std::string host = hosts_.choose(task);
      if (!host.empty()) hosts_.place(task, host);
    } else if (task.status.last_status == LastStatus::pending) {
      roll(5) ? hosts_.crash(name) : hosts_.start(name);
    } else if (roll(4)) {
      hosts_.crash(name);
    } else {
      hosts_.health(name, roll(4) ? HealthStatus::unhealthy : HealthStatus::healthy);
    }
  }
  template <class Edit>
  void edit(Edit change) {
    world_.edit<Service>("web", [&](Service& s) { change(s.spec); });
  }
  void reactivate(const std::string& host) {
    world_.edit<ContainerInstance>(host, [](ContainerInstance& i) { i.spec.status = InstanceState::active; });
  }

  service::Counts count(const State& state) const {
    service::Counts counts;
    const auto service = state.get<Service>("default", "web");
    const Duration minimum = service->spec.deployment_configuration.minimum_healthy_time;
    for (const auto& task : state.list<Task>()) {
      if (is_stopped(*task) || is_lost(*task) || was_left_behind(*task, state)) continue;
      const auto revision = revision_of(state, "default", task->spec.task_definition);
      if (wants_stop(*task)) {
        ++counts.stopping;
      } else if (task->status.last_status == LastStatus::running) {
        ++counts.running;
      } else {
        ++counts.pending;
      }
      if (is_healthy(*task, revision->spec, minimum, world_.now)) ++counts.healthy;
    }
    return counts;
  }

  // Lost when its deployment was replaced: it stops when its host returns, and counts no more.
  static bool was_left_behind(const Task& task, const State& state) {
    const auto set = state.get<TaskSet>("default", controller_of(task.metadata)->name);
    return wants_stop(task) && set->status.status == DeploymentStatus::inactive;
  }

  // What the plan does to the numbers: world_ is the state before it.
  void check(const Controller&, const Plan& plan) {
    const auto service = world_.get<Service>("web");
    const DeploymentConfiguration& configuration = service->spec.deployment_configuration;
    const service::Bounds bounds = service::bounds_of(
        service->spec.desired_count, configuration.minimum_healthy_percent, configuration.maximum_percent);
    const service::Counts before = count(world_.state);
    World after;
    after.state = world_.state;
    after.now = world_.now;
    ASSERT_FALSE(after.apply(plan).conflict) << "a plan from the newest state contradicts itself";
    const service::Counts now = count(after.state);
    if (now.total() > before.total()) {
      // A task that the service's own lostAfter already gave up still counts here.
      const int given_up = service->spec.lost_after.has_value() ? unreachable() : 0;
      EXPECT_LE(now.total() - given_up, bounds.upper) << "started too many";
    }
    if (now.healthy < before.healthy) {
      EXPECT_GE(now.healthy, bounds.lower) << "stopped too many";
    }
    if (roll(16)) expect_the_same_of_unordered_input(*service, plan);
  }
  void expect_the_same_of_unordered_input(const Service& service, const Plan& plan) {
    State shuffled;
    std::vector<ObjectPtr> objects;
    for (const Kind& kind : all_kinds()) {
      world_.state.each(kind, {}, [&](const ObjectPtr& object) {
        objects.push_back(object);
        return true;
      });
    }
    std::shuffle(objects.begin(), objects.end(), random_);
    for (const ObjectPtr& object : objects) shuffled.put(object);
    const auto again = make_service_controller();
    Keys keys;
    again->start(shuffled, keys);
    EXPECT_EQ(hash_of(again->plan(shuffled, key_of(service), Context{world_.now, 7})), hash_of(plan))
        << "order of input matters";
  }
  int unreachable() const {
    int count = 0;
    for (const auto& task : world_.all<Task>()) {
      const auto host = world_.get<ContainerInstance>(task->spec.container_instance);
      if (!is_stopped(*task) && !is_lost(*task) && host != nullptr && !host->status.agent.connected) ++count;
    }
    return count;
  }

  void come_to_rest() {
    // Some percentages of few tasks leave no way at all.
    edit([](ServiceSpec& s) { s.deployment_configuration.maximum_percent = 200; });
    for (const std::string& host : hosts_.names()) {
      hosts_.come_back(host);
      reactivate(host);
    }
    for (int i = 0; i < 300; ++i) {
      shell_.settle();
      const std::int64_t before = world_.state.revision();
      hosts_.work();
      for (const auto& task : world_.all<Task>()) {
        if (task->status.last_status == LastStatus::running && task->status.health_status != HealthStatus::healthy) {
          hosts_.health(task->metadata.name, HealthStatus::healthy);
        }
      }
      if (world_.state.revision() != before) continue;
      const Time next = shell_.next_timer();
      if (!is_set(next)) break;
      shell_.advance(next - world_.now);
    }
    const auto service = world_.get<Service>("web");
    EXPECT_TRUE(is_true(service->status.conditions, "Ready")) << encode_object(*service);
    EXPECT_EQ(service->status.running_count, service->spec.desired_count);
    EXPECT_EQ(service->status.deployments.size(), 1U);
    int live = 0;
    for (const auto& task : world_.all<Task>()) {
      if (is_stopped(*task)) continue;
      ++live;
      EXPECT_EQ(task->spec.task_definition, service->spec.task_definition);
    }
    EXPECT_EQ(live, service->spec.desired_count);
    const std::int64_t before = world_.state.revision();
    shell_.restart();
    shell_.settle();
    EXPECT_EQ(world_.state.revision(), before) << "not idle";
  }

  std::mt19937_64 random_;
  World world_;
  Hosts hosts_;
  Shell shell_;
};

TEST(ServiceProperties, hold_in_random_histories) {
  const char* one = std::getenv("MUSTER_SEED");
  const std::uint64_t first = one == nullptr ? 1 : std::strtoull(one, nullptr, 10);
  const std::uint64_t last = one == nullptr ? 150 : first;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE(str("MUSTER_SEED=", seed));
    History(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace muster
