// The table of ECS's fields, row by row: what the table says is what translation does.
#include "api/ecs/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "api/base/text.h"
#include "api/ecs/task_definition.h"
#include "api/schema/describe.h"
#include "tests/api/ecs/sample.h"

namespace muster::ecs {

// Found by GoogleTest for the names of failed rows.
static void PrintTo(const FieldRule& rule, std::ostream* out) {
  *out << rule.path;
}

namespace {

using ::testing::HasSubstr;

// A value for the rows whose type matters; every other row is tried with true and a map.
std::string sample_value(std::string_view path) {
  static const std::map<std::string_view, std::string> values = {
      {"family", R"("web")"},
      {"networkMode", R"("host")"},
      {"cpu", R"("256")"},
      {"memory", R"("512")"},
      {"containerDefinitions[].name", R"("app")"},
      {"containerDefinitions[].image", R"("web:1")"},
      {"containerDefinitions[].versionConsistency", R"("disabled")"},
      {"containerDefinitions[].repositoryCredentials", R"({"credentialsParameter": "hub"})"},
      {"containerDefinitions[].repositoryCredentials.credentialsParameter", R"("hub")"},
      {"containerDefinitions[].cpu", "10"},
      {"containerDefinitions[].memory", "100"},
      {"containerDefinitions[].memoryReservation", "50"},
      {"containerDefinitions[].essential", "true"},
      {"containerDefinitions[].entryPoint", R"(["sh"])"},
      {"containerDefinitions[].command", R"(["x"])"},
      {"containerDefinitions[].environment", "[]"},
      {"containerDefinitions[].environment[].name", R"("A")"},
      {"containerDefinitions[].environment[].value", R"("b")"},
      {"containerDefinitions[].environmentFiles", R"([])"},
      {"containerDefinitions[].environmentFiles[].type", R"("configMap")"},
      {"containerDefinitions[].environmentFiles[].value", R"("web:env")"},
      {"containerDefinitions[].secrets", R"([])"},
      {"containerDefinitions[].secrets[].name", R"("A")"},
      {"containerDefinitions[].secrets[].valueFrom", R"("db:a")"},
      {"containerDefinitions[].envFrom", R"([])"},
      {"containerDefinitions[].envFrom[].prefix", R"("A_")"},
      {"containerDefinitions[].envFrom[].secretRef", R"({"name": "db"})"},
      {"containerDefinitions[].envFrom[].secretRef.name", R"("db")"},
      {"containerDefinitions[].envFrom[].secretRef.optional", R"(true)"},
      {"containerDefinitions[].envFrom[].configMapRef", R"({"name": "web"})"},
      {"containerDefinitions[].envFrom[].configMapRef.name", R"("web")"},
      {"containerDefinitions[].envFrom[].configMapRef.optional", R"(true)"},
      {"containerDefinitions[].configFiles", R"([])"},
      {"containerDefinitions[].configFiles[].containerPath", R"("/etc/app")"},
      {"containerDefinitions[].configFiles[].secretRef", R"({"name": "db"})"},
      {"containerDefinitions[].configFiles[].secretRef.name", R"("db")"},
      {"containerDefinitions[].configFiles[].secretRef.optional", R"(true)"},
      {"containerDefinitions[].configFiles[].configMapRef", R"({"name": "web"})"},
      {"containerDefinitions[].configFiles[].configMapRef.name", R"("web")"},
      {"containerDefinitions[].configFiles[].configMapRef.optional", R"(true)"},
      {"containerDefinitions[].configFiles[].key", R"("a")"},
      {"containerDefinitions[].configFiles[].items", R"([])"},
      {"containerDefinitions[].configFiles[].items[].key", R"("a")"},
      {"containerDefinitions[].configFiles[].items[].path", R"("b")"},
      {"containerDefinitions[].configFiles[].items[].mode", R"("0444")"},
      {"containerDefinitions[].configFiles[].mode", R"("0440")"},
      {"containerDefinitions[].configFiles[].owner", R"("1000")"},
      {"containerDefinitions[].links", R"(["db"])"},
      {"containerDefinitions[].portMappings", "[]"},
      {"containerDefinitions[].portMappings[].containerPort", "80"},
      {"containerDefinitions[].portMappings[].hostPort", "8080"},
      {"containerDefinitions[].portMappings[].protocol", R"("udp")"},
      {"containerDefinitions[].portMappings[].name", R"("http")"},
      {"containerDefinitions[].portMappings[].appProtocol", R"("grpc")"},
      {"containerDefinitions[].dependsOn", "[]"},
      {"containerDefinitions[].dependsOn[].containerName", R"("db")"},
      {"containerDefinitions[].dependsOn[].condition", R"("SUCCESS")"},
      {"containerDefinitions[].startTimeout", "20"},
      {"containerDefinitions[].stopTimeout", "20"},
      {"containerDefinitions[].healthCheck", R"({"command": ["CMD", "true"]})"},
      {"containerDefinitions[].healthCheck.command", R"(["CMD", "true"])"},
      {"containerDefinitions[].healthCheck.interval", "20"},
      {"containerDefinitions[].healthCheck.timeout", "20"},
      {"containerDefinitions[].healthCheck.retries", "5"},
      {"containerDefinitions[].healthCheck.startPeriod", "20"},
      {"containerDefinitions[].readinessCheck", R"({"command": ["CMD", "true"]})"},
      {"containerDefinitions[].readinessCheck.command", R"(["CMD", "true"])"},
      {"containerDefinitions[].readinessCheck.interval", "20"},
      {"containerDefinitions[].readinessCheck.timeout", "20"},
      {"containerDefinitions[].readinessCheck.retries", "5"},
      {"containerDefinitions[].readinessCheck.startPeriod", "20"},
      {"containerDefinitions[].logConfiguration", R"({"logDriver": "syslog"})"},
      {"containerDefinitions[].logConfiguration.logDriver", R"("fluentd")"},
      {"containerDefinitions[].logConfiguration.options", R"({"max-size": "1m"})"},
      {"containerDefinitions[].logConfiguration.secretOptions", R"([{"name": "a", "valueFrom": "db:a"}])"},
      {"containerDefinitions[].logConfiguration.secretOptions[].name", R"("a")"},
      {"containerDefinitions[].logConfiguration.secretOptions[].valueFrom", R"("db:a")"},
      {"containerDefinitions[].resourceRequirements", R"([{"type": "GPU", "value": "1"}])"},
      {"containerDefinitions[].resourceRequirements[].type", R"("GPU")"},
      {"containerDefinitions[].resourceRequirements[].value", R"("2")"},
      {"containerDefinitions[].restartPolicy", R"({"enabled": true})"},
      {"containerDefinitions[].restartPolicy.enabled", "true"},
      {"containerDefinitions[].restartPolicy.ignoredExitCodes", "[0, 3]"},
      {"containerDefinitions[].restartPolicy.restartAttemptPeriod", "60"},
      {"containerDefinitions[].mountPoints", "[]"},
      {"containerDefinitions[].mountPoints[].sourceVolume", R"("data")"},
      {"containerDefinitions[].mountPoints[].containerPath", R"("/data")"},
      {"containerDefinitions[].mountPoints[].readOnly", "true"},
      {"containerDefinitions[].volumesFrom", "[]"},
      {"containerDefinitions[].volumesFrom[].sourceContainer", R"("db")"},
      {"containerDefinitions[].volumesFrom[].readOnly", "true"},
      {"containerDefinitions[].systemControls", "[]"},
      {"containerDefinitions[].systemControls[].namespace", R"("net.core.somaxconn")"},
      {"containerDefinitions[].systemControls[].value", R"("1024")"},
      {"containerDefinitions[].dockerSecurityOptions", R"(["no-new-privileges"])"},
      {"containerDefinitions[].privileged", "true"},
      {"containerDefinitions[].disableNetworking", "true"},
      {"containerDefinitions[].linuxParameters.capabilities", R"({"drop": ["ALL"]})"},
      {"containerDefinitions[].linuxParameters.capabilities.add", R"(["NET_ADMIN"])"},
      {"containerDefinitions[].linuxParameters.capabilities.drop", R"(["KILL"])"},
      {"containerDefinitions[].linuxParameters.devices", "[]"},
      {"containerDefinitions[].linuxParameters.devices[].hostPath", R"("/dev/fuse")"},
      {"containerDefinitions[].linuxParameters.devices[].containerPath", R"("/dev/fuse")"},
      {"containerDefinitions[].linuxParameters.devices[].permissions", R"(["read"])"},
      {"containerDefinitions[].portMappings[].containerPortRange", R"("8000-8009")"},
      {"volumes", R"([{"name": "data"}])"},
      {"volumes[].name", R"("data")"},
      {"volumes[].host", R"({"sourcePath": "/srv"})"},
      {"volumes[].host.sourcePath", R"("/srv")"},
      {"volumes[].dockerVolumeConfiguration", R"({"scope": "shared"})"},
      {"volumes[].dockerVolumeConfiguration.scope", R"("task")"},
      {"volumes[].dockerVolumeConfiguration.autoprovision", "true"},
      {"volumes[].dockerVolumeConfiguration.driver", R"("local")"},
      {"volumes[].dockerVolumeConfiguration.driverOpts", R"({"type": "tmpfs"})"},
      {"volumes[].dockerVolumeConfiguration.labels", R"({"a": "b"})"},
      {"pidMode", R"("host")"},
      {"ipcMode", R"("none")"},
      {"containerDefinitions[].linuxParameters", R"({"initProcessEnabled": true})"},
      {"containerDefinitions[].linuxParameters.initProcessEnabled", "true"},
      {"containerDefinitions[].linuxParameters.sharedMemorySize", "64"},
      {"containerDefinitions[].linuxParameters.tmpfs", "[]"},
      {"containerDefinitions[].linuxParameters.tmpfs[].containerPath", R"("/run")"},
      {"containerDefinitions[].linuxParameters.tmpfs[].size", "16"},
      {"containerDefinitions[].linuxParameters.tmpfs[].mountOptions", R"(["noexec"])"},
      {"containerDefinitions[].linuxParameters.maxSwap", "0"},
      {"containerDefinitions[].linuxParameters.swappiness", "0"},
      {"containerDefinitions[].ulimits", "[]"},
      {"containerDefinitions[].ulimits[].name", R"("nofile")"},
      {"containerDefinitions[].ulimits[].softLimit", "1024"},
      {"containerDefinitions[].ulimits[].hardLimit", "2048"},
      {"containerDefinitions[].dockerLabels", R"({"a": "b"})"},
      {"containerDefinitions[].user", R"("nobody")"},
      {"containerDefinitions[].workingDirectory", R"("/srv")"},
      {"containerDefinitions[].hostname", R"("web")"},
      {"containerDefinitions[].readonlyRootFilesystem", "true"},
      {"containerDefinitions[].interactive", "true"},
      {"containerDefinitions[].pseudoTerminal", "true"},
      {"containerDefinitions[].dnsServers", R"(["10.0.0.1"])"},
      {"containerDefinitions[].dnsSearchDomains", R"(["example.com"])"},
      {"containerDefinitions[].extraHosts", "[]"},
      {"containerDefinitions[].extraHosts[].hostname", R"("db")"},
      {"containerDefinitions[].extraHosts[].ipAddress", R"("10.0.0.2")"},
      {"placementConstraints", "[]"},
      {"placementConstraints[].type", R"("memberOf")"},
      {"placementConstraints[].expression", R"("attribute:a == b")"},
      {"tolerations", "[]"},
      {"tolerations[].key", R"("dedicated")"},
      {"tolerations[].operator", R"("Equal")"},
      {"tolerations[].value", R"("db")"},
      {"tolerations[].effect", R"("NoSchedule")"},
      {"containerDefinitions", R"([{"name": "app", "image": "web:1"}])"},
  };
  const auto found = values.find(path);
  return found == values.end() ? R"({"set": true})" : found->second;
}

// What must stand beside a field for the definition to be readable.
std::string beside(std::string_view container) {
  static const std::map<std::string_view, std::string> values = {
      {"", R"("family": "web", "containerDefinitions": [{"name": "app", "image": "web:1"}])"},
      {"containerDefinitions[]", R"("name": "app", "image": "web:1")"},
      {"containerDefinitions[].environment[]", R"("name": "A")"},
      {"containerDefinitions[].secrets[]", R"("name": "A", "valueFrom": "db:a")"},
      {"containerDefinitions[].environmentFiles[]", R"("value": "web:env")"},
      {"containerDefinitions[].envFrom[].secretRef", R"("name": "db")"},
      {"containerDefinitions[].envFrom[].configMapRef", R"("name": "web")"},
      {"containerDefinitions[].configFiles[]", R"("containerPath": "/etc/app")"},
      {"containerDefinitions[].configFiles[].secretRef", R"("name": "db")"},
      {"containerDefinitions[].configFiles[].configMapRef", R"("name": "web")"},
      {"containerDefinitions[].configFiles[].items[]", R"("key": "a")"},
      {"containerDefinitions[].portMappings[]", R"("containerPort": 80)"},
      {"containerDefinitions[].dependsOn[]", R"("containerName": "db")"},
      {"containerDefinitions[].healthCheck", R"("command": ["CMD", "true"])"},
      {"containerDefinitions[].readinessCheck", R"("command": ["CMD", "true"])"},
      {"containerDefinitions[].linuxParameters.tmpfs[]", R"("containerPath": "/run", "size": 16)"},
      {"containerDefinitions[].ulimits[]", R"("name": "core")"},
      {"containerDefinitions[].logConfiguration", R"("logDriver": "syslog")"},
      {"containerDefinitions[].logConfiguration.secretOptions[]", R"("name": "a", "valueFrom": "db:a")"},
      {"containerDefinitions[].resourceRequirements[]", R"("type": "GPU", "value": "1")"},
      {"containerDefinitions[].restartPolicy", R"("enabled": true)"},
      {"containerDefinitions[].mountPoints[]", R"("sourceVolume": "data", "containerPath": "/data")"},
      {"containerDefinitions[].volumesFrom[]", R"("sourceContainer": "db")"},
      {"containerDefinitions[].systemControls[]", R"("namespace": "net.core.somaxconn", "value": "1")"},
      {"containerDefinitions[].linuxParameters.devices[]", R"("hostPath": "/dev/fuse")"},
      {"volumes[]", R"("name": "data")"},
      {"containerDefinitions[].extraHosts[]", R"("hostname": "x", "ipAddress": "10.0.0.1")"},
  };
  const auto found = values.find(container);
  return found == values.end() ? std::string() : found->second;
}

// Puts `member` with `value` into a map that has what must stand beside it.
Node with_member(std::string_view container, std::string_view name, const Node& value) {
  Node map = testing::json(str('{', beside(container), '}'));
  map.at(name) = value;
  return map;
}

// A whole definition that has `value` at the path.
Node definition_with(std::string_view path, const Node& value) {
  const auto dot = path.rfind('.');
  if (dot == std::string_view::npos) return with_member("", path, value);
  std::string_view parent = path.substr(0, dot);
  Node inner = with_member(parent, path.substr(dot + 1), value);
  if (parent.ends_with("[]")) {
    Node list = Node::list();
    list.items.push_back(std::move(inner));
    inner = std::move(list);
    parent.remove_suffix(2);
  }
  return definition_with(parent, inner);
}

// "containerDefinitions[].cpu" -> "containerDefinitions[0].cpu".
std::string in_document(std::string_view path) {
  std::string out;
  for (const char letter : path) {
    if (letter == ']') out += '0';
    out += letter;
  }
  return out;
}

class Row : public ::testing::TestWithParam<FieldRule> {};

TEST_P(Row, IsTranslatedAsTheTableSays) {
  const FieldRule& rule = GetParam();
  const Node node = definition_with(rule.path, testing::json(sample_value(rule.path)));
  std::vector<Warning> warnings;
  const auto object = from_ecs(node, warnings);
  const std::string place = in_document(rule.path);
  switch (rule.support) {
    case Support::supported:
      ASSERT_TRUE(object.ok()) << object.error().text();
      EXPECT_TRUE(warnings.empty()) << warnings[0].message;
      break;
    case Support::accepted:
      ASSERT_TRUE(object.ok()) << object.error().text();
      ASSERT_EQ(warnings.size(), 1U);
      EXPECT_EQ(warnings[0].field, place);
      EXPECT_EQ(warnings[0].message, rule.sentence);
      break;
    case Support::output_only:
      ASSERT_TRUE(object.ok()) << object.error().text();
      ASSERT_EQ(warnings.size(), 1U);
      EXPECT_THAT(warnings[0].message, HasSubstr(place));
      break;
    case Support::refused:
      ASSERT_FALSE(object.ok());
      ASSERT_EQ(object.error().causes.size(), 1U) << object.error().text();
      EXPECT_EQ(object.error().causes[0].field, place);
      EXPECT_EQ(object.error().causes[0].message, rule.sentence);
      break;
  }
}

TEST_P(Row, IsSilentWhenItIsEmpty) {
  const FieldRule& rule = GetParam();
  if (rule.support == Support::supported) return;
  for (const std::string_view empty : {"null", "false", "\"\"", "[]", "{}", "{\"a\": []}"}) {
    std::vector<Warning> warnings;
    const auto object = from_ecs(definition_with(rule.path, testing::json(std::string(empty))), warnings);
    EXPECT_TRUE(object.ok()) << empty << ": " << object.error().text();
    EXPECT_TRUE(warnings.empty()) << empty;
  }
}

std::string name_of_row(const ::testing::TestParamInfo<FieldRule>& info) {
  std::string name;
  for (const char letter : info.param.path) {
    if (letter == '.') name += '_';
    if (letter != '.' && letter != '[' && letter != ']') name += letter;
  }
  return name;
}

std::vector<FieldRule> all_rows() {
  return {field_rules().begin(), field_rules().end()};
}

INSTANTIATE_TEST_SUITE_P(Table, Row, ::testing::ValuesIn(all_rows()), name_of_row);

TEST(Fields, PathsAreUniqueAndHaveTheirParents) {
  std::set<std::string_view> seen;
  for (const FieldRule& rule : field_rules()) {
    EXPECT_TRUE(seen.insert(rule.path).second) << rule.path;
    const auto dot = rule.path.rfind('.');
    if (dot == std::string_view::npos) continue;
    std::string_view parent = rule.path.substr(0, dot);
    if (parent.ends_with("[]")) parent.remove_suffix(2);
    EXPECT_TRUE(seen.contains(parent)) << rule.path << " stands before or without " << parent;
  }
  EXPECT_EQ(find_rule("containerDefinitions[].nonsense"), nullptr);
}

// Adds the paths of all fields that a description has.
void collect(const Type& type, const std::string& path, std::set<std::string>& out) {
  switch (type.shape) {
    case Shape::optional: return collect(*type.element(), path, out);
    case Shape::list: return collect(*type.element(), path + "[]", out);
    case Shape::object:
      for (const Field& field : type.fields) {
        const std::string inner = path.empty() ? std::string(field.name) : str(path, '.', field.name);
        out.insert(inner);
        collect(*field.type(), inner, out);
      }
      return;
    case Shape::boolean:
    case Shape::integer:
    case Shape::string:
    case Shape::time:
    case Shape::duration:
    case Shape::enumeration:
    case Shape::raw:
    case Shape::map: return;
  }
}

TEST(Fields, WhatIsSupportedIsWhatIsDescribed) {
  std::set<std::string> described;
  collect(*type_of<TaskDefinitionSpec>(), "", described);
  std::set<std::string> supported;
  for (const FieldRule& rule : field_rules()) {
    if (rule.support == Support::supported) supported.insert(std::string(rule.path));
  }
  EXPECT_EQ(described, supported);
}

TEST(Fields, TheTableOfTheReadme) {
  const std::string table = fields_markdown();
  for (const FieldRule& rule : field_rules()) EXPECT_THAT(table, HasSubstr(str("| `", rule.path, "` | ")));
}

}  // namespace
}  // namespace muster::ecs
