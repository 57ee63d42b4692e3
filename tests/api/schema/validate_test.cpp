// The same rules without a text: what decoding would refuse in the encoded value, validation finds in the value.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/decode.h"
#include "tests/api/schema/sample.h"

namespace muster {
namespace {

using namespace sample;  // NOLINT: the sample model is what all these tests are about
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> findings(const Spec& spec) {
  std::vector<Cause> causes;
  validate(*type_of<Spec>(), &spec, "spec", causes);
  std::vector<std::string> lines;
  for (const Cause& cause : causes) lines.push_back(str(cause.field, ": ", cause.message));
  return lines;
}

Spec good() {
  Spec spec;
  spec.containers.resize(2);
  spec.containers[0].name = "app";
  spec.containers[1].name = "log";
  for (Container& container : spec.containers) container.image = "nginx";
  return spec;
}

TEST(Validate, accepts_what_is_right) {
  EXPECT_THAT(findings(good()), IsEmpty());
}

TEST(Validate, finds_everything_at_once) {
  Spec spec = good();
  spec.family = "a b";
  spec.desired_count = 5000;
  spec.containers[0].image.clear();
  spec.containers[0].memory = 1;
  spec.containers[1].name = "app";
  spec.containers[1].labels["x y"] = std::string(31, 'z');
  spec.rollout.maximum = 0;
  spec.lost_after = std::chrono::hours(2);
  spec.named_ports["http"];
  spec.zones = {"ok", "much-too-long"};
  EXPECT_THAT(
      findings(spec),
      ElementsAre(
          R"(spec.family: must be a word without spaces and slashes, not "a b")",
          "spec.desiredCount: must be from 0 to 1000, not 5000",
          "spec.containerDefinitions[0].image: is required and must not be empty",
          "spec.containerDefinitions[0].memory: must be from 6 to 1000000, not 1",
          R"(spec.containerDefinitions[1].dockerLabels["x y"]: the key must be a word without spaces and slashes, not "x y")",
          R"(spec.containerDefinitions[1].dockerLabels["x y"]: must have at most 30 bytes, not 31)",
          R"(spec.containerDefinitions[1].name: duplicate name "app")",
          "spec.deploymentConfiguration.maximumPercent: must be from 100 to 1000, not 0",
          "spec.lostAfter: must be at most 1h, not 2h",
          "spec.namedPorts[http].containerPort: must be from 1 to 65535, not 0",
          "spec.zones[1]: must have at most 8 bytes, not 13"));
}

TEST(Validate, required_lists_and_counts) {
  Spec spec;
  EXPECT_THAT(findings(spec), ElementsAre("spec.containerDefinitions: is required and must not be empty"));
  spec = good();
  for (int i = 0; i < 4; ++i) {
    spec.containers.push_back(spec.containers[0]);
    spec.containers.back().name += std::to_string(i);
  }
  EXPECT_THAT(findings(spec), ElementsAre("spec.containerDefinitions: must have at most 5 items, not 6"));
}

TEST(Validate, is_bounded) {
  Spec spec = good();
  spec.zones.assign(10'000, "far-too-long");
  EXPECT_EQ(findings(spec).size(), limits::causes);
}

}  // namespace
}  // namespace muster
