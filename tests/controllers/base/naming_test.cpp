#include "controllers/base/naming.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace muster {
namespace {

using namespace testing;

TEST(DerivedName, is_owner_slot_attempt_and_hash) {
  const TaskSet owner = a_task_set("web-1").uid("u1").object();
  EXPECT_THAT(derived_name(owner, "2", 7), ::testing::MatchesRegex("web-1-2-7-[0-9a-f]{8}"));
  EXPECT_EQ(derived_name(owner, "2", 7), derived_name(owner, "2", 7));
}

TEST(DerivedName, keeps_owners_slots_and_kinds_apart) {
  const TaskSet one = a_task_set("web").uid("u1").object();
  const TaskSet other = a_task_set("web").uid("u2").object();
  const TaskRun run = a_task_run("web").uid("u1").object();
  EXPECT_NE(derived_name(one, "0", 0), derived_name(other, "0", 0));
  EXPECT_NE(derived_name(one, "0", 0), derived_name(run, "0", 0));
  EXPECT_NE(derived_name(one, "0", 0), derived_name(one, "1", 0));
}

TEST(DerivedName, cuts_the_owner_at_forty_characters) {
  const TaskSet owner = a_task_set(std::string(200, 'x')).uid("u").object();
  EXPECT_EQ(derived_name(owner, "0", 0).size(), 40 + 4 + 9);
}

TEST(DerivedName, an_instance_as_slot_stands_only_in_the_hash) {
  const TaskSet owner = a_task_set("log").uid("u").object();
  const std::string uid = "0123456789abcdef0123456789abcdef";
  EXPECT_THAT(derived_name(owner, uid, 3), ::testing::MatchesRegex("log-3-[0-9a-f]{8}"));
  EXPECT_NE(derived_name(owner, uid, 3), derived_name(owner, "ffff6789abcdef0123456789abcdef", 3));
}

TEST(LegalLabelValue, follows_kubernetes) {
  EXPECT_TRUE(labels::legal_value(""));
  EXPECT_TRUE(labels::legal_value("Web_1.a-b"));
  EXPECT_TRUE(labels::legal_value(std::string(63, 'a')));
  EXPECT_FALSE(labels::legal_value(std::string(64, 'a')));
  EXPECT_FALSE(labels::legal_value("-web"));
  EXPECT_FALSE(labels::legal_value("web_"));
  EXPECT_FALSE(labels::legal_value("a:b"));
}

}  // namespace
}  // namespace muster
