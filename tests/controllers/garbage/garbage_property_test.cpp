// Random objects with random owners, created and deleted in any order, with restarts in between: in the end nothing is
// left whose owners are all gone, nothing with a living owner has been taken, and the controller rests. A failing seed
// is printed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "controllers/garbage/garbage.h"
#include "tests/support/cluster.h"
#include "tests/support/shell.h"

namespace muster {
namespace {

using namespace testing;

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed), hosts_(world_, 1), shell_(world_) {
    shell_.add(make_garbage_controller());
  }
  void run() {
    for (int i = 0; i < 200; ++i) {
      happen();
      if (below(4) == 0) shell_.settle();
    }
    for (int i = 0; i < 20; ++i) {
      shell_.settle();
      hosts_.work();
    }
    expect_no_orphans();
    EXPECT_EQ(expected_, survivors());
    const std::int64_t before = world_.state.revision();
    shell_.restart();
    shell_.settle();
    EXPECT_EQ(world_.state.revision(), before) << "not idle";
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }

  void happen() {
    const std::string name = str("n", below(6));
    switch (below(8)) {
      case 0:
      case 1:
        if (world_.get<Service>(name) == nullptr) make_service(name);
        break;
      case 2: remove_service(name); break;
      case 3: shell_.restart(); break;
      default: make_task();
    }
  }
  void make_service(const std::string& name) {
    a_service service(name);
    if (below(4) == 0) service.finalizer("foregroundDeletion");
    world_.add(service);
  }
  void remove_service(const std::string& name) {
    const auto service = world_.get<Service>(name);
    if (service == nullptr || service->metadata.deleting()) return;
    world_.remove<Service>(name);
    for (auto it = expected_.begin(); it != expected_.end();) {
      it->second.erase(service->metadata.uid);
      it = it->second.empty() ? expected_.erase(it) : std::next(it);
    }
  }
  void make_task() {
    const std::string name = str("t", ++tasks_);
    a_task task(name);
    std::set<std::string> owners;
    for (int n = 0; n < 6; ++n) {
      const auto service = world_.get<Service>(str("n", n));
      if (service == nullptr || service->metadata.deleting() || below(3) != 0) continue;
      if (owners.empty() && below(2) == 0) {
        task.owned_by(*service);
      } else {
        task.also_owned_by(*service);
      }
      owners.insert(service->metadata.uid);
    }
    if (owners.empty()) return;
    if (below(2) == 0) task.on("i-0").running().finalizer("muster.dev/containers");
    world_.add(task);
    expected_[name] = owners;
  }
  void expect_no_orphans() const {
    for (const auto& task : world_.all<Task>()) {
      for (const OwnerReference& each : task->metadata.owner_references) {
        const auto owner = world_.get<Service>(each.name);
        EXPECT_TRUE(owner != nullptr && owner->metadata.uid == each.uid) << task->metadata.name;
      }
    }
  }
  // With the uids of their owners, as expected_.
  std::map<std::string, std::set<std::string>> survivors() const {
    std::map<std::string, std::set<std::string>> out;
    for (const auto& task : world_.all<Task>()) {
      auto& owners = out[task->metadata.name];
      for (const OwnerReference& each : task->metadata.owner_references) owners.insert(each.uid);
    }
    return out;
  }

  std::mt19937_64 random_;
  World world_;
  Hosts hosts_;
  Shell shell_;
  int tasks_ = 0;
  std::map<std::string, std::set<std::string>> expected_;
};

TEST(GarbageProperties, hold_in_random_histories) {
  const char* one = std::getenv("MUSTER_SEED");
  const std::uint64_t first = one == nullptr ? 1 : std::strtoull(one, nullptr, 10);
  const std::uint64_t last = one == nullptr ? 60 : first;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE(str("MUSTER_SEED=", seed));
    History(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace muster
