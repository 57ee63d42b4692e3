// Changes of Secrets and ConfigMaps: who is rolled out anew, who is looked at, and what the hash says.
#include "api/types/configuration.h"
#include "controllers/service/deployments.h"
#include "tests/controllers/service/replicas.h"

namespace muster {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ServiceConfig : public Replicas {
 protected:
  ServiceConfig() {
    world.add(a_revision("app", 1).with([](TaskDefinitionRevision& revision) {
      ContainerDefinition& container = revision.spec.container_definitions.at(0);
      container.secrets = {{"PASSWORD", "db:password"}};
      container.environment_files = {{ConfigKind::config_map, "web:env"}};
    }));
    write("db", 1);
    given(a_service("app").definition("app:1").desired(2).with(
        [](Service& s) { s.spec.deployment_configuration.rollout_on_config_change = true; }));
  }
  // As a write through the API does it: the generation counts changes of the values.
  void write(const std::string& name, std::int64_t generation, const std::string& value = "s3cret",
             const std::string& ns = "default") {
    auto secret = std::make_shared<Secret>(make<Secret>());
    if (const auto there = world.get<Secret>(name, ns)) *secret = *there;
    secret->metadata.ns = ns;
    secret->metadata.name = name;
    secret->metadata.generation = generation;
    secret->data["password"] = value;
    world.put(secret);
  }
  std::size_t sets() const { return world.all<TaskSet>().size(); }
  std::string hash() const { return muster::service::config_state(world.state, "default", "app:1").hash; }
};

TEST_F(ServiceConfig, a_change_of_values_makes_a_new_rollout) {
  ASSERT_EQ(sets(), 1U);
  const std::string first = world.all<TaskSet>()[0]->spec.config_hash;
  EXPECT_THAT(world.all<TaskSet>()[0]->spec.config_references, ElementsAre("secret/db", "configmap/web"));
  EXPECT_EQ(first, hash());
  write("db", 2);
  rest();
  ASSERT_EQ(sets(), 2U);
  EXPECT_EQ(live().size(), 2U);
  EXPECT_NE(hash(), first);
  EXPECT_EQ(world.get<Service>("app")->status.deployments.size(), 1U);
}

TEST_F(ServiceConfig, labels_and_other_objects_change_nothing) {
  const std::uint64_t plans = shell.plans;
  world.edit<Secret>("db", [](Secret& secret) { secret.metadata.labels["a"] = "b"; });
  write("unused", 1);
  write("db", 1, "s3cret", "other");
  rest();
  EXPECT_EQ(sets(), 1U);
  EXPECT_EQ(shell.plans, plans) << "nobody was even looked at";
}

TEST_F(ServiceConfig, an_object_that_comes_goes_or_comes_again_is_a_change) {
  auto map = std::make_shared<ConfigMap>(make<ConfigMap>());
  map->metadata.ns = "default";
  map->metadata.name = "web";
  world.put(map);
  rest();
  EXPECT_EQ(sets(), 2U);
  world.remove<Secret>("db");
  rest();
  EXPECT_EQ(sets(), 3U);
  write("db", 1);  // another object of that name
  rest();
  EXPECT_EQ(sets(), 4U);
}

TEST_F(ServiceConfig, only_a_service_that_asks_for_it_is_rolled_out) {
  given(a_service("quiet").definition("app:1").desired(1));
  const std::size_t before = sets();
  write("db", 2);
  rest();
  EXPECT_EQ(sets(), before + 1);
  std::size_t of_quiet = 0;
  for (const auto& set : world.all<TaskSet>()) of_quiet += set->spec.service == "quiet" ? 1 : 0;
  EXPECT_EQ(of_quiet, 1U);
  // It asks now: the tasks that it has were made with older values.
  world.edit<Service>("quiet", [](Service& s) { s.spec.deployment_configuration.rollout_on_config_change = true; });
  rest();
  EXPECT_EQ(sets(), before + 2);
}

TEST_F(ServiceConfig, a_model_that_is_built_anew_knows_the_users) {
  shell.restart();
  write("db", 2);
  rest();
  EXPECT_EQ(sets(), 2U);
}

TEST_F(ServiceConfig, the_hash_does_not_depend_on_values) {
  const std::string before = hash();
  write("db", 1, "another");
  EXPECT_EQ(hash(), before);
  write("db", 2, "s3cret");
  EXPECT_NE(hash(), before);
  EXPECT_THAT(hash(), Not(HasSubstr("s3cret")));
  EXPECT_EQ(muster::service::config_state(world.state, "default", "web:1").hash, "") << "refers to nothing";
}

}  // namespace
}  // namespace muster
