// A rollout whose tasks keep failing is given up and rolled back, and everybody who looks is told.
#include "tests/e2e/engine_test.h"

namespace muster::testing {
namespace {

class CircuitBreaker : public EngineTest {};

TEST_F(CircuitBreaker, RollsBackWhatKeepsFailing) {
  process_.start_dev(options());
  const std::string breaker =
      "  deploymentConfiguration: {minimumHealthyTime: 3s, deploymentCircuitBreaker: {enable: true, "
      "rollback: true}}\n";
  process_.apply(definition("web", serve) + service("web", 2, breaker));
  process_.must({"rollout", "status", "service/web"});
  const auto before = starts();

  process_.apply(definition("web", "exit 3"));
  const Ran said = process_.muster({"rollout", "status", "service/web", "--timeout", "60s"});
  EXPECT_EQ(said.code, 1) << said.out;
  // It has waited for the rollback, and says why there was one.
  EXPECT_NE(said.err.find("web:2 failed and was rolled back to web:1; task web-"), std::string::npos) << said.err;
  EXPECT_NE(said.err.find("exit code 3 of app"), std::string::npos) << said.err;
  EXPECT_TRUE(eventually([&] {
    const Node web = process_.get("service", "web");
    return text_at(web, "status.deployments.0.taskDefinition") == "web:1" &&
           text_at(web, "status.deployments.0.rolloutState") == "COMPLETED";
  })) << process_.must({"describe", "service/web"});
  EXPECT_EQ(starts(), before) << "what served was not touched";
  const Ran again = process_.muster({"rollout", "status", "service/web"});
  EXPECT_EQ(again.code, 1);
  EXPECT_NE(again.err.find("web:2 failed and was rolled back to web:1"), std::string::npos) << again.err;
  EXPECT_NE(process_.must({"events"}).find("rolling back to deployment ecs-svc/"), std::string::npos);

  // Undo asks for what runs, not for what was before it.
  EXPECT_NE(process_.must({"rollout", "undo", "service/web"}).find("goes back to web:1"), std::string::npos);
  EXPECT_TRUE(process_.becomes("service", "web", "spec.taskDefinition", "web:1"));
  process_.must({"rollout", "status", "service/web"});
  EXPECT_EQ(starts(), before);

  process_.apply(definition("web", std::string(serve) + "; true") + service("web", 2, breaker));
  process_.must({"rollout", "status", "service/web"});
  EXPECT_TRUE(process_.becomes("service", "web", "status.deployments.0.taskDefinition", "web:3"));
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
