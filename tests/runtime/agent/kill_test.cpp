// kill -9 of the agent at every call that it makes to its engine while a task starts and stops, before the call takes
// effect and after: never two containers for one, never one that is left.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "api/base/text.h"
#include "runtime/agent/agent.h"
#include "tests/runtime/agent/host.h"
#include "tests/runtime/agent/mortal_driver.h"
#include "tests/support/temp_dir.h"

namespace muster::agent::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

// The life of one task, with one death of the agent on the way.
class OneLife : public AgentTest {
 public:
  OneLife(int calls, bool takes_effect) {
    options.data_dir = folder_.path() + "/agent";
    death_->calls_left = calls;
    death_->takes_effect = takes_effect;
    death_->on_death = [this] {
      fs::copy(options.data_dir, kept(), fs::copy_options::recursive);
      server.cut("the agent was killed");
    };
    engine = std::make_shared<drivers::SimulatedEngine>(loop, simulated);
    engine->on_start(
        [this](const std::string& name) { EXPECT_TRUE(started_.insert(name).second) << name << " was started twice"; });
  }
  ~OneLife() override {
    agent.reset();
    engine.reset();
  }
  void TestBody() override {}

  // False when the task's whole life has fewer calls.
  bool live() {
    begin_agent();
    ContainerDefinition app = container("app");
    ContainerDefinition side = container("side");
    app.depends_on = {ContainerDependency{"side", DependencyCondition::start}};
    server.define("web:1", {app, side});
    go_on([] { return true; });
    const std::string uid = server.run("web:1");
    go_on([&] { return server.status(uid).last_status == LastStatus::running; });
    EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
    EXPECT_EQ(engine->running(), 2u);
    server.stop(uid);
    go_on([&] { return server.status(uid).last_status == LastStatus::stopped; });
    EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
    EXPECT_EQ(server.status(uid).stop_code, StopCode::service_scheduler_initiated);
    EXPECT_EQ(engine->running(), 0u);
    server.erase(uid);
    go_on([&] { return engine->containers().empty(); });
    EXPECT_THAT(engine->containers(), IsEmpty());
    EXPECT_THAT(started_, SizeIs(2));
    EXPECT_EQ(agent->stats().tasks, 0u);
    return death_->happened;
  }
  const std::string& died_at() const { return death_->call; }

 private:
  std::string kept() const { return folder_.path() + "/at-death"; }

  void begin_agent() {
    auto driver = std::make_unique<MortalDriver>(death_, std::make_unique<drivers::SimulatedDriver>(engine));
    agent = std::make_unique<Agent>(AgentParts{loop, random, std::move(driver), server.link(), nullptr}, options);
    const Status started = agent->start();
    ASSERT_TRUE(started.ok()) << started.error().text();
  }
  // Until it has come about, for a minute at most; a dead agent is found after some time and started again.
  template <class Condition>
  void go_on(const Condition& condition) {
    for (int step = 0; step < 600; ++step) {
      loop.advance(milliseconds(100));
      check();
      if (death_->happened && !revived_) revive();
      if (revived_ == death_->happened && condition()) return;
    }
  }
  void revive() {
    revived_ = true;
    loop.advance(seconds(1));
    agent.reset();
    fs::remove_all(options.data_dir);  // what it wrote after its death never was
    fs::rename(kept(), options.data_dir);
    boot();
    settle();
  }
  void check() {
    std::set<std::string> containers;
    for (const drivers::ContainerState& state : engine->containers()) {
      EXPECT_TRUE(containers.insert(state.labels.at("muster.dev/container")).second) << "two for one: " << state.name;
    }
  }

  muster::testing::TempDir folder_;
  std::shared_ptr<Death> death_ = std::make_shared<Death>();
  bool revived_ = false;
  std::set<std::string> started_;
};

TEST(Kill, at_every_call_doubles_and_leaves_nothing) {
  std::set<std::string> verbs;
  for (const bool takes_effect : {false, true}) {
    int call = 0;
    for (;; ++call) {
      SCOPED_TRACE(str("call ", call, takes_effect ? ", done" : ", not done"));
      OneLife life(call, takes_effect);
      const bool died = life.live();
      verbs.insert(life.died_at().substr(0, life.died_at().find(' ')));
      if (!died || ::testing::Test::HasFailure()) break;
      ASSERT_LT(call, 1000);
    }
    EXPECT_GT(call, 12) << "two of create, start, stop, remove, and what is asked in between";
  }
  for (const char* verb : {"list", "image", "create", "start", "stop", "remove"}) EXPECT_TRUE(verbs.contains(verb));
}

}  // namespace
}  // namespace muster::agent::testing
