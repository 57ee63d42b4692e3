// Random worlds: a model that followed every change equals one built anew; the order kept per instance gives the answer
// of a scan; whoever can be placed is placed in the end, and whoever cannot costs nothing while nothing changes for
// him.
#include <algorithm>
#include <random>

#include "controllers/base/health.h"
#include "controllers/scheduler/model.h"
#include "controllers/scheduler/why.h"
#include "tests/controllers/scheduler/scheduling.h"

namespace muster {
namespace {

using namespace std::chrono_literals;
using scheduler::Candidate;
using scheduler::Hosts;
using testing::a_revision;
using testing::a_task;
using testing::a_task_set;
using testing::an_instance;
using testing::World;

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool one_in(int n) { return below(n) == 0; }
  template <class T>
  const T& of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
  }

 private:
  std::mt19937 random_;
};

const std::vector<std::string> expressions = {
    "attribute:zone == a",
    "attribute:zone != a",
    "attribute:disk exists",
    "not(task:group == service:s0)",
    "task:group =~ service:s[01]",
    "runningTasksCount < 3",
    "attribute:muster.instance == n2",
    "attribute:zone in [a, b] or attribute:disk == ssd",
};
const std::vector<std::vector<PlacementStrategy>> strategies = {
    {},
    {{StrategyType::spread, "attribute:zone"}, {StrategyType::binpack, "memory"}},
    {{StrategyType::binpack, "cpu"}},
    {{StrategyType::spread, "instanceId"}, {StrategyType::spread, "attribute:zone"}},
    {{StrategyType::spread, "attribute:zone"},
     {StrategyType::spread, "attribute:disk"},
     {StrategyType::spread, "host"}},
    {{StrategyType::binpack, "memory"}, {StrategyType::spread, "attribute:zone"}},
    {{StrategyType::random, ""}},
    {{StrategyType::spread, "attribute:zone"}, {StrategyType::random, ""}},
    {{StrategyType::binpack, "memory"}, {StrategyType::spread, "attribute:disk"}, {StrategyType::random, ""}},
};

// One random change of the world, as users, agents and other controllers make them.
class Chaos {
 public:
  Chaos(World& world, unsigned seed) : world_(world), dice_(seed) {}

  void step() {
    switch (dice_.below(12)) {
      case 0: return put_instance();
      case 1: return turn_instance();
      case 2: return drop_instance();
      case 3:
      case 4:
      case 5: return add_task();
      case 6: return stop_task();
      case 7: return drop_task();
      case 8: return put_owner();
      case 9: return put_revision();
      case 10: return touch();
      default: return report_task();
    }
  }
  Dice& dice() { return dice_; }

 private:
  std::string instance() { return str("n", dice_.below(6)); }
  std::shared_ptr<const Task> any_task() {
    const auto all = world_.all<Task>();
    return all.empty() ? nullptr : dice_.of(all);
  }

