// Descriptions: what a struct's fields look like at run time, and what counts as empty.
#include "api/schema/type.h"

#include <gtest/gtest.h>

#include "api/schema/encode.h"
#include "tests/api/schema/sample.h"

namespace muster {
namespace {

using namespace sample;  // NOLINT: the sample model is what all these tests are about

TEST(Type, fields_have_their_shapes) {
  const Type& spec = *type_of<Spec>();
  EXPECT_EQ(spec.name, "Spec");
  EXPECT_EQ(spec.find("family")->type()->shape, Shape::string);
  EXPECT_EQ(spec.find("desiredCount")->type()->shape, Shape::integer);
  EXPECT_EQ(spec.find("desiredCount")->type()->highest, INT32_MAX);
  EXPECT_EQ(spec.find("schedulingStrategy")->type()->shape, Shape::enumeration);
  EXPECT_EQ(spec.find("containerDefinitions")->type()->shape, Shape::list);
  EXPECT_EQ(spec.find("containerDefinitions")->type()->element(), type_of<Container>());
  EXPECT_EQ(spec.find("canary")->type()->shape, Shape::optional);
  EXPECT_EQ(spec.find("namedPorts")->type()->shape, Shape::map);
  EXPECT_EQ(spec.find("paused")->type()->shape, Shape::boolean);
  EXPECT_EQ(spec.find("extra")->type()->shape, Shape::raw);
  EXPECT_EQ(type_of<Meta>()->find("observed")->type()->shape, Shape::time);
  EXPECT_EQ(type_of<Rollout>()->find("settle")->type()->shape, Shape::duration);
  EXPECT_EQ(type_of<Thing>()->find("kind")->get, nullptr);
  EXPECT_EQ(spec.find("nothing"), nullptr);
  EXPECT_EQ(name_of(Mode::daemon), "DAEMON");
}

TEST(Type, members_are_reached_and_reset) {
  Thing thing;
  const Type& type = *type_of<Thing>();
  const Field& field = *type.find("spec");
  EXPECT_EQ(member_of(field, &thing), &thing.spec);
  thing.spec.desired_count = 7;
  thing.metadata.name = "x";
  const int marker = 0;
  thing.kind = &marker;
  type.reset(&thing);
  EXPECT_EQ(thing.spec.desired_count, 1);
  EXPECT_EQ(thing.metadata.name, "");
  EXPECT_EQ(thing.kind, &marker);
}

TEST(Type, empty_is_what_reading_back_gives_anyway) {
  Rollout rollout;
  EXPECT_FALSE(is_empty(*type_of<Rollout>(), &rollout));  // its defaults are not zero
  Meta meta;
  EXPECT_TRUE(is_empty(*type_of<Meta>(), &meta));
  meta.controller = false;
  EXPECT_FALSE(is_empty(*type_of<Meta>(), &meta));
  Spec spec;
  const Type& type = *type_of<Spec>();
  EXPECT_TRUE(is_left_out(type, *type.find("family"), &spec.family));
  EXPECT_FALSE(is_left_out(type, *type.find("paused"), &spec.paused));  // keep_zero
  spec.tier.clear();
  EXPECT_FALSE(is_left_out(type, *type.find("tier"), &spec.tier));  // the default is another
}

TEST(Type, equality_by_fields_sees_every_field) {
  std::mt19937_64 random(4);
  const Thing one = random_thing(random);
  Thing other = one;
  EXPECT_TRUE(type_of<Thing>()->equal(&one, &other));
  other.spec.paused = !other.spec.paused;
  EXPECT_FALSE(type_of<Thing>()->equal(&one, &other));
  other = one;
  other.metadata.name += "x";
  EXPECT_FALSE(type_of<Thing>()->equal(&one, &other));
}

}  // namespace
}  // namespace muster
