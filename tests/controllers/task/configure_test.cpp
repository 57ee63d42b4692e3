// What a container gets from Secrets and ConfigMaps, and what is said when it cannot have it.
#include "controllers/task/configure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/task/container_config.h"
#include "tests/controllers/task/world.h"

namespace muster::task::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

class ConfigureTest : public ::testing::Test {
 protected:
  ConfigureTest() {
    ConfigContents& db = objects[{ConfigKind::secret, "db"}];
    db.texts = {{"password", "s3cret"}, {"user", "app"}, {"env", "A=db\nB=db\n"}};
    ConfigContents& web = objects[{ConfigKind::config_map, "web"}];
    web.texts = {{"user", "of-web"}, {"env", "B=web\nC=web\n"}};
    web.binaries = {{"logo", std::string("\x89PNG\0", 5)}};
  }

  Result<Configured> configured(ContainerDefinition definition) {
    definition.name = "app";
    desired = task_of({std::move(definition)});
    desired.spec.overrides = overrides;
    return configure(desired, "app", [this](const ConfigReference& reference) {
      const auto found = objects.find(reference);
      return found == objects.end() ? nullptr : &found->second;
    });
  }
  ContainerConfig made(ContainerDefinition definition) {
    const auto values = configured(std::move(definition));
    EXPECT_TRUE(values.ok()) << values.error().message;
    return container_config(desired, Identity{}, "app", values.ok() ? *values : Configured{});
  }
  std::string refusal(ContainerDefinition definition) {
    const auto values = configured(std::move(definition));
    EXPECT_FALSE(values.ok());
    if (values.ok()) return {};
    EXPECT_THAT(values.error().message, Not(HasSubstr("s3cret")));
    EXPECT_TRUE(values.error().message.starts_with("ResourceInitializationError: ")) << values.error().message;
    return values.error().message;
  }

  std::map<ConfigReference, ConfigContents> objects;
  DesiredTask desired;
  TaskOverride overrides;
};

EnvironmentSource all_of(ConfigKind kind, const std::string& name, const std::string& prefix = {}) {
  EnvironmentSource source;
  source.prefix = prefix;
  (kind == ConfigKind::secret ? source.secret_ref : source.config_map_ref) = ConfigObject{name, false};
  return source;
}

TEST_F(ConfigureTest, secrets_become_variables_beside_the_environment) {
  ContainerDefinition app;
  app.environment = {{"A", "plain"}};
  app.secrets = {{"PASSWORD", "db:password"}, {"USER", "configmap/web:user"}};
  const ContainerConfig config = made(app);
  EXPECT_THAT(config.environment, ElementsAre(Pair("A", "plain"), Pair("PASSWORD", "s3cret"), Pair("USER", "of-web")));
  EXPECT_THAT(config.secret_variables, ElementsAre("PASSWORD"));
}

TEST_F(ConfigureTest, of_equal_names_the_nearer_word_holds) {
  ContainerDefinition app;
  app.environment_from = {all_of(ConfigKind::secret, "db"), all_of(ConfigKind::config_map, "web")};
  app.environment_files = {{ConfigKind::secret, "db:env"}, {ConfigKind::config_map, "web:env"}};
  app.environment = {{"C", "definition"}};
  app.secrets = {{"password", "db:user"}};
  overrides.container_overrides.emplace_back().name = "app";
  overrides.container_overrides.back().environment = {{"D", "override"}, {"password", "override"}};
  const ContainerConfig config = made(app);
  const std::map<std::string, std::string> environment(config.environment.begin(), config.environment.end());
  EXPECT_EQ(environment.at("user"), "of-web") << "the later of envFrom";
  EXPECT_EQ(environment.at("A"), "db");
  EXPECT_EQ(environment.at("B"), "db") << "the earlier file";
  EXPECT_EQ(environment.at("C"), "definition");
  EXPECT_EQ(environment.at("password"), "override");
  EXPECT_EQ(environment.at("D"), "override");
  EXPECT_THAT(config.secret_variables, ElementsAre("A", "B"));
  EXPECT_EQ(environment.size(), config.environment.size()) << "each name once";
}

TEST_F(ConfigureTest, whole_objects_get_a_prefix_and_leave_out_what_is_binary) {
  ContainerDefinition app;
  app.environment_from = {all_of(ConfigKind::config_map, "web", "WEB_")};
  EXPECT_THAT(made(app).environment, ElementsAre(Pair("WEB_env", "B=web\nC=web\n"), Pair("WEB_user", "of-web")));
}

TEST_F(ConfigureTest, overrides_replace_the_files_of_variables) {
  ContainerDefinition app;
  app.environment_files = {{ConfigKind::secret, "gone:env"}};
  overrides.container_overrides.emplace_back().name = "app";
  overrides.container_overrides.back().environment_files = {{ConfigKind::config_map, "web:env"}};
  EXPECT_THAT(made(app).environment, ElementsAre(Pair("B", "web"), Pair("C", "web")));
}