  void put_instance() {
    const std::string name = instance();
    an_instance built(name);
    built.cpu(dice_.below(6) * 100).memory(dice_.below(6) * 100);
    if (dice_.one_in(2)) built.attribute("zone", dice_.of<std::string>({"a", "b", "c"}));
    if (dice_.one_in(2)) built.attribute("disk", dice_.of<std::string>({"ssd", "hdd"}));
    if (dice_.one_in(5)) built.reserved_port(80);
    if (dice_.one_in(4)) built.taint(dice_.of<std::string>({"x", "y"}), "", TaintEffect::prefer_no_schedule);
    if (dice_.one_in(6)) built.taint(dice_.of<std::string>({"x", "y"}), "", TaintEffect::no_schedule);
    if (name == "n5") built.cluster("other");  // an instance never moves
    const auto known = world_.get<ContainerInstance>(name);
    if (known == nullptr) {
      world_.add(built);
    } else {
      world_.edit<ContainerInstance>(name, [&](ContainerInstance& o) {
        o.spec = built.object().spec;
        o.status.attributes = built.object().status.attributes;
        o.status.registered_resources = built.object().status.registered_resources;
      });
    }
  }
  void turn_instance() {
    const std::string name = instance();
    if (world_.get<ContainerInstance>(name) == nullptr) return;
    const auto verdict = dice_.of<Connection>({Connection::connected, Connection::connected, Connection::suspect,
                                               Connection::lost, Connection::returning, Connection::away});
    const bool draining = dice_.one_in(4), cordoned = dice_.one_in(4);
    world_.edit<ContainerInstance>(name, [&](ContainerInstance& o) {
      o.status.connection = verdict;
      o.spec.status = draining ? InstanceState::draining : InstanceState::active;
      o.spec.unschedulable = cordoned;
    });
  }
  void drop_instance() {
    const std::string name = instance();
    if (dice_.one_in(3) && world_.get<ContainerInstance>(name) != nullptr) world_.remove<ContainerInstance>(name);
  }
  void add_task() {
    a_task task(str("t", ++tasks_));
    task.definition(str("d", dice_.below(3), ":1")).group(str("service:s", dice_.below(3)));
    if (dice_.one_in(10)) task.cluster("other");
    const auto owner = world_.get<TaskSet>(str("set", dice_.below(3)));
    if (owner != nullptr && dice_.one_in(2)) task.owned_by(*owner);
    if (dice_.one_in(3)) task.member_of(dice_.of(expressions));
    if (dice_.one_in(6)) task.distinct_instance();
    for (const auto& each : dice_.of(strategies)) task.strategy(each.type, each.field);
    if (dice_.one_in(8)) task.with([](Task& o) { o.spec.overrides.cpu = "50"; });
    world_.add(task);
  }
  void stop_task() {
    const auto task = any_task();
    if (task == nullptr || wants_stop(*task)) return;
    world_.edit<Task>(task->metadata.name, [](Task& o) { o.spec.desired_status = DesiredStatus::stopped; });
  }
  void report_task() {
    const auto task = any_task();
    if (task == nullptr || task->spec.container_instance.empty() || is_stopped(*task)) return;
    const auto next = dice_.of<LastStatus>({LastStatus::running, LastStatus::stopping, LastStatus::stopped});
    const bool lost = dice_.one_in(6);
    world_.edit<Task>(task->metadata.name, [&](Task& o) {
      if (next > o.status.last_status) o.status.last_status = next;
      Condition condition;
      condition.type = "Lost";
      condition.status = lost ? "True" : "False";
      set_condition(o.status.conditions, condition, testing::t0);
    });
  }
  void drop_task() {
    const auto task = any_task();
    if (task == nullptr) return;
    const std::string name = task->metadata.name;
    world_.remove(task);
    if (dice_.one_in(2) || world_.get<Task>(name) == nullptr) return;
    world_.edit<Task>(name, [](Task& o) {
      o.metadata.finalizers.clear();
      o.metadata.deletion_timestamp = Time{};
    });
    world_.remove<Task>(name);
  }
  void put_owner() {
    const std::string name = str("set", dice_.below(3));
    const auto known = world_.get<TaskSet>(name);
    if (known != nullptr && dice_.one_in(3)) return world_.remove<TaskSet>(name);
    const std::string expression = dice_.of(expressions);
    const auto chain = dice_.of(strategies);
    if (known == nullptr) world_.add(a_task_set(name));
    world_.edit<TaskSet>(name, [&](TaskSet& o) {
      o.spec.placement_constraints = {PlacementConstraint{ConstraintType::member_of, expression}};
      o.spec.placement_strategy = chain;
    });
  }
  void put_revision() {
    const std::string family = str("d", dice_.below(3));
    if (world_.get<TaskDefinitionRevision>(family + ":1") != nullptr) return;
    a_revision made(family, 1);
    made.cpu(dice_.below(3) * 100).memory(dice_.below(3) * 100 + 1);
    if (dice_.one_in(3)) made.host_port(dice_.of<int>({80, 81}));
    if (dice_.one_in(2)) made.tolerating(dice_.of<std::string>({"x", "y"}));
    world_.add(made);
  }
  // What matters to nobody.
  void touch() {
    const std::string name = instance();
    if (world_.get<ContainerInstance>(name) == nullptr) return;
    world_.edit<ContainerInstance>(name, [&](ContainerInstance& o) { ++o.status.running_tasks_count; });
  }

