// GPUs through the whole program, with containers that are simulated: counted by the scheduler, given out by the agent,
// told by both.
#include <gtest/gtest.h>

#include <set>

#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

constexpr const char* one_gpu = "      resourceRequirements: [{type: GPU, value: \"1\"}]\n";

std::string task(const std::string& name) {
  return "---\napiVersion: muster.dev/v1beta1\nkind: Task\nmetadata: {name: " + name +
         "}\nspec: {taskDefinition: train}\n";
}

class Gpus : public ::testing::Test {
 protected:
  std::string gpu_of(const std::string& name) const {
    return text_at(process_.get("task", name), "status.containers.0.gpuIds.0");
  }
  ::testing::AssertionResult runs(const std::string& name) const {
    return process_.becomes("task", name, "status.lastStatus", "RUNNING");
  }
  // That the scheduler tells it of a task.
  ::testing::AssertionResult is_refused() const {
    std::string told;
    const bool found = eventually([&] {
      told = process_.must({"get", "tasks", "-o", "yaml"});
      return told.find("0/1 instances: 1 insufficient gpus") != std::string::npos;
    });
    return found ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << told;
  }

  MusterProcess process_;
};

TEST_F(Gpus, AreGivenToOneTaskEachAndWaitedFor) {
  process_.start_dev({"--driver", "simulated", "--gpus", "GPU-a,GPU-b"});
  const std::string resources = process_.must({"get", "containerinstances", "-o", "yaml"});
  EXPECT_NE(resources.find("- GPU-a"), std::string::npos) << resources;
  process_.apply(definition("train", "", one_gpu) + task("first") + task("second"));
  ASSERT_TRUE(runs("first"));
  ASSERT_TRUE(runs("second"));
  const std::string first = gpu_of("first");
  EXPECT_EQ((std::set<std::string>{first, gpu_of("second")}), (std::set<std::string>{"GPU-a", "GPU-b"}));
  process_.apply(task("third"));
  EXPECT_TRUE(is_refused());
  // What one has left the one that waited gets.
  process_.must({"delete", "task/first"});
  ASSERT_TRUE(runs("third"));
  EXPECT_EQ(gpu_of("third"), first);
  process_.stop();
}

TEST_F(Gpus, WhatIsNotThereIsSaid) {
  process_.start_dev({"--driver", "simulated"});
  process_.apply(definition("train", "", one_gpu) + task("first"));
  EXPECT_TRUE(is_refused());
  const Ran refused =
      process_.muster({"apply", "-f", "-"},
                      definition("old", "", R"(      resourceRequirements: [{type: InferenceAccelerator, value: "x"}]
)"));
  EXPECT_NE(refused.code, 0);
  EXPECT_NE((refused.out + refused.err).find("InferenceAccelerator"), std::string::npos) << refused.err;
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
