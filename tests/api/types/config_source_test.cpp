// What definitions take from Secrets and ConfigMaps: the words for it, and its rules, one row each.
#include "api/types/config_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/types/task.h"
#include "tests/api/types/case.h"

namespace muster {
namespace {

using testing::Case;
using References = std::vector<ConfigReference>;

constexpr std::string_view valid_task_definition = R"({
  "apiVersion": "muster.dev/v1beta1", "kind": "TaskDefinition", "metadata": {"name": "web", "namespace": "default"},
  "spec": {"containerDefinitions": [{"name": "app", "image": "web:1", "memory": 64}]}})";

TEST(ConfigKeyTest, names_an_object_and_one_of_its_keys) {
  EXPECT_EQ(parse_config_key("db:password", ConfigKind::secret), (ConfigKey{{ConfigKind::secret, "db"}, "password"}));
  EXPECT_EQ(parse_config_key("db:a.b", ConfigKind::config_map), (ConfigKey{{ConfigKind::config_map, "db"}, "a.b"}));
  EXPECT_EQ(parse_config_key("configmap/web:x", ConfigKind::secret), (ConfigKey{{ConfigKind::config_map, "web"}, "x"}));
  EXPECT_EQ(parse_config_key("secret/web:x", ConfigKind::config_map), (ConfigKey{{ConfigKind::secret, "web"}, "x"}));
  for (const char* text :
       {"", "db", "db:", ":key", "DB:key", "other/db:key", "db:a:b", "db:../x", "secret/:x",
        "arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf:password::", "arn:aws:ssm:eu-west-1:1:parameter/db"}) {
    EXPECT_FALSE(parse_config_key(text, ConfigKind::secret)) << text;
  }
}

TEST(ConfigKeyTest, references_are_texts_and_back) {
  for (const char* text : {"secret/db", "configmap/web.app"}) {
    ASSERT_TRUE(parse_config_text(text)) << text;
    EXPECT_EQ(config_text(*parse_config_text(text)), text);
  }
  EXPECT_FALSE(parse_config_text("service/web"));
}

TEST(ConfigFileTest, modes_are_octal_and_owners_are_numbers) {
  EXPECT_EQ(parse_file_mode("0400"), 0400U);
  EXPECT_EQ(parse_file_mode("755"), 0755U);
  for (const char* text : {"", "4", "0o400", "1777", "04000", "800", "rwx"})
    EXPECT_FALSE(parse_file_mode(text)) << text;
  EXPECT_EQ(parse_file_owner("999"), (FileOwner{999, 999}));
  EXPECT_EQ(parse_file_owner("1000:50"), (FileOwner{1000, 50}));
  for (const char* text : {"", "app", "1:", ":1", "-1", "1:b", "4294967295", "1:2:3", "+1"}) {
    EXPECT_FALSE(parse_file_owner(text)) << text;
  }
}

TEST(ConfigFileTest, paths_stay_inside) {
  for (const char* text : {"a", "a/b.conf", "..a/b"}) EXPECT_TRUE(is_file_path(text)) << text;
  for (const char* text : {"", "/a", "a/", "a//b", ".", "..", "a/../b", "./a"})
    EXPECT_FALSE(is_file_path(text)) << text;
}

TEST(ConfigReferencesTest, of_all_containers_sorted_and_each_once) {
  TaskDefinitionSpec spec;
  EXPECT_EQ(config_references(spec), References{});
  ContainerDefinition& app = spec.container_definitions.emplace_back();
  app.name = "app";
  EXPECT_FALSE(has_config_references(app));
  app.secrets = {{"A", "db:a"}, {"B", "db:b"}, {"C", "configmap/web:c"}};
  app.environment_files = {{ConfigKind::config_map, "env:x"}};
  EXPECT_TRUE(has_config_references(app));
  ContainerDefinition& side = spec.container_definitions.emplace_back();
  side.name = "side";
  side.environment_from = {{"P_", ConfigObject{"all", true}, std::nullopt}};
  ConfigMount& mount = side.config_files.emplace_back();
  mount.config_map_ref = ConfigObject{"web", false};
  EXPECT_EQ(config_references(spec), (References{{ConfigKind::secret, "all"},
                                                 {ConfigKind::secret, "db"},
                                                 {ConfigKind::config_map, "env"},
                                                 {ConfigKind::config_map, "web"}}));

  TaskOverride overrides;
  ContainerOverride& changed = overrides.container_overrides.emplace_back();
  changed.name = "app";
  EXPECT_EQ(config_references(spec, overrides), config_references(spec));

  const References values = config_references(spec);
  spec.container_definitions[1].repository_credentials = RepositoryCredentials{"hub"};
  EXPECT_EQ(config_references(spec), values) << "what runs does not change with them";
  EXPECT_THAT(config_references(spec, overrides), ::testing::Contains(ConfigReference{ConfigKind::secret, "hub"}));
  spec.container_definitions[1].repository_credentials.reset();
  changed.environment_files = {{ConfigKind::secret, "other:x"}};
  EXPECT_EQ(config_references(spec, overrides), (References{{ConfigKind::secret, "all"},
                                                            {ConfigKind::secret, "db"},
                                                            {ConfigKind::secret, "other"},
                                                            {ConfigKind::config_map, "web"}}));
}

