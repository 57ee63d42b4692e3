// Kubernetes' rules of what a toleration covers.
#include "api/types/placement.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

constexpr auto equal = TolerationOperator::equal;
constexpr auto exists = TolerationOperator::exists;
constexpr auto no_schedule = TaintEffect::no_schedule;
constexpr auto no_execute = TaintEffect::no_execute;
constexpr auto prefer = TaintEffect::prefer_no_schedule;

struct Covered {
  Toleration toleration;
  Taint taint;
  bool covered;
};

TEST(Tolerations, cover_taints_by_key_value_and_effect) {
  const std::vector<Covered> rows = {
      {{"a", equal, "x", no_schedule}, {"a", "x", no_schedule}, true},
      {{"a", equal, "x", no_schedule}, {"a", "y", no_schedule}, false},
      {{"a", equal, "x", no_schedule}, {"b", "x", no_schedule}, false},
      {{"a", equal, "x", no_schedule}, {"a", "x", no_execute}, false},
      {{"a", equal, "x", {}}, {"a", "x", no_execute}, true},
      {{"a", equal, "", {}}, {"a", "", prefer}, true},
      {{"a", equal, "", {}}, {"a", "x", prefer}, false},
      {{"a", exists, "", {}}, {"a", "x", no_schedule}, true},
      {{"a", exists, "", prefer}, {"a", "x", no_schedule}, false},
      {{"", exists, "", {}}, {"anything", "x", no_execute}, true},
      {{"", exists, "", no_execute}, {"anything", "x", no_schedule}, false},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(tolerates({rows[i].toleration}, rows[i].taint), rows[i].covered) << "row " << i;
  }
  EXPECT_FALSE(tolerates({}, {"a", "x", no_schedule}));
}

TEST(Tolerations, every_taint_needs_one) {
  const std::vector<Taint> taints = {{"a", "", no_schedule}, {"b", "", prefer}, {"c", "", no_execute}};
  EXPECT_EQ(forbidding(taints, {})->key, "a");
  EXPECT_EQ(forbidding(taints, {{"a", exists, "", {}}})->key, "c");
  EXPECT_EQ(forbidding(taints, {{"a", exists, "", {}}, {"c", exists, "", {}}}), nullptr)
      << "a soft one forbids nothing";
  EXPECT_EQ(untolerated(taints, {}, prefer)->key, "b");
  EXPECT_EQ(untolerated(taints, {}, no_execute)->key, "c");
  EXPECT_EQ(untolerated(taints, {{"", exists, "", {}}}, no_execute), nullptr);
}

}  // namespace
}  // namespace muster
