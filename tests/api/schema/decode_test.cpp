// Every finding at once, each with its place and a sentence that says what to do.
#include "api/schema/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/encode.h"
#include "api/schema/json.h"
#include "tests/api/schema/sample.h"

namespace muster {
namespace {

using namespace sample;  // NOLINT: the sample model is what all these tests are about
using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
std::vector<std::string> findings(std::string_view json, const DecodeOptions& options = {}) {
  auto value = decode<T>(parsed(json), options);
  std::vector<std::string> lines;
  if (value.ok()) return lines;
  for (const Cause& cause : value.error().causes) lines.push_back(str(cause.field, ": ", cause.message));
  return lines;
}

template <class T>
Code code_of(std::string_view json) {
  auto value = decode<T>(parsed(json));
  EXPECT_FALSE(value.ok());
  return value.ok() ? Code::internal : value.error().code;
}

// One field of a Rollout or Container, and the one finding about it.
struct Case {
  std::string_view name, json, finding;
};
class Finding : public testing::TestWithParam<Case> {};

TEST_P(Finding, says_what_is_wrong) {
  const std::string json = str(R"({"containerDefinitions":[{"name":"app","image":"nginx"}],)", GetParam().json, "}");
  EXPECT_THAT(findings<Spec>(json), ElementsAre(std::string(GetParam().finding)));
}

INSTANTIATE_TEST_SUITE_P(
    all, Finding,
    testing::Values(
        Case{"text_for_integer", R"("desiredCount":"3")",
             R"(desiredCount: must be an integer, not the string "3" (remove the quotes))"},
        Case{"word_for_integer", R"("desiredCount":"three")",
             R"(desiredCount: must be an integer, not the string "three")"},
        Case{"fraction", R"("desiredCount":2.5)", "desiredCount: must be an integer, not the number 2.5"},
        Case{"list_for_integer", R"("desiredCount":[1])", "desiredCount: must be an integer, not a list"},
        Case{"too_large", R"("desiredCount":1001)", "desiredCount: must be from 0 to 1000, not 1001"},
        Case{"too_small", R"("desiredCount":-1)", "desiredCount: must be from 0 to 1000, not -1"},
        Case{"beyond_64_bits", R"("desiredCount":1e300)", "desiredCount: must be from -2147483648 to 2147483647"},
        Case{"number_for_text", R"("family":3)",
             R"(family: must be a string, not the number 3 (write it in quotes: "3"))"},
        Case{"boolean_for_text", R"("family":true)",
             R"(family: must be a string, not true (write it in quotes: "true"))"},
        Case{"map_for_text", R"("family":{})", "family: must be a string, not a map"},
        Case{"pattern", R"("family":"a b")", R"(family: must be a word without spaces and slashes, not "a b")"},
        Case{"text_for_boolean", R"("paused":"true")",
             R"(paused: must be true or false, not the string "true" (remove the quotes))"},
        Case{"number_for_boolean", R"("paused":1)", "paused: must be true or false, not the number 1"},
        Case{"number_for_duration", R"("lostAfter":30)",
             R"(lostAfter: must be a duration such as "30s" or "1h30m", not the number 30 (write "30s" for seconds))"},
        Case{"bad_duration", R"("lostAfter":"soon")",
             R"(lostAfter: must be a duration such as "30s" or "1h30m", not the string "soon")"},
        Case{"short_duration", R"("lostAfter":"10ms")", "lostAfter: must be at least 1s, not 10ms"},
        Case{"long_duration", R"("lostAfter":"2h")", "lostAfter: must be at most 1h, not 2h"},
        Case{"unknown_enumerator", R"("schedulingStrategy":"Replica")",
             R"(schedulingStrategy: must be one of REPLICA, DAEMON; not "Replica", did you mean "REPLICA"?)"},
        Case{"far_enumerator", R"("schedulingStrategy":"sometimes")",
             R"(schedulingStrategy: must be one of REPLICA, DAEMON; not "sometimes")"},
        Case{"nameless_enumerator_is_not_listed", R"("reason":"x")",
             R"(reason: must be one of Failed, UserInitiated; not "x")"},
        Case{"number_for_enumerator", R"("schedulingStrategy":1)",
             R"(schedulingStrategy: must be a string, not the number 1 (write it in quotes: "1"))"},
        Case{"misspelt", R"("desiredCunt":1)", R"(desiredCunt: unknown field, did you mean "desiredCount"?)"},
        Case{"wrong_case", R"("LOSTAFTER":"3s")", R"(LOSTAFTER: unknown field, did you mean "lostAfter"?)"},
        Case{"unknown", R"("somethingElse":1)", "somethingElse: unknown field"},
        Case{"map_for_list", R"("zones":{})", "zones: must be a list, not a map"},
        Case{"null_in_list", R"("zones":[null])", "zones[0]: must be a string, not null"},
        Case{"long_item", R"("zones":["a","abcdefghi"])", "zones[1]: must have at most 8 bytes, not 9"},
        Case{"pattern_of_item", R"("zones":["a/b"])",
             R"(zones[0]: must be a word without spaces and slashes, not "a/b")"},
        Case{"nested", R"("namedPorts":{"http":{"containerPort":70000}})",
             "namedPorts[http].containerPort: must be from 1 to 65535, not 70000"},
        Case{"required_inside", R"("namedPorts":{"a]\n":{}})", R"(namedPorts["a]\n"].containerPort: is required)"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Decode, tells_all_findings_with_their_places) {
  DecodeOptions options;
  options.source = "web.json";
  EXPECT_THAT(
      findings<Spec>("{\n \"containerDefinitions\": [\n  {\"name\": \"a b\", \"cpu\": \"256\"},\n  7],\n"
                     " \"desiredCunt\": 2}",
                     options),
      ElementsAre(
          R"(web.json:3:4: containerDefinitions[0].name: must be a word without spaces and slashes, not "a b")",
          R"(web.json:3:19: containerDefinitions[0].cpu: must be an integer, not the string "256" (remove the quotes))",
          "web.json:3:3: containerDefinitions[0].image: is required",
          "web.json:4:3: containerDefinitions[1]: must be a map, not the number 7",
          R"(web.json:5:2: desiredCunt: unknown field, did you mean "desiredCount"?)"));
}

TEST(Decode, the_code_tells_shape_from_limits) {
  const std::string_view container = R"("containerDefinitions":[{"name":"app","image":"nginx"}])";
  EXPECT_EQ(code_of<Spec>(str("{", container, R"(,"desiredCount":-1})")), Code::invalid);
  EXPECT_EQ(code_of<Spec>("{}"), Code::invalid);
  EXPECT_EQ(code_of<Spec>(str("{", container, R"(,"schedulingStrategy":"X"})")), Code::invalid);
  EXPECT_EQ(code_of<Spec>(str("{", container, R"(,"desiredCount":-1,"x":1})")), Code::malformed);
  EXPECT_EQ(code_of<Spec>("[]"), Code::malformed);
}

TEST(Decode, the_error_reads_as_a_text) {
  auto value = decode<Rollout>(parsed(R"({"maximumPercent":1,"x":2})"));
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().text(),
            "Rollout is malformed: maximumPercent: must be from 100 to 1000, not 1\n  x: unknown field");
  EXPECT_EQ(value.error().causes[0].reason, "FieldValueInvalid");
}

TEST(Decode, required_means_given_and_not_empty) {
  EXPECT_THAT(findings<Spec>("{}"), ElementsAre("containerDefinitions: is required"));
  EXPECT_THAT(findings<Spec>(R"({"containerDefinitions":null})"), ElementsAre("containerDefinitions: is required"));
  EXPECT_THAT(findings<Spec>(R"({"containerDefinitions":[]})"),
              ElementsAre("containerDefinitions: is required and must not be empty"));
  EXPECT_THAT(findings<Container>(R"({"name":"","image":"x"})"),
              ElementsAre("name: is required and must not be empty"));
  EXPECT_THAT(findings<Thing>(R"({"metadata":{"name":"x"},"spec":{}})"),
              ElementsAre("spec.containerDefinitions: is required"));
}

TEST(Decode, items_of_a_keyed_list_are_unique) {
  EXPECT_THAT(findings<Spec>(R"({"containerDefinitions":[{"name":"app","image":"a"},{"name":"b","image":"a"},)"
                             R"({"name":"app","image":"c"}]})"),
              ElementsAre(R"(containerDefinitions[2].name: duplicate name "app")"));
  EXPECT_THAT(
      findings<Container>(R"({"name":"a","image":"b","portMappings":[{"containerPort":80},{"containerPort":80}]})"),
      ElementsAre("portMappings[1].containerPort: duplicate containerPort 80"));
}

TEST(Decode, keys_and_counts_have_limits) {
  EXPECT_THAT(findings<Container>(R"({"name":"a","image":"b","dockerLabels":{"a b":"x"}})"),
              ElementsAre(R"(dockerLabels["a b"]: the key must be a word without spaces and slashes, not "a b")"));
  EXPECT_THAT(findings<Container>(R"({"name":"a","image":"b","command":["","","","","","","","","","",""]})"),
              ElementsAre("command: must have at most 10 items, not 11"));
}

TEST(Decode, integers_at_their_edges) {
  EXPECT_EQ(decode<Rollout>(parsed(R"({"maximumPercent":300.0})"))->maximum, 300);
  EXPECT_EQ(decode<Meta>(parsed(R"({"name":"x","resourceVersion":"9223372036854775807"})"))->resource_version,
            INT64_MAX);
  EXPECT_EQ(decode<Meta>(parsed(R"({"name":"x","resourceVersion":7})"))->resource_version, 7);
  EXPECT_EQ(decode<Meta>(parsed(R"({"name":"x","resourceVersion":""})"))->resource_version, 0);
  EXPECT_THAT(findings<Meta>(R"({"name":"x","resourceVersion":"9223372036854775808"})"),
              ElementsAre(R"(resourceVersion: must be an integer, not the string "9223372036854775808")"));
  EXPECT_THAT(findings<Meta>(R"({"name":"x","resourceVersion":9223372036854775808})"),
              ElementsAre("resourceVersion: must be from -9223372036854775808 to 9223372036854775807"));
  EXPECT_EQ(decode<Meta>(parsed(R"({"name":"x","resourceVersion":-9223372036854775808})"))->resource_version,
            INT64_MIN);
  const Type& narrow = *type_of<std::int32_t>();
  std::int32_t value = 0;
  EXPECT_TRUE(decode(parsed("2147483647"), narrow, &value, {}, nullptr).ok());
  EXPECT_EQ(value, INT32_MAX);
  EXPECT_TRUE(decode(parsed("-2147483648"), narrow, &value, {}, nullptr).ok());
  EXPECT_EQ(value, INT32_MIN);
  EXPECT_FALSE(decode(parsed("2147483648"), narrow, &value, {}, nullptr).ok());
  EXPECT_FALSE(decode(parsed("-2147483649"), narrow, &value, {}, nullptr).ok());
}

TEST(Decode, absent_and_null_give_the_default) {
  auto spec = decode<Spec>(parsed(
      R"({"containerDefinitions":[{"name":"a","image":"b","memory":null}],"desiredCount":null,"canary":null,"zones":null})"));
  ASSERT_TRUE(spec.ok()) << spec.error().text();
  EXPECT_EQ(spec->desired_count, 1);
  EXPECT_EQ(spec->tier, "standard");
  EXPECT_FALSE(spec->canary.has_value());
  EXPECT_TRUE(spec->containers[0].essential);
  EXPECT_FALSE(spec->containers[0].memory.has_value());
}

TEST(Decode, overwrites_all_but_the_kind_of_an_object) {
  std::mt19937_64 random(5);
  Thing thing = random_thing(random);
  const int marker = 0;
  thing.kind = &marker;
  const Node node = parsed(
      R"({"apiVersion":"v1","kind":"Thing","metadata":{"name":"x"},"spec":{"containerDefinitions":[{"name":"a","image":"b"}]}})");
  ASSERT_TRUE(decode(node, *type_of<Thing>(), &thing, {}, nullptr).ok());
  EXPECT_EQ(thing.kind, &marker);
  EXPECT_TRUE(thing.metadata.labels.empty());
  EXPECT_EQ(thing.spec.containers.size(), 1U);
  EXPECT_THAT(findings<Thing>(
                  R"({"kind":3,"metadata":{"name":"x"},"spec":{"containerDefinitions":[{"name":"a","image":"b"}]}})"),
              ElementsAre("kind: must be a string, not the number 3"));
}

TEST(Decode, unknown_fields_may_warn_or_be_ignored) {
  DecodeOptions options;
  options.unknown = Unknown::warn;
  Rollout rollout;
  std::vector<Warning> warnings;
  const Node node = parsed(R"({"maximumPercnt":300,"minimumHealthyPercent":50})");
  ASSERT_TRUE(decode(node, *type_of<Rollout>(), &rollout, options, &warnings).ok());
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].field, "maximumPercnt");
  EXPECT_EQ(warnings[0].message, R"(unknown field, did you mean "maximumPercent"?)");
  EXPECT_EQ(rollout.minimum, 50);
  options.unknown = Unknown::ignore;
  warnings.clear();
  ASSERT_TRUE(decode(node, *type_of<Rollout>(), &rollout, options, &warnings).ok());
  EXPECT_TRUE(warnings.empty());
}

