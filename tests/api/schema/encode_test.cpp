// What is written and what is left out, and that reading back gives the same value.
#include "api/schema/encode.h"

#include <gtest/gtest.h>

#include "api/schema/decode.h"
#include "api/schema/json.h"
#include "tests/api/schema/sample.h"

namespace muster {
namespace {

using namespace sample;  // NOLINT: the sample model is what all these tests are about

TEST(Encode, leaves_out_what_is_empty) {
  Spec spec;
  // desiredCount and the rollout have defaults that are not zero; zones and paused keep their zeros.
  EXPECT_EQ(encode(spec),
            R"({"desiredCount":1,"schedulingStrategy":"REPLICA","deploymentConfiguration":{"maximumPercent":200,)"
            R"("minimumHealthyPercent":100},"tier":"standard","zones":[],"paused":false})");
  EXPECT_EQ(encode(Meta{}), "{}");
  EXPECT_EQ(encode(Thing{}), std::string(R"({"spec":)") + encode(spec) + "}");
}

TEST(Encode, writes_zeros_that_differ_from_the_default) {
  Spec spec;
  spec.desired_count = 0;
  spec.tier.clear();
  spec.rollout = Rollout{0, 0, {}};
  spec.containers = {Container{}};
  spec.containers[0].essential = false;
  const std::string text = encode(spec);
  EXPECT_NE(text.find(R"("desiredCount":0)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("tier":"")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"({"maximumPercent":0,"minimumHealthyPercent":0})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"([{"essential":false}])"), std::string::npos) << text;
}

TEST(Encode, writes_set_optionals_even_when_they_hold_zero) {
  Meta meta;
  meta.controller = false;
  EXPECT_EQ(encode(meta), R"({"controller":false})");
  Spec spec;
  spec.canary = Rollout{0, 0, {}};
  EXPECT_NE(encode(spec).find(R"("canary":{"maximumPercent":0,"minimumHealthyPercent":0})"), std::string::npos);
}

TEST(Encode, formats_times_durations_and_text_numbers) {
  Meta meta;
  meta.resource_version = INT64_MAX;
  meta.created = meta.observed = Time(std::chrono::milliseconds(1'795'377'600'123));
  EXPECT_EQ(encode(meta), R"({"resourceVersion":"9223372036854775807","creationTimestamp":"2026-11-22T20:00:00Z",)"
                          R"("observed":"2026-11-22T20:00:00.123Z"})");
  Spec spec;
  spec.lost_after = std::chrono::seconds(90);
  EXPECT_NE(encode(spec).find(R"("lostAfter":"1m30s")"), std::string::npos);
}

TEST(Encode, escapes_keys_and_texts) {
  Meta meta;
  meta.labels["a\"b"] = "c\nd";
  EXPECT_EQ(encode(meta), R"({"labels":{"a\"b":"c\nd"}})");
}

TEST(Encode, random_values_survive_writing_and_reading) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 3000; ++round) {
    const Thing thing = random_thing(random);
    const std::string text = encode(thing);
    auto back = decode<Thing>(parsed(text));
    ASSERT_TRUE(back.ok()) << back.error().text() << '\n' << text;
    ASSERT_TRUE(type_of<Thing>()->equal(&thing, &*back)) << text << '\n' << encode(*back);
    ASSERT_EQ(encode(*back), text);
  }
}

TEST(Encode, the_tree_is_the_text) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 1000; ++round) {
    const Thing thing = random_thing(random);
    ASSERT_EQ(write_json(to_node(*type_of<Thing>(), &thing)), encode(thing));
  }
}

}  // namespace
}  // namespace muster
