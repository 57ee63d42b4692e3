#include "controllers/roles/roles.h"

#include <gtest/gtest.h>

#include "api/access/bootstrap.h"
#include "tests/support/shell.h"

namespace muster {
namespace {

using namespace testing;

constexpr const char* to_view = "rbac.authorization.k8s.io/aggregate-to-view";

class Roles : public ::testing::Test {
 protected:
  Roles() {
    for (const auto& object : access::bootstrap_policy()) world.put(object);
    shell.add(make_roles_controller());
    shell.settle();
  }
  static PolicyRule reads(const std::string& resource) { return {{"get"}, {"example.com"}, {resource}, {}, {}}; }
  void put(const std::string& name, const PolicyRule& rule, const Labels& labels) {
    ClusterRole role = make<ClusterRole>();
    role.metadata.name = name;
    role.metadata.labels = labels;
    role.rules = {rule};
    world.put(std::make_shared<const ClusterRole>(role));
    shell.settle();
  }
  bool has(const std::string& role, const PolicyRule& rule) const {
    const auto found = world.get<ClusterRole>(role);
    return found != nullptr && std::find(found->rules.begin(), found->rules.end(), rule) != found->rules.end();
  }

  World world;
  Shell shell{world};
};

TEST_F(Roles, leave_the_predefined_ones_as_they_are) {
  for (const auto& object : access::bootstrap_policy()) {
    const auto* wanted = as<ClusterRole>(object.get());
    if (wanted == nullptr) continue;
    const auto stored = world.get<ClusterRole>(wanted->metadata.name);
    EXPECT_EQ(stored->rules.size(), wanted->rules.size()) << wanted->metadata.name;
    for (const PolicyRule& rule : wanted->rules) EXPECT_TRUE(has(wanted->metadata.name, rule)) << wanted->metadata.name;
  }
  EXPECT_TRUE(access::missing_policy(world.state).empty()) << "the server and the controller agree";
}

TEST_F(Roles, take_in_what_is_labelled_all_the_way_up) {
  put("gadgets", reads("gadgets"), {{to_view, "true"}});
  for (const char* role : {"view", "edit", "admin"}) EXPECT_TRUE(has(role, reads("gadgets"))) << role;
  EXPECT_FALSE(has("cluster-admin", reads("gadgets")));
  world.edit<ClusterRole>("gadgets", [&](ClusterRole& role) { role.rules = {reads("widgets")}; });
  shell.settle();
  EXPECT_TRUE(has("admin", reads("widgets")));
  EXPECT_FALSE(has("admin", reads("gadgets")));
  world.remove<ClusterRole>("gadgets");
  shell.settle();
  for (const char* role : {"view", "edit", "admin"}) EXPECT_FALSE(has(role, reads("widgets"))) << role;
}

TEST_F(Roles, leave_out_what_is_not_labelled_so) {
  put("gadgets", reads("gadgets"), {{to_view, "false"}});
  EXPECT_FALSE(has("view", reads("gadgets")));
}

TEST_F(Roles, replace_what_was_written_by_hand) {
  world.edit<ClusterRole>("view", [&](ClusterRole& role) { role.rules = {reads("gadgets")}; });
  shell.settle();
  EXPECT_FALSE(has("view", reads("gadgets")));
  EXPECT_FALSE(world.get<ClusterRole>("view")->rules.empty());
}

TEST_F(Roles, select_by_expressions) {
  ClusterRole role = make<ClusterRole>();
  role.metadata.name = "all-but";
  role.aggregation_rule =
      AggregationRule{{RoleSelector{{}, {{"tier", "In", {"a", "b"}}, {"off", "DoesNotExist", {}}}}}};
  world.put(std::make_shared<const ClusterRole>(role));
  put("one", reads("one"), {{"tier", "a"}});
  put("two", reads("two"), {{"tier", "b"}, {"off", ""}});
  put("three", reads("three"), {{"tier", "c"}});
  EXPECT_EQ(world.get<ClusterRole>("all-but")->rules, std::vector<PolicyRule>{reads("one")});
}

}  // namespace
}  // namespace muster