TEST(Decode, times_are_rfc_3339) {
  auto meta = decode<Meta>(parsed(
      R"({"name":"x","creationTimestamp":"2026-11-22T22:00:00.5+02:00","observed":"2026-11-22T20:00:00.0056789Z"})"));
  ASSERT_TRUE(meta.ok()) << meta.error().text();
  // No finer than it is written, or writing it again would be a change.
  EXPECT_EQ(format_micro_time(meta->created), "2026-11-22T20:00:00.000000Z");
  EXPECT_EQ(format_micro_time(meta->observed), "2026-11-22T20:00:00.005000Z");
  EXPECT_THAT(
      findings<Meta>(R"({"name":"x","creationTimestamp":"yesterday"})"),
      ElementsAre(R"(creationTimestamp: must be a time such as "2026-11-22T20:00:00Z", not the string "yesterday")"));
}

TEST(Decode, the_number_of_findings_is_bounded) {
  std::string json = "{\"a\":0";
  for (int i = 0; i < 1000; ++i) json += str(",\"x", i, "\":0");
  auto value = decode<Rollout>(parsed(json + "}"));
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().causes.size(), limits::causes);
  EXPECT_THAT(value.error().message, HasSubstr("(the first 64 of 1001 findings)"));
}

TEST(Decode, long_texts_are_cut_in_messages) {
  auto value = decode<Rollout>(parsed(str(R"({"maximumPercent":")", std::string(100'000, 'x'), R"("})")));
  ASSERT_FALSE(value.ok());
  EXPECT_LT(value.error().text().size(), 300U);
}

}  // namespace
}  // namespace muster
