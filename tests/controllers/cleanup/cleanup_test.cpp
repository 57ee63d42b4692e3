#include "controllers/cleanup/cleanup.h"

#include <gtest/gtest.h>

#include "api/access/kept_token.h"
#include "api/base/base64.h"
#include "controllers/base/naming.h"
#include "tests/support/shell.h"

namespace muster {
namespace {

using namespace testing;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class Cleanup : public ::testing::Test {
 protected:
  Cleanup() { shell.add(make_cleanup_controller()); }
  std::string stopped_task(const TaskSet& set, int slot, int attempt) {
    const std::string name = derived_name(set, std::to_string(slot), attempt);
    world.add(a_task(name).owned_by(set).slot(slot, attempt).stopped(StopCode::essential_container_exited, world.now));
    return name;
  }
  template <class T>
  bool has(const std::string& name) const {
    return world.get<T>(name) != nullptr;
  }
  World world;
  Shell shell{world};
};

TEST_F(Cleanup, stopped_tasks_stay_for_an_hour) {
  const auto set = world.add(a_task_set("web-1"));
  const std::string old = stopped_task(*set, 0, 0);
  stopped_task(*set, 0, 1);
  shell.advance(hours(1) - seconds(1));
  EXPECT_TRUE(has<Task>(old));
  shell.advance(seconds(1));
  EXPECT_FALSE(has<Task>(old));
}

TEST_F(Cleanup, the_newest_task_of_each_slot_of_a_living_owner_stays) {
  const auto set = world.add(a_task_set("web-1"));
  const std::string zero = stopped_task(*set, 0, 3);
  const std::string one = stopped_task(*set, 1, 0);
  shell.advance(hours(100));
  EXPECT_TRUE(has<Task>(zero));
  EXPECT_TRUE(has<Task>(one));
  world.add(a_task(derived_name(*set, "0", 4)).owned_by(*set).slot(0, 4));
  shell.settle();
  EXPECT_FALSE(has<Task>(zero));
  EXPECT_TRUE(has<Task>(one));
}

TEST_F(Cleanup, all_tasks_of_a_replaced_set_go) {
  const auto set = world.add(a_task_set("web-1"));
  stopped_task(*set, 0, 0);
  shell.advance(minutes(30));
  world.edit<TaskSet>("web-1", [](TaskSet& s) { s.status.status = DeploymentStatus::inactive; });
  shell.advance(minutes(29));
  EXPECT_EQ(world.all<Task>().size(), 1U);
  shell.advance(minutes(1));
  EXPECT_TRUE(world.all<Task>().empty());
}

TEST_F(Cleanup, a_crash_loop_keeps_a_bounded_number) {
  const auto set = world.add(a_task_set("web-1"));
  for (int i = 0; i < 1000; ++i) {
    world.now += std::chrono::milliseconds(1);
    stopped_task(*set, 0, i);
  }
  shell.settle();
  EXPECT_EQ(world.all<Task>().size(), retention::stopped_tasks_per_owner + 1);
  EXPECT_TRUE(has<Task>(derived_name(*set, "0", 999)));
  EXPECT_TRUE(has<Task>(derived_name(*set, "0", 998)));
  EXPECT_FALSE(has<Task>(derived_name(*set, "0", 0)));
}

TEST_F(Cleanup, slots_of_a_daemon_are_instances) {
  const auto set = world.add(a_task_set("log-1"));
  for (int attempt = 0; attempt < 2; ++attempt) {
    world.add(a_task(derived_name(*set, "uid-of-an-instance", attempt))
                  .owned_by(*set)
                  .slot(0, attempt)
                  .annotation("muster.dev/daemon-instance", "uid-of-an-instance")
                  .stopped(StopCode::essential_container_exited, world.now));
  }
  shell.advance(hours(2));
  ASSERT_EQ(world.all<Task>().size(), 1U);
  EXPECT_EQ(world.all<Task>()[0]->spec.attempt, 1);
}

TEST_F(Cleanup, a_run_keeps_its_tasks_until_it_has_ended) {
  const auto run = world.add(a_task_run("job"));
  world.add(a_task("a").owned_by(*run).stopped(StopCode::none, world.now));
  world.add(a_task("b").owned_by(*run).slot(0, 1).stopped(StopCode::none, world.now));
  shell.advance(hours(9));
  EXPECT_EQ(world.all<Task>().size(), 2U);
  world.edit<TaskRun>("job", [&](TaskRun& r) { r.status.completed_at = world.now; });
  shell.settle();
  EXPECT_TRUE(world.all<Task>().empty());
}

TEST_F(Cleanup, tasks_without_an_owner_go_after_an_hour) {
  world.add(a_task("a").stopped(StopCode::user_initiated, world.now));
  world.add(a_task("b").running());
  shell.advance(minutes(59));
  EXPECT_TRUE(has<Task>("a"));
  shell.advance(minutes(1));
  EXPECT_FALSE(has<Task>("a"));
  EXPECT_TRUE(has<Task>("b"));
}

TEST_F(Cleanup, a_host_with_a_wrong_clock_makes_nothing_vanish_early) {
  world.add(a_task("a").stopped(StopCode::user_initiated, Time{} + hours(1)));
  shell.advance(minutes(59));
  EXPECT_TRUE(has<Task>("a"));
  shell.advance(minutes(1));
  EXPECT_FALSE(has<Task>("a"));
}

class an_event : public Builder<Event, an_event> {
 public:
  using Builder::Builder;
  an_event& at(Time time) {
    return set([&](Event& e) { e.last_timestamp = time; });
  }
};

TEST_F(Cleanup, events_go_after_a_week) {
  world.add(an_event("old").at(world.now));
  shell.advance(hours(24));
  world.add(an_event("young").at(world.now));
  shell.advance(hours(24 * 6));
  EXPECT_FALSE(has<Event>("old"));
  EXPECT_TRUE(has<Event>("young"));
  shell.advance(hours(24));
  EXPECT_FALSE(has<Event>("young"));
  EXPECT_FALSE(is_set(shell.next_timer()));
}

TEST_F(Cleanup, an_event_that_repeats_stays) {
  world.add(an_event("e").at(world.now));
  shell.advance(hours(24 * 6));
  world.edit<Event>("e", [&](Event& e) { e.last_timestamp = world.now; });
  shell.advance(hours(24 * 6));
  EXPECT_TRUE(has<Event>("e"));
}

TEST_F(Cleanup, too_many_events_go_oldest_first_in_batches) {
  for (std::size_t i = 0; i < retention::events + 1200; ++i) {
    world.add(an_event(str("e", i)).at(world.now + std::chrono::milliseconds(i)).created(world.now));
  }
  shell.on_plan = [](const Controller&, const Key&, const Plan& plan) {
    EXPECT_LE(plan.actions.size(), retention::batch);
  };
  shell.settle();
  shell.advance(seconds(1));
  EXPECT_EQ(world.state.count(kind_of<Event>()), retention::events);
  EXPECT_FALSE(has<Event>("e1199"));
  EXPECT_TRUE(has<Event>("e1200"));
}

class TokenCleanup : public Cleanup {
 protected:
  void keep(const std::string& id, access::KeptToken::Purpose purpose, Time expiration) {
    access::KeptToken token;
    token.purpose = purpose;
    token.id = id;
    token.hash = "sha256:00";
    if (purpose == access::KeptToken::Purpose::user) token.user = "ann";
    token.expiration = expiration;
    world.put(std::make_shared<Secret>(access::secret_of(token)));
  }
  bool kept(const std::string& id) const {
    return world.state.get<Secret>(system_namespace, access::token_secret_name(id)) != nullptr;
  }
};

TEST_F(TokenCleanup, tokens_go_a_day_after_they_have_expired) {
  keep("long", access::KeptToken::Purpose::user, world.now + hours(100));
  keep("used", access::KeptToken::Purpose::join, world.now + hours(2));
  keep("short", access::KeptToken::Purpose::user, world.now + hours(1));
  shell.advance(hours(25) - seconds(1));
  EXPECT_TRUE(kept("short")) << "whoever shows it is still told that it has expired";
  shell.advance(seconds(1));
  EXPECT_FALSE(kept("short"));
  EXPECT_TRUE(kept("used"));
  shell.advance(hours(1));
  EXPECT_FALSE(kept("used")) << "a join token that nobody may use any more";
  shell.advance(hours(97));
  EXPECT_TRUE(kept("long"));
  shell.advance(hours(1));
  EXPECT_FALSE(kept("long"));
  EXPECT_FALSE(is_set(shell.next_timer()));
}

TEST_F(TokenCleanup, other_secrets_stay_and_so_does_what_is_not_understood) {
  access::KeptToken token;
  token.id = "elsewhere";
  token.hash = "sha256:00";
  token.user = "ann";
  token.expiration = world.now;
  Secret elsewhere = access::secret_of(token);
  elsewhere.metadata.ns = "default";
  world.put(std::make_shared<Secret>(elsewhere));
  Secret plain = access::secret_of(token);
  plain.type = "Opaque";
  world.put(std::make_shared<Secret>(plain));
  token.id = "broken";
  Secret broken = access::secret_of(token);
  broken.data["expiration"] = encode_base64("soon");
  world.put(std::make_shared<Secret>(broken));
  keep("last", access::KeptToken::Purpose::user, Time::max());
  shell.advance(hours(1000));
  EXPECT_EQ(world.state.count(kind_of<Secret>()), 4U);
}

TEST_F(TokenCleanup, what_it_knows_of_tokens_is_a_fold_of_the_commits) {
  keep("a", access::KeptToken::Purpose::user, world.now + hours(1));
  shell.settle();
  shell.restart();
  shell.advance(hours(25));
  EXPECT_FALSE(kept("a"));
}

TEST_F(Cleanup, its_model_is_a_fold_of_the_commits) {
  const auto set = world.add(a_task_set("web-1"));
  for (int i = 0; i < 20; ++i) stopped_task(*set, i % 3, i / 3);
  shell.settle();
  shell.restart();
  shell.advance(hours(1));
  EXPECT_EQ(world.all<Task>().size(), 3U);
}

}  // namespace
}  // namespace muster