  World& world_;
  Dice dice_;
  int tasks_ = 0;
};

// Everything of the model that a decision may read, in an order that does not depend on history.
std::string dump(scheduler::Model& model) {
  std::string out;
  for (const std::string cluster : {"default", "other"}) {
    auto& pool = model.pool(cluster);
    out += str("cluster ", cluster, " of ", pool.hosts().instances(), "\n");
    for (const auto& [name, id] : pool.hosts().by_name()) {
      const auto& host = pool.hosts()[id];
      out += str(name, " ", host.object != nullptr ? host.object->metadata.resource_version : 0, " cpu ", host.cpu_used,
                 "/", host.cpu, " memory ", host.memory_used, "/", host.memory, " tasks ", host.tasks, " ports");
      for (const auto* ports : {&host.tcp, &host.udp, &host.reserved_tcp, &host.reserved_udp}) {
        for (const auto port : *ports) out += str(" ", port);
        out += ",";
      }
      std::map<std::string, std::string> groups;
      for (const auto& each : host.groups) {
        groups[pool.hosts().groups().name(each.group)] = str(each.holding, "/", each.live);
      }
      for (const auto& [group, counts] : groups) out += str(" ", group, "=", counts);
      out += "\n";
    }
    for (const auto& [key, demand] : pool.demands()) {
      if (demand.any_task() == nullptr) continue;
      out += str("demand ", demand.requirement.problem, demand.requirement.need.cpu, ":");
      std::set<std::string> names;
      for (const auto& task : demand.waiting)
        names.insert(str(task->metadata.name, "@", task->metadata.resource_version));
      for (const auto& task : demand.told) names.insert(str(task->metadata.name, "@", task->metadata.resource_version));
      for (const auto& name : names) out += " " + name;
      out += "\n";
    }
    for (const auto& task : pool.withdrawn()) out += str("withdrawn ", task->metadata.name, "\n");
  }
  return out;
}

TEST(SchedulerModel, a_fold_of_changes_equals_a_model_built_anew) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    World world;
    Chaos chaos(world, seed);
    scheduler::Model folded;
    for (int step = 0; step < 150; ++step) {
      chaos.step();
      // Some tasks get an instance, perhaps one that does not exist.
      const auto all = world.all<Task>();
      if (!all.empty() && chaos.dice().one_in(3)) {
        const auto task = chaos.dice().of(all);
        if (task->spec.container_instance.empty() && !is_stopped(*task)) {
          const auto name = str("n", chaos.dice().below(7));
          world.edit<Task>(task->metadata.name, [&](Task& o) {
            o.spec.container_instance = name;
            o.metadata.finalizers.emplace_back("keep");
          });
        }
      }
      // Changes arrive one by one, all with the state after the last of them.
      if (chaos.dice().one_in(3)) {
        for (const auto& change : world.take_changes()) folded.observe(change, world.state);
      }
    }
    for (const auto& change : world.take_changes()) folded.observe(change, world.state);
    scheduler::Model rebuilt;
    rebuilt.build(world.state);
    ASSERT_EQ(dump(folded), dump(rebuilt)) << "seed " << seed;
  }
}

