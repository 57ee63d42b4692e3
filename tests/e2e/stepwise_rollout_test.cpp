// Rollouts that people hold, let go on and give up, on real containers.
#include <algorithm>

#include "api/base/text.h"

#include "tests/e2e/engine_test.h"

namespace muster::testing {
namespace {

// Ends when it is asked to.
constexpr std::string_view stay = "trap 'exit 0' TERM; while true; do sleep 0.1; done";

class StepwiseRollout : public EngineTest {
 protected:
  std::ptrdiff_t running(const std::string& revision) {
    const std::string names = process_.must({"get", "tasks", "-o", "name", "--field-selector",
                                             "spec.taskDefinition=" + revision + ",status.lastStatus=RUNNING"});
    return std::count(names.begin(), names.end(), '\n');
  }
};

TEST_F(StepwiseRollout, ACanaryIsPromotedAndAnotherAborted) {
  process_.start_dev(options());
  const std::string canary =
      "  deploymentConfiguration: {minimumHealthyTime: 300ms, strategy: CANARY, canaryConfiguration: {canaryPercent: "
      "25}, "
      "pauseAfterStep: true}\n";
  process_.apply(definition("web", str("echo one; ", stay)) + service("web", 4, canary));
  process_.must({"rollout", "status", "service/web"});

  process_.apply(definition("web", str("echo two; ", stay)));
  EXPECT_TRUE(eventually([&] { return running("web:2") == 1 && running("web:1") == 3; }));
  EXPECT_TRUE(eventually([&] {
    return process_.must({"describe", "service/web"}).find("waits for muster rollout promote") != std::string::npos;
  }));
  process_.must({"rollout", "promote", "service/web"});
  process_.must({"rollout", "status", "service/web"});
  EXPECT_EQ(running("web:2"), 4);

  process_.apply(definition("web", str("echo three; ", stay)));
  EXPECT_TRUE(eventually([&] { return running("web:3") == 1 && running("web:2") == 3; }));
  process_.must({"rollout", "abort", "service/web"});
  EXPECT_TRUE(eventually([&] { return running("web:3") == 0 && running("web:2") == 4; }));
  EXPECT_NE(process_.muster({"rollout", "status", "service/web"}).err.find("was aborted and was rolled back to web:2"),
            std::string::npos);
  process_.stop();
}

TEST_F(StepwiseRollout, APausedRolloutKeepsBothRevisions) {
  process_.start_dev(options());
  const std::string slow =
      "  deploymentConfiguration: {minimumHealthyTime: 1s, maximumPercent: 125, progressDeadline: 60s}\n";
  process_.apply(definition("web", str("echo one; ", stay)) + service("web", 4, slow));
  process_.must({"rollout", "status", "service/web"});
  process_.apply(definition("web", str("echo two; ", stay)));
  EXPECT_TRUE(eventually([&] { return running("web:2") >= 1; }));
  process_.must({"rollout", "pause", "service/web"});
  // At rest: as many of both as are wanted.
  EXPECT_TRUE(eventually([&] { return running("web:1") > 0 && running("web:1") + running("web:2") == 4; }));
  const std::ptrdiff_t fresh = running("web:2");
  ASSERT_LT(fresh, 4);
  process_.must({"rollout", "resume", "service/web"});
  process_.must({"rollout", "status", "service/web"});
  EXPECT_EQ(running("web:2"), 4);
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
