// Random weather: crashes of the agent, cut connections, an engine that comes and goes, containers that die, tasks that
// come and go. Whatever happens: no status goes back, no container is started twice, none runs after its task was
// reported as stopped; and when the weather clears, everything is as wanted.
#include <gmock/gmock.h>

#include "runtime/agent/agent.h"
#include "tests/runtime/agent/host.h"
#include "tests/support/temp_dir.h"

namespace muster::agent::testing {
namespace {

class Storm : public AgentTest, public ::testing::WithParamInterface<int> {
 protected:
  std::uint64_t below(std::uint64_t bound) { return dice_.next() % bound; }

  void begin() {
    simulated.create_latency = milliseconds(below(20));
    simulated.start_latency = milliseconds(below(20));
    simulated.stop_latency = milliseconds(below(200));
    answer_delay = milliseconds(below(3) * 40);
    simulated.pull_latency = milliseconds(below(2) * 300);
    if (below(2) == 0) options.data_dir = folder_.path() + "/agent";
    boot();
    settle();
    ContainerDefinition app = container("app");
    ContainerDefinition side = container("side");
    side.essential = false;
    side.depends_on = {ContainerDependency{"app", DependencyCondition::start}};
    server.define("pair:1", {app, side});
    server.define("one:1", {container("app")});
    server.define("brief:1", {container("app", {{"MUSTER_SIM_RUN_FOR", "300ms"}})});
    server.define("stubborn:1", {container("app", {{"MUSTER_SIM_IGNORE_SIGTERM", "true"}})});
  }

  void turn() {
    loop.advance(std::chrono::microseconds(below(150'000)));
    check();
    switch (below(12)) {
      case 0:
      case 1:
      case 2: {
        constexpr const char* definitions[] = {"pair:1", "one:1", "brief:1", "stubborn:1"};
        const std::uint64_t choice = below(4);
        server.run(definitions[choice]);
        containers_ += choice == 0 ? 2 : 1;
        return;
      }
      case 3: return stop_one();
      case 4: return kill_one();
      case 5:
        if (!server.tasks.empty()) server.erase(any_task());
        return;
      case 6: return server.cut("weather");
      case 7: server.reachable = !server.reachable; return;
      case 8: return engine->make_unavailable_for(milliseconds(below(1'500)));
      case 9:
        crash();
        loop.advance(milliseconds(below(300)));
        server.cut("gone");
        return boot();
      default: return;
    }
  }

  std::string any_task() {
    auto at = server.tasks.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(below(server.tasks.size())));
    return at->first;
  }
  void stop_one() {
    if (server.tasks.empty()) return;
    const std::string uid = any_task();
    if (server.tasks.at(uid)->spec.desired_status == DesiredStatus::running) server.stop(uid);
  }
  void kill_one() {
    const std::vector<drivers::ContainerState> all = engine->containers();
    if (all.empty()) return;
    (void)engine->kill(all[below(all.size())].name, 9).ok();
  }

  void check() {
    EXPECT_LE(engine->starts(), containers_) << "something was started twice";
    for (const drivers::ContainerState& state : engine->containers()) {
      const auto task = server.tasks.find(state.labels.at("muster.dev/task-uid"));
      if (task == server.tasks.end() || state.phase != drivers::ContainerPhase::running) continue;
      EXPECT_NE(task->second->status.last_status, LastStatus::stopped) << state.name << " runs in a stopped task";
    }
  }

  void clear_up() {
    server.reachable = true;
    engine->make_available();
    loop.advance(minutes(2));
    check();
    for (const auto& [uid, task] : server.tasks) {
      const bool to_run = task->spec.desired_status == DesiredStatus::running;
      const LastStatus status = task->status.last_status;
      EXPECT_TRUE(status == LastStatus::stopped || (to_run && status == LastStatus::running)) << uid;
    }
    for (const drivers::ContainerState& state : engine->containers()) {
      const auto task = server.tasks.find(state.labels.at("muster.dev/task-uid"));
      EXPECT_NE(task, server.tasks.end()) << state.name << " belongs to nobody";
    }
    EXPECT_EQ(agent->stats().tasks, server.tasks.size());
  }

  std::uint64_t containers_ = 0;

 private:
  SeededRandom dice_{static_cast<std::uint64_t>(GetParam())};
  muster::testing::TempDir folder_;
};

TEST_P(Storm, passes) {
  begin();
  for (int at = 0; at < 120 && !HasFailure(); ++at) turn();
  if (!HasFailure()) clear_up();
}

INSTANTIATE_TEST_SUITE_P(seeds, Storm, ::testing::Range(1, 31));

}  // namespace
}  // namespace muster::agent::testing