// By the book: each strategy in turn narrows the candidates. Answers all that are left.
std::set<std::string> by_the_book(const scheduler::Requirement& requirement, const Hosts& hosts,
                                  scheduler::GroupId group) {
  std::vector<const scheduler::Host*> left;
  for (const auto& [name, id] : hosts.by_name()) {
    const auto& host = hosts[id];
    if (host.object != nullptr && refusing(requirement, Candidate{host, hosts.groups(), group}) == nullptr) {
      left.push_back(&host);
    }
  }
  const auto soft = [&](const scheduler::Host* host) {
    return untolerated(host->object->spec.taints, requirement.tolerations, TaintEffect::prefer_no_schedule) != nullptr;
  };
  if (!std::all_of(left.begin(), left.end(), soft)) std::erase_if(left, soft);
  std::vector<std::string> path;  // attributes spread over so far
  for (const auto& level : requirement.ranking.levels) {
    if (level.kind == scheduler::LevelKind::tasks_of_attribute) path.push_back(level.attribute);
    const auto values = [&](const scheduler::Host& host) {
      std::vector<std::string> out;
      for (const auto& attribute : path) {
        const auto* value = host.attribute(attribute);
        out.push_back(value != nullptr ? *value : "");
      }
      return out;
    };
    const auto rank = [&](const scheduler::Host& host) -> std::int64_t {
      switch (level.kind) {
        case scheduler::LevelKind::tasks_of_instance: return host.count(group).live;
        case scheduler::LevelKind::free_cpu: return std::max<std::int64_t>(host.free_cpu(), 0);
        case scheduler::LevelKind::free_memory: return std::max<std::int64_t>(host.free_memory(), 0);
        case scheduler::LevelKind::tasks_of_attribute: break;
      }
      std::int64_t sum = 0;
      for (const auto& [name, id] : hosts.by_name()) {
        if (hosts[id].object != nullptr && values(hosts[id]) == values(host)) sum += hosts[id].count(group).live;
      }
      return sum;
    };
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (const auto* host : left) least = std::min(least, rank(*host));
    std::erase_if(left, [&](const auto* host) { return rank(*host) != least; });
  }
  std::set<std::string> out;
  for (const auto* host : left) out.insert(host->name);
  return out;
}

TEST(SchedulerOrder, the_kept_order_gives_the_answer_of_a_scan) {
  int placed = 0, refused = 0;
  for (unsigned seed = 0; seed < 80; ++seed) {
    World world;
    Chaos chaos(world, seed);
    scheduler::Model model;
    for (int step = 0; step < 120; ++step) {
      chaos.step();
      for (const auto& change : world.take_changes()) model.observe(change, world.state);
      auto& pool = model.pool("default");
      for (auto* demand : pool.ready()) {
        if (chaos.dice().one_in(2)) continue;
        const auto host = pool.best(*demand, static_cast<std::uint64_t>(chaos.dice().below(1000)));
        if (!demand->requirement.problem.empty()) continue;
        const auto expected = by_the_book(demand->requirement, pool.hosts(), demand->group);
        if (host == Hosts::npos) {
          ++refused;
          ASSERT_TRUE(expected.empty()) << "seed " << seed << " step " << step;
          continue;
        }
        ++placed;
        std::set<std::string> first;
        for (const auto& each : scheduler::why(world.state, **demand->waiting.begin()).instances) {
          if (each.rank == 1) first.insert(each.instance);
        }
        ASSERT_EQ(first, expected) << "people are told the same";
        ASSERT_EQ(expected.count(pool.hosts()[host].name), 1U) << "seed " << seed << " step " << step;
        const auto name = pool.hosts()[host].name;
        world.edit<Task>((*demand->waiting.begin())->metadata.name, [&](Task& o) { o.spec.container_instance = name; });
        break;
      }
    }
  }
  EXPECT_GT(placed, 400);
  EXPECT_GT(refused, 400);
}

class SchedulerProperty : public testing::Scheduling {
 public:
  // No instance is given more than it has, or a host port twice, by our placements: those that were there before hold.
  void check_capacity() {
    for (const auto& instance : world.all<ContainerInstance>()) {
      std::multiset<int> ports;
      for (const auto& task : world.all<Task>()) {
        if (task->spec.container_instance != instance->metadata.name || is_stopped(*task)) continue;
        const auto revision = revision_of(world.state, "default", task->spec.task_definition);
        for (const auto port : resources_of_task(*task, revision.get()).tcp_ports) ports.insert(port);
      }
      for (const auto port : ports) ASSERT_EQ(ports.count(port), 1U) << instance->metadata.name;
    }
  }
  // Nobody waits who could be placed, and everybody who waits knows why.
  void check_pending() {
    for (const auto& task : world.all<Task>()) {
      if (!task->spec.container_instance.empty() || is_stopped(*task)) continue;
      ASSERT_FALSE(wants_stop(*task)) << task->metadata.name;
      ASSERT_NE(refusal(task->metadata.name), "") << task->metadata.name;
      const auto answer = scheduler::why(world.state, *task);
      for (const auto& verdict : answer.instances) {
        ASSERT_TRUE(!answer.problem.empty() || !verdict.objections.empty())
            << task->metadata.name << " fits on " << verdict.instance;
      }
    }
  }
};