TEST_F(ConfigureTest, files_take_all_keys_or_those_named) {
  ContainerDefinition app;
  app.user = "1000:50";
  ConfigMount all;
  all.container_path = "/etc/web";
  all.config_map_ref = ConfigObject{"web", false};
  ConfigMount some;
  some.container_path = "/run/db";
  some.secret_ref = ConfigObject{"db", false};
  some.items = {{"password", {}, {}}, {"user", "x/name", "0444"}};
  some.mode = "0440";
  some.owner = "999";
  ConfigMount one;
  one.container_path = "/etc/app.conf";
  one.config_map_ref = ConfigObject{"web", false};
  one.key = "user";
  app.config_files = {all, some, one};
  const auto values = configured(app);
  ASSERT_TRUE(values.ok()) << values.error().message;
  const FileOwner user{1000, 50};
  EXPECT_THAT(
      values->mounts,
      ElementsAre(
          ConfigMountContents{
              "/etc/web",
              false,
              user,
              {{"env", "B=web\nC=web\n", 0400}, {"user", "of-web", 0400}, {"logo", std::string("\x89PNG\0", 5), 0400}}},
          ConfigMountContents{"/run/db", true, {999, 999}, {{"password", "s3cret", 0440}, {"x/name", "app", 0444}}},
          ConfigMountContents{"/etc/app.conf", false, user, {{"", "of-web", 0400}}}));
  EXPECT_THAT(container_config(desired, Identity{}, "app", *values).environment, IsEmpty());
}

TEST_F(ConfigureTest, a_user_with_a_name_leaves_files_to_root) {
  ContainerDefinition app;
  app.user = "postgres";
  ConfigMount& mount = app.config_files.emplace_back();
  mount.container_path = "/a";
  mount.secret_ref = ConfigObject{"db", false};
  EXPECT_EQ(configured(app).value().mounts.at(0).owner, FileOwner{});
}

TEST_F(ConfigureTest, what_is_missing_is_named) {
  ContainerDefinition app;
  app.secrets = {{"A", "gone:a"}};
  EXPECT_THAT(refusal(app), HasSubstr("Secret \"gone\" in namespace \"default\" does not exist"));
  app.secrets = {{"A", "db:gone"}};
  EXPECT_THAT(refusal(app), HasSubstr("Secret \"db\" in namespace \"default\" has no key \"gone\""));
  app.secrets.clear();
  app.environment_files = {{ConfigKind::config_map, "db:env"}};
  EXPECT_THAT(refusal(app), HasSubstr("ConfigMap \"db\" in namespace \"default\" does not exist"));
  app.environment_files.clear();
  app.environment_from = {all_of(ConfigKind::secret, "web")};
  EXPECT_THAT(refusal(app), HasSubstr("Secret \"web\""));
  app.environment_from.clear();
  ConfigMount& mount = app.config_files.emplace_back();
  mount.config_map_ref = ConfigObject{"web", false};
  mount.items = {{"gone", {}, {}}};
  EXPECT_THAT(refusal(app), HasSubstr("has no key \"gone\""));
}

TEST_F(ConfigureTest, options_of_the_log_may_be_secret) {
  ContainerDefinition app;
  app.log_configuration = LogConfiguration{"splunk", {{"splunk-url", "https://a"}}, {{"splunk-token", "db:password"}}};
  const ContainerConfig config = made(app);
  ASSERT_TRUE(config.log);
  EXPECT_EQ(config.log->options, (Labels{{"splunk-url", "https://a"}, {"splunk-token", "s3cret"}}));
  EXPECT_THAT(config.environment, IsEmpty());
  app.log_configuration->secret_options = {{"splunk-token", "db:gone"}};
  EXPECT_THAT(refusal(app), HasSubstr("has no key \"gone\""));
  objects[{ConfigKind::secret, "db"}].texts["key"] = std::string("s3cret\0", 7);
  app.log_configuration->secret_options = {{"splunk-token", "db:key"}};
  EXPECT_THAT(refusal(app), HasSubstr("cannot be an option of a log driver"));
}

TEST_F(ConfigureTest, credentials_for_a_registry_are_there_and_of_a_kind) {
  ContainerDefinition app;
  app.repository_credentials = RepositoryCredentials{"gone"};
  EXPECT_THAT(refusal(app), HasSubstr("Secret \"gone\" in namespace \"default\" does not exist"));
  app.repository_credentials = RepositoryCredentials{"db"};
  EXPECT_THAT(refusal(app), HasSubstr("Secret \"db\" in namespace \"default\" has neither the key"));
  for (const ConfigContents& good : {ConfigContents{"", 0, {{"username", "a"}, {"password", "s3cret"}}, {}},
                                     ConfigContents{"", 0, {{".dockerconfigjson", "s3cret"}}, {}}}) {
    objects[{ConfigKind::secret, "hub"}] = good;
    app.repository_credentials = RepositoryCredentials{"hub"};
    EXPECT_EQ(*configured(app), Configured{}) << "they are for the agent and not for the container";
  }
}

