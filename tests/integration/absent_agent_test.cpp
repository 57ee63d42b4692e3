// An agent that is not there: unannounced, its tasks run elsewhere soon; announced, nothing is touched.
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <set>

#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

class AbsentAgent : public ::testing::Test {
 protected:
  void SetUp() override {
    process_.start_server();
    process_.apply("apiVersion: muster.dev/v1beta1\nkind: Cluster\nmetadata: {name: default}\nspec: {lostAfter: 2s}\n");
    a_ = process_.start_agent("a", options_);
    b_ = process_.start_agent("b", options_);
    process_.apply(definition("web", "exec sleep 1000") +
                   service("web", 4, "  placementStrategy: [{type: spread, field: instanceId}]\n"));
    ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "4"));
    ASSERT_EQ(running_on("a"), 2U);
  }
  std::size_t running_on(const std::string& instance) {
    std::size_t count = 0;
    for (const Node& task : process_.list("tasks")) {
      if (text_at(task, "spec.containerInstance") == instance && text_at(task, "status.lastStatus") == "RUNNING" &&
          text_at(task, "spec.desiredStatus") == "RUNNING")
        ++count;
    }
    return count;
  }
  // Name of each task with its process.
  std::map<std::string, std::string> tasks() {
    std::map<std::string, std::string> all;
    for (const Node& task : process_.list("tasks"))
      all[text_at(task, "metadata.name")] = text_at(task, "status.containers.0.runtimeId");
    return all;
  }

  const Command options_{"--driver", "process"};
  MusterProcess process_;
  std::unique_ptr<BackgroundProcess> a_, b_;
};

TEST_F(AbsentAgent, VanishedTasksAreReplacedElsewhereAndNothingDoublesWhenItReturns) {
  a_->signal(SIGKILL);
  ASSERT_TRUE(process_.becomes("containerinstance", "a", "status.connection", "Lost"));
  ASSERT_TRUE(eventually([&] { return running_on("b") == 4; }));
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "4"));
  a_ = process_.start_agent("a", options_);
  // Its own processes still ran: they are ended, because others run in their place.
  EXPECT_TRUE(eventually([&] { return running_on("a") == 0; }));
  EXPECT_EQ(running_on("b"), 4U);
  EXPECT_TRUE(process_.becomes("service", "web", "status.runningCount", "4"));
}

TEST_F(AbsentAgent, HungAgentIsLostAndGivesUpItsTasksWhenItGoesOn) {
  a_->signal(SIGSTOP);
  ASSERT_TRUE(process_.becomes("containerinstance", "a", "status.connection", "Lost"));
  ASSERT_TRUE(eventually([&] { return running_on("b") == 4; }));
  a_->signal(SIGCONT);
  ASSERT_TRUE(process_.becomes("containerinstance", "a", "status.connection", "Connected"));
  EXPECT_TRUE(eventually([&] { return running_on("a") == 0; }));
  EXPECT_EQ(running_on("b"), 4U);
  EXPECT_TRUE(process_.becomes("service", "web", "status.runningCount", "4"));
}

TEST_F(AbsentAgent, PlannedAbsenceReplacesNothing) {
  const std::map<std::string, std::string> before = tasks();
  a_->signal(SIGTERM);
  EXPECT_EQ(a_->wait(), 0) << a_->err();
  ASSERT_TRUE(process_.becomes("containerinstance", "a", "status.connection", "Away"));
  EXPECT_EQ(text_at(process_.get("service", "web"), "status.runningCount"), "4");
  a_ = process_.start_agent("a", options_);
  EXPECT_TRUE(process_.becomes("service", "web", "status.runningCount", "4"));
  EXPECT_EQ(tasks(), before) << "same tasks, same processes";
}

TEST_F(AbsentAgent, AbsenceThatOutlastsWhatWasAnnouncedIsALoss) {
  a_->signal(SIGTERM);
  a_->wait();
  a_ = process_.start_agent("a", {"--driver", "process", "--hold", "1s"});
  a_->signal(SIGTERM);
  a_->wait();
  EXPECT_TRUE(process_.becomes("containerinstance", "a", "status.connection", "Lost"));
  EXPECT_TRUE(eventually([&] { return running_on("b") == 4; }));
}

}  // namespace
}  // namespace muster::testing