TEST_F(SchedulerProperty, a_placeable_task_is_placed_and_a_hopeless_one_costs_nothing) {
  int waiting = 0;
  for (unsigned turn = 0; turn < 10; ++turn) {
    world = World();
    Chaos chaos(world, 1000 + turn);
    restart();
    for (int step = 0; step < 60; ++step) {
      for (int n = chaos.dice().below(4); n >= 0; --n) chaos.step();
      settle();
      check_pending();
      check_capacity();
      if (HasFatalFailure()) FAIL() << "turn " << turn << " step " << step;
    }
    for (const auto& task : world.all<Task>()) waiting += task->spec.container_instance.empty() ? 1 : 0;
    // Changes that matter to nobody bring no plan at all.
    plans = empty_plans = 0;
    for (const auto& instance : world.all<ContainerInstance>()) {
      world.edit<ContainerInstance>(instance->metadata.name, [](ContainerInstance& o) {
        ++o.status.running_tasks_count;
        o.status.remaining_resources.clear();
        o.metadata.labels["a"] = "b";
      });
    }
    settle();
    ASSERT_EQ(plans + empty_plans, 0U);
    // Those who can't be placed stay where they are after a restart too.
    const auto before = tasks_per_instance();
    restart();
    settle();
    ASSERT_EQ(tasks_per_instance(), before);
    const auto revision = world.state.revision();
    restart();
    settle();
    ASSERT_EQ(world.state.revision(), revision) << "what is known already is not written again";
  }
  EXPECT_GT(waiting, 30);
}

// A commit that fails leaves no trace: the next plan begins from what is stored.
TEST_F(SchedulerProperty, plans_that_were_not_committed_are_forgotten) {
  world.add(a_revision("web", 1).cpu(1000).memory(1));
  world.add(an_instance("n1").cpu(2000));
  tasks("a", 2);
  tasks("b", 2);
  observe();
  for (int i = 0; i < 5; ++i) {
    const Plan made = plan();  // never applied
    ASSERT_GE(made.actions.size(), 4U);
  }
  world.edit<Task>("a-000", [](Task& o) { o.spec.desired_status = DesiredStatus::stopped; });
  settle();
  EXPECT_EQ(tasks_per_instance()["n1"], 2);
  check_pending();
}

TEST_F(SchedulerProperty, freed_resources_wake_only_those_they_suffice_for) {
  world.add(a_revision("small", 1).cpu(100).memory(1));
  world.add(a_revision("large", 1).cpu(1000).memory(1));
  world.add(an_instance("n1").cpu(1000));
  world.add(a_task("old").definition("small:1").on("n1").running());
  world.add(a_task("old2").definition("small:1").on("n1").running());
  world.add(
      a_task("filler").definition("small:1").on("n1").running().with([](Task& o) { o.spec.overrides.cpu = "800"; }));
  world.add(a_task("big").definition("large:1").group("service:big"));
  world.add(a_task("little").definition("small:1").group("service:little"));
  settle();
  EXPECT_EQ(where("little"), "");
  const auto stop = [&](const char* name) {
    world.edit<Task>(name, [](Task& o) { o.status.last_status = LastStatus::stopped; });
    plans = empty_plans = 0;
    settle();
  };
  stop("old");
  EXPECT_EQ(where("little"), "n1");
  EXPECT_EQ(plans, 1U);
  stop("old2");
  EXPECT_EQ(plans + empty_plans, 0U) << "100 units are of no use to the big one";
  stop("filler");
  stop("little");
  EXPECT_EQ(where("big"), "n1");
}

}  // namespace
}  // namespace muster
