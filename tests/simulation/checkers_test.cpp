// The simulation must find what is wrong: each of these worlds has a bug.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/types/service.h"
#include "runtime/base/log.h"
#include "runtime/simulation/simulation.h"

namespace muster::simulation {
namespace {

// Shows its controller services that allow all of their tasks to be stopped at once.
class Careless final : public Controller {
 public:
  explicit Careless(std::unique_ptr<Controller> inner) : inner_(std::move(inner)) {}
  std::string_view name() const override { return inner_->name(); }
  void start(const State& state, Keys& keys) override { inner_->start(state, keys); }
  void observe(const Change& change, const State& after, Keys& keys) override { inner_->observe(change, after, keys); }
  Plan plan(const State& state, const Key& key, const Context& context) override {
    State shown = state;
    if (const auto service = as<Service>(state.find(key))) {
      Service careless = *service;
      careless.spec.deployment_configuration.minimum_healthy_percent = 0;
      shown.put(share(std::move(careless)));
    }
    return inner_->plan(shown, key, context);
  }

 private:
  std::unique_ptr<Controller> inner_;
};

// Acknowledges each hundredth row without keeping it.
class Forgetting final : public store::Log {
 public:
  explicit Forgetting(std::unique_ptr<store::Log> inner) : inner_(std::move(inner)) {}
  Status replay(const std::function<Status(const store::Row&)>& each) override { return inner_->replay(each); }
  Status append(const std::vector<store::Row>& rows, const std::vector<store::JournalRow>& journal) override {
    std::vector<store::Row> kept = rows;
    // A batch of one row, so that no batch is torn: that would be noticed by the recovery itself.
    if (kept.size() == 1 && ++single_ % 20 == 0) kept.clear();
    return inner_->append(kept, journal);
  }
  Status rewrite(const std::vector<store::Row>& rows) override { return inner_->rewrite(rows); }
  Status maintain() override { return inner_->maintain(); }
  Status compact(const std::vector<std::int64_t>& revisions, std::int64_t horizon, Time before) override {
    return inner_->compact(revisions, horizon, before);
  }
  std::int64_t compacted() const override { return inner_->compacted(); }
  Result<std::string> read_value(std::string_view name) override { return inner_->read_value(name); }
  Status write_value(std::string_view name, std::string_view value) override {
    return inner_->write_value(name, value);
  }
  std::int64_t size_bytes() const override { return inner_->size_bytes(); }

 private:
  std::unique_ptr<store::Log> inner_;
  int single_ = 0;
};

// The first violation of some seeds; empty when none has any.
std::string first_violation(const Options& options) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Outcome outcome = simulate(seed, options);
    if (!outcome.violation.empty()) return outcome.violation;
  }
  return {};
}

class CheckersTest : public ::testing::Test {
 protected:
  CheckersTest() { log::set_level(log::Level::error); }
};

TEST_F(CheckersTest, FindAServiceControllerThatStopsTooMuch) {
  Options options;
  options.sabotage.controller = [](std::unique_ptr<Controller> inner) -> std::unique_ptr<Controller> {
    if (inner->name() != "service") return inner;
    return std::make_unique<Careless>(std::move(inner));
  };
  EXPECT_NE(first_violation(options).find("healthy tasks were stopped"), std::string::npos);
}

TEST_F(CheckersTest, FindALogThatForgets) {
  Options options;
  options.sabotage.log = [](std::unique_ptr<store::Log> inner) -> std::unique_ptr<store::Log> {
    return std::make_unique<Forgetting>(std::move(inner));
  };
  const std::string violation = first_violation(options);
  // Which of the forgotten writes shows first is the seed's affair.
  const bool found = violation.find("is lost") != std::string::npos || violation.find("is undone") != std::string::npos;
  EXPECT_TRUE(found) << violation;
}

}  // namespace
}  // namespace muster::simulation
