// Values of Secrets and ConfigMaps inside containers of a real engine, and nowhere else where one could stumble on
// them.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/e2e/engine_test.h"

namespace muster::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* value = "s3cret-of-the-db";

constexpr const char* objects = R"(apiVersion: v1
kind: Secret
metadata: {name: db}
stringData: {password: s3cret-of-the-db, key.pem: s3cret-of-the-db}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {LEVEL: info, env: "FROM_FILE=yes\nLEVEL=file\n", web.conf: "listen 80\n"}
---
)";

// The definition app, and a service of it.
std::string app(const std::string& password_from, const std::string& more = "") {
  return R"(apiVersion: muster.dev/v1beta1
kind: TaskDefinition
metadata: {name: app}
spec:
  containerDefinitions:
    - name: app
      image: muster-test:busybox
      memory: 16
      user: "1000:1000"
      command: [sh, -c, "trap 'exit 0' TERM; sleep 1000 & wait"]
      environment: [{name: PLAIN, value: plain}]
      secrets: [{name: PASSWORD, valueFrom: ")" +
         password_from + R"("}]
      environmentFiles: [{type: configMap, value: "web:env"}]
      envFrom: [{configMapRef: {name: web}}]
      configFiles:
        - {containerPath: /run/db, secretRef: {name: db}, items: [{key: password, path: sub/password}, {key: key.pem}]}
        - {containerPath: /etc/web.conf, configMapRef: {name: web}, key: web.conf, mode: "0444"}
---
apiVersion: muster.dev/v1beta1
kind: Service
metadata: {name: app}
spec: {taskDefinition: app, desiredCount: 1)" +
         more + "}\n";
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Files below the folder in which the text stands.
std::vector<std::string> files_with(const std::string& folder, const std::string& text) {
  std::vector<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && bytes_of(entry.path()).find(text) != std::string::npos) {
      out.push_back(entry.path().string());
    }
  }
  return out;
}

// Command lines of this machine in which the text stands.
std::vector<std::string> commands_with(const std::string& text) {
  std::vector<std::string> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string line = bytes_of(entry.path() / "cmdline");
    if (line.find(text) != std::string::npos) out.push_back(line);
  }
  return out;
}

class Config : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (!IsSkipped() && ::geteuid() != 0) GTEST_SKIP() << "files of other users can be made by root only";
  }
  std::string inside(const std::string& command) {
    const std::set<std::string> all = containers();
    EXPECT_EQ(all.size(), 1U);
    if (all.empty()) return {};
    return docker({"exec", *all.begin(), "sh", "-c", command}).out;
  }
  // Of the one task that runs.
  std::string running_task() {
    for (const Node& task : process_.list("tasks")) {
      if (text_at(task, "status.lastStatus") == "RUNNING") return text_at(task, "metadata.name");
    }
    return {};
  }
};

TEST_F(Config, ContainersHaveValuesAndFiles) {
  process_.start_dev(options());
  process_.apply(objects + app("db:password"));
  ASSERT_TRUE(process_.becomes("service", "app", "status.runningCount", "1")) << process_.must({"get", "tasks"});

  EXPECT_EQ(inside("echo $PLAIN $PASSWORD $FROM_FILE $LEVEL"), std::string("plain ") + value + " yes file\n");
  EXPECT_EQ(inside("cat /run/db/sub/password /run/db/key.pem"), std::string(value) + value);
  EXPECT_EQ(inside("cat /etc/web.conf"), "listen 80\n");
  EXPECT_EQ(inside("stat -c '%a %u:%g' /run/db/key.pem /etc/web.conf"), "400 1000:1000\n444 1000:1000\n");
  EXPECT_EQ(inside("grep ' /run/db ' /proc/mounts | cut -d' ' -f3,4 | cut -d, -f1"), "tmpfs ro\n");
  EXPECT_EQ(inside("grep -c ' /etc/web.conf .* ro[, ]' /proc/mounts"), "1\n");
  EXPECT_EQ(docker({"exec", "-u", "0", *containers().begin(), "sh", "-c", "echo x > /run/db/key.pem; echo $?"}).out,
            "1\n");
  EXPECT_EQ(docker({"exec", "-u", "2000", *containers().begin(), "cat", "/run/db/key.pem"}).out, "");

  const std::string task = running_task();
  for (const Command& verb : {Command{"describe", "task/" + task}, Command{"describe", "service/app"},
                              Command{"get", "tasks", "-o", "yaml"}, Command{"get", "tasksets", "-o", "yaml"},
                              Command{"get", "events", "-o", "yaml"}, Command{"describe", "secret/db"}}) {
    const std::string out = process_.must(verb);
    EXPECT_EQ(out.find(value), std::string::npos) << verb.front() << ": " << out;
    EXPECT_EQ(out.find("czNjcmV0LW9mLXRoZS1kYg"), std::string::npos) << verb.front() << " in base64: " << out;
  }
  const std::string labels =
      docker({"inspect", "-f", "{{json .Config.Labels}} {{json .Path}} {{json .Args}}", *containers().begin()}).out;
  EXPECT_EQ(labels.find(value), std::string::npos) << labels;
  EXPECT_EQ(files_with(process_.data(), value), std::vector<std::string>());
  EXPECT_EQ(commands_with(value), std::vector<std::string>());

  const std::string source =
      lines_of(docker({"inspect", "-f", "{{range .Mounts}}{{println .Source}}{{end}}", *containers().begin()}).out)
          .at(0);
  EXPECT_TRUE(fs::exists(source)) << source;
  process_.must({"delete", "service/app"});
  EXPECT_TRUE(eventually([&] { return !fs::exists(source); })) << source << " stays behind";
  process_.stop();
}

TEST_F(Config, MissingKeyIsNamedAndItsComingHelps) {
  process_.start_dev(options());
  process_.apply(objects + app("db:user"));
  EXPECT_TRUE(eventually([&] {
    for (const Node& task : process_.list("tasks")) {
      const std::string reason = text_at(task, "status.stoppedReason");
      if (reason == "ResourceInitializationError: Secret \"db\" in namespace \"default\" has no key \"user\"")
        return true;
    }
    return false;
  })) << process_.must({"get", "tasks", "-o", "yaml"});
  EXPECT_TRUE(containers("-a").empty());
  process_.apply(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: a, key.pem: b, user: c}\n");
  EXPECT_TRUE(process_.becomes("service", "app", "status.runningCount", "1")) << process_.must({"get", "tasks"});
  EXPECT_EQ(inside("echo $PASSWORD"), "c\n");
  process_.stop();
}

TEST_F(Config, ChangeRollsOutWhereItIsAskedFor) {
  process_.start_dev(options());
  process_.apply(objects + app("db:password", ", deploymentConfiguration: {rolloutOnConfigChange: true}"));
  ASSERT_TRUE(process_.becomes("service", "app", "status.runningCount", "1")) << process_.must({"get", "tasks"});
  const std::string before = running_task();
  process_.apply("apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: rotated, key.pem: b}\n");
  EXPECT_TRUE(eventually([&] {
    const std::set<std::string> all = containers();
    return all.size() == 1 && docker({"exec", *all.begin(), "sh", "-c", "echo $PASSWORD"}).out == "rotated\n";
  })) << process_.must({"get", "tasks"});
  EXPECT_TRUE(eventually([&] { return running_task() != before; })) << process_.must({"get", "tasks"});
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