class ConfigRule : public ::testing::TestWithParam<Case> {};

TEST_P(ConfigRule, IsChecked) {
  testing::expect_case(valid_task_definition, GetParam());
}

#define APP_WITH(fields) \
  R"({"spec": {"containerDefinitions": [{"name": "app", "image": "i", "memory": 64, )" fields R"(}]}})"
#define AT "spec.containerDefinitions[0]."

INSTANTIATE_TEST_SUITE_P(
    Config, ConfigRule,
    ::testing::Values(
        Case{"all", APP_WITH(R"("environment": [{"name": "C", "value": "c"}],
             "secrets": [{"name": "A", "valueFrom": "db:a"}, {"name": "B", "valueFrom": "configmap/web:b"}],
             "environmentFiles": [{"type": "configMap", "value": "web:env"}, {"type": "secret", "value": "db:env"}],
             "envFrom": [{"prefix": "X_", "secretRef": {"name": "db", "optional": true}},
                         {"configMapRef": {"name": "web"}}],
             "configFiles": [{"containerPath": "/run/db", "secretRef": {"name": "db"}, "mode": "0440",
                              "owner": "999:999", "items": [{"key": "a"}, {"key": "b", "path": "x/b", "mode": "444"}]},
                             {"containerPath": "/etc/web.conf", "configMapRef": {"name": "web"}, "key": "conf"}])"),
             "", ""},
        Case{"arn", APP_WITH(R"("secrets": [{"name": "A", "valueFrom": "arn:aws:ssm:eu-west-1:1:parameter/a"}])"),
             AT "secrets[0].valueFrom", "there are no ARNs here"},
        Case{"two_values", APP_WITH(R"("environment": [{"name": "A", "value": "x"}],
             "secrets": [{"name": "A", "valueFrom": "db:a"}])"),
             AT "secrets[0].name", "in environment too"},
        Case{"same_secret",
             APP_WITH(R"("secrets": [{"name": "A", "valueFrom": "db:a"}, {"name": "A", "valueFrom": "db:b"}])"),
             AT "secrets[1].name", "duplicate name"},
        Case{"no_source", APP_WITH(R"("envFrom": [{"prefix": "A_"}])"), AT "envFrom[0].secretRef", "one of secretRef"},
        Case{"two_sources", APP_WITH(R"("envFrom": [{"secretRef": {"name": "a"}, "configMapRef": {"name": "b"}}])"),
             AT "envFrom[0].configMapRef", "together with secretRef"},
        Case{"key_and_items",
             APP_WITH(R"("configFiles": [{"containerPath": "/a", "secretRef": {"name": "a"}, "key": "k",
             "items": [{"key": "k"}]}])"),
             AT "configFiles[0].items", "together with key"},
        Case{"same_path", APP_WITH(R"("configFiles": [{"containerPath": "/a", "secretRef": {"name": "a"},
             "items": [{"key": "k"}, {"key": "l", "path": "k"}]}])"),
             AT "configFiles[0].items[1].path", "Duplicate"},
        Case{"file_as_directory", APP_WITH(R"("configFiles": [{"containerPath": "/a", "secretRef": {"name": "a"},
             "items": [{"key": "k"}, {"key": "l", "path": "k/l"}]}])"),
             AT "configFiles[0].items", "below a path"},
        Case{"outside", APP_WITH(R"("configFiles": [{"containerPath": "/a", "secretRef": {"name": "a"},
             "items": [{"key": "k", "path": "../k"}]}])"),
             AT "configFiles[0].items[0].path", "relative path"},
        Case{"nested", APP_WITH(R"("configFiles": [{"containerPath": "/a/b/", "secretRef": {"name": "a"}},
             {"containerPath": "/a", "secretRef": {"name": "a"}}])"),
             AT "configFiles[0].containerPath", "lies below"},
        Case{"on_tmpfs", APP_WITH(R"("configFiles": [{"containerPath": "/a", "secretRef": {"name": "a"}}],
             "linuxParameters": {"tmpfs": [{"containerPath": "/a/", "size": 1}]})"),
             AT "configFiles[0].containerPath", "is a tmpfs"},
        Case{"root", APP_WITH(R"("configFiles": [{"containerPath": "/", "secretRef": {"name": "a"}}])"),
             AT "configFiles[0].containerPath", "other than"},
        Case{"mode",
             APP_WITH(R"("configFiles": [{"containerPath": "/a", "secretRef": {"name": "a"}, "mode": "0o400"}])"),
             AT "configFiles[0].mode", "octal digits"},
        Case{"owner",
             APP_WITH(R"("configFiles": [{"containerPath": "/a", "secretRef": {"name": "a"}, "owner": "app"}])"),
             AT "configFiles[0].owner", "numbers"}),
    testing::name_of_case);

}  // namespace
}  // namespace muster
