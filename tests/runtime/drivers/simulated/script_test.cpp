// The MUSTER_SIM_ variables: what each does, and that a mistake is named instead of ignored.
#include "runtime/drivers/simulated/script.h"

#include <gtest/gtest.h>

namespace muster::drivers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Script, ReadsEveryVariable) {
  const Result<SimulatedScript> script = read_script({}, {{"PATH", "/bin"},
                                                          {"MUSTER_SIM_RUN_FOR", "500ms"},
                                                          {"MUSTER_SIM_EXIT_CODE", "3"},
                                                          {"MUSTER_SIM_START_ERROR", "no device"},
                                                          {"MUSTER_SIM_PULL_ERROR", "no such image"},
                                                          {"MUSTER_SIM_HEALTHY_AFTER", "2s"},
                                                          {"MUSTER_SIM_UNHEALTHY_AFTER", "5s"},
                                                          {"MUSTER_SIM_IGNORE_SIGTERM", "true"},
                                                          {"MUSTER_SIM_LOG", "hello"}});
  ASSERT_TRUE(script.ok()) << script.error().text();
  SimulatedScript expected;
  expected.run_for = milliseconds(500);
  expected.exit_code = 3;
  expected.start_error = "no device";
  expected.pull_error = "no such image";
  expected.healthy_after = seconds(2);
  expected.unhealthy_after = seconds(5);
  expected.on_sigterm = OnSigterm::ignores;
  expected.log = "hello";
  EXPECT_EQ(*script, expected);
}

TEST(Script, EnvironmentOverridesTheImage) {
  SimulatedScript image;
  image.run_for = seconds(9);
  image.exit_code = 7;
  const Result<SimulatedScript> script = read_script(image, {{"MUSTER_SIM_EXIT_CODE", "0"}});
  ASSERT_TRUE(script.ok());
  EXPECT_EQ(script->run_for, Duration(seconds(9)));
  EXPECT_EQ(script->exit_code, 0);
}

TEST(Script, NamesTheMistake) {
  using Environment = std::vector<std::pair<std::string, std::string>>;
  for (const Environment& bad :
       {Environment{{"MUSTER_SIM_RUN_FOR", "soon"}}, Environment{{"MUSTER_SIM_RUN_FOR", "-1s"}},
        Environment{{"MUSTER_SIM_EXIT_CODE", "256"}}, Environment{{"MUSTER_SIM_EXIT_CODE", "x"}},
        Environment{{"MUSTER_SIM_IGNORE_SIGTERM", "perhaps"}}, Environment{{"MUSTER_SIM_RUNFOR", "1s"}}}) {
    const Result<SimulatedScript> script = read_script({}, bad);
    ASSERT_FALSE(script.ok()) << bad[0].first << "=" << bad[0].second;
    EXPECT_NE(script.error().message.find(bad[0].first), std::string::npos) << script.error().message;
  }
}

}  // namespace
}  // namespace muster::drivers