TEST_F(ConfigureTest, what_is_optional_may_be_missing) {
  ContainerDefinition app;
  app.environment_from = {all_of(ConfigKind::secret, "gone")};
  app.environment_from[0].secret_ref->optional = true;
  ConfigMount none;
  none.container_path = "/a";
  none.secret_ref = ConfigObject{"gone", true};
  ConfigMount key;
  key.container_path = "/b";
  key.secret_ref = ConfigObject{"db", true};
  key.key = "gone";
  app.config_files = {none, key};
  const auto values = configured(app);
  ASSERT_TRUE(values.ok()) << values.error().message;
  EXPECT_THAT(values->imported, IsEmpty());
  ASSERT_EQ(values->mounts.size(), 1u) << "an empty folder, and no file where the file would be";
  EXPECT_THAT(values->mounts[0].files, IsEmpty());
}

TEST_F(ConfigureTest, a_variable_must_be_text) {
  objects[{ConfigKind::secret, "db"}].texts["key"] = std::string("s3cret\0", 7);
  ContainerDefinition app;
  app.secrets = {{"A", "db:key"}};
  EXPECT_THAT(refusal(app), HasSubstr("the value \"key\" of Secret \"db\""));
  objects[{ConfigKind::secret, "db"}].texts["key"] = "s3cret\xff";
  EXPECT_THAT(refusal(app), HasSubstr("is not text"));
}

TEST(EnvironmentFile, is_read_as_ecs_reads_it) {
  EXPECT_THAT(parse_environment_file("# a comment\n"
                                     "A=1\r\n"
                                     "\n"
                                     "B=\"quoted $A\" # kept\n"
                                     "C=x=y\n"
                                     " D= spaces \n"
                                     "no sign\n"
                                     "=nameless\n"
                                     "EMPTY=\n"
                                     "A=2\n"
                                     "LAST=end"),
              ElementsAre(Pair("A", "2"), Pair("B", "\"quoted $A\" # kept"), Pair("C", "x=y"), Pair(" D", " spaces "),
                          Pair("LAST", "end")));
  EXPECT_THAT(parse_environment_file(""), IsEmpty());
}

// ---- while it cannot be had

TEST(Obstacles, a_container_waits_with_a_reason_and_its_image_does_not) {
  World world(task_of({container("app"), container("side")}));
  const std::string reason = std::string(waiting_reason) + "secret/db";
  world.desired.obstacles["app"] = {Obstacle::Kind::wait, reason};
  EXPECT_THAT(world.settle(), ElementsAre("pull app", "pull side", "create side", "start side"));
  EXPECT_EQ(world.status().last_status, LastStatus::pending);
  EXPECT_EQ(world.status("app").reason, reason);
  world.desired.obstacles.clear();
  EXPECT_THAT(world.settle(), ElementsAre("create app", "start app"));
  EXPECT_EQ(world.status("app").reason, "");
  EXPECT_EQ(world.status().last_status, LastStatus::running);
}

TEST(Obstacles, an_image_that_needs_credentials_waits_too) {
  ContainerDefinition app = container("app");
  app.repository_credentials = RepositoryCredentials{"hub"};
  World world(task_of({app}));
  world.desired.obstacles["app"] = {Obstacle::Kind::wait, std::string(waiting_reason) + "secret/hub"};
  EXPECT_THAT(world.settle(), IsEmpty());
  world.desired.obstacles.clear();
  EXPECT_THAT(world.settle(), ElementsAre("pull app", "create app", "start app"));
}

TEST(Obstacles, what_is_made_and_not_started_waits_too) {
  World world(task_of({container("app")}));
  world.settle();
  world.memory = {};
  world.host["app"].phase = Phase::created;
  world.desired.obstacles["app"] = {Obstacle::Kind::wait, std::string(waiting_reason) + "secret/db"};
  EXPECT_THAT(world.settle(), IsEmpty());
  world.desired.obstacles.clear();
  EXPECT_THAT(world.settle(), ElementsAre("start app"));
}

TEST(Obstacles, a_task_that_is_stopped_does_not_wait) {
  World world(task_of({container("app")}));
  world.desired.obstacles["app"] = {Obstacle::Kind::wait, std::string(waiting_reason) + "secret/db"};
  world.settle();
  world.desired.spec.desired_status = DesiredStatus::stopped;
  world.settle();
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
  EXPECT_EQ(world.status("app").reason, "");
}

TEST(Obstacles, what_cannot_be_had_ends_the_task_even_for_a_helper) {
  World world(task_of({container("app"), helper("side")}));
  world.desired.obstacles["side"] = {Obstacle::Kind::fail, "ResourceInitializationError: Secret \"db\" does not exist"};
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
  EXPECT_EQ(world.status().stop_code, StopCode::task_failed_to_start);
  EXPECT_EQ(world.status().stopped_reason, "ResourceInitializationError: Secret \"db\" does not exist");
}

TEST(Obstacles, what_runs_is_left_alone) {
  World world(task_of({container("app")}));
  world.settle();
  world.desired.obstacles["app"] = {Obstacle::Kind::fail, "ResourceInitializationError: gone"};
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_EQ(world.status().last_status, LastStatus::running);
}

}  // namespace
}  // namespace muster::task::testing
