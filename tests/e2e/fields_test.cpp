// What a task definition asks of its host, seen from inside the containers and by `docker inspect`.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "api/base/text.h"
#include "tests/e2e/engine_test.h"
#include "tests/support/temporary_directory.h"

namespace muster::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Fields : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) process_.start_dev(options());
  }
  void TearDown() override {
    process_.stop();
    EngineTest::TearDown();
  }

  // Applies a definition NAME with these fields of its spec, in YAML, and a task NAME of it.
  void run(const std::string& name, const std::string& spec, const std::string& task = "") {
    process_.apply(str("apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: ", name, "}\nspec:\n",
                       spec, "\n---\napiVersion: muster.dev/v1beta1\nkind: Task\nmetadata: {name: ", name,
                       "}\nspec: {taskDefinition: ", name, task, "}\n"));
  }
  // One container of a definition: a shell command, and more fields, each line indented by four.
  static std::string container(const std::string& name, const std::string& command, const std::string& more = "") {
    return str("  - name: ", name, "\n    image: ", DockerEngine::image,
               "\n    memory: 16\n    command:\n    - sh\n    - -c\n    - |\n      ", command, "\n", more);
  }
  // Once it has printed the line "end".
  std::string output(const std::string& task, const std::string& name) {
    std::string text;
    EXPECT_TRUE(eventually([&] {
      const Ran ran = process_.muster({"logs", "task/" + task, "-c", name});
      text = ran.out + ran.err;
      return text.find("end\n") != std::string::npos;
    })) << task
        << '/' << name << ": " << text << process_.must({"get", "task", task, "-o", "yaml"});
    return text;
  }
  std::string stopped_reason(const std::string& task) {
    EXPECT_TRUE(process_.becomes("task", task, "status.lastStatus", "STOPPED"));
    return text_at(process_.get("task", task), "status.stoppedReason");
  }
  std::string inspect(const std::string& task, const std::string& name, const std::string& format) {
    const std::string id = docker({"ps", "-aq", "--filter", "label=muster.dev/task=" + task, "--filter",
                                   "label=muster.dev/container=" + name})
                               .out;
    return std::string(trim(docker({"inspect", "-f", format, std::string(trim(id))}).out));
  }
  static std::vector<std::string> volumes() { return lines_of(docker({"volume", "ls", "-q"}).out); }

  TemporaryDirectory directory_;
};

constexpr const char* wait = "echo end; trap 'exit 0' TERM; sleep 1000 & wait";

TEST_F(Fields, Volumes) {
  const std::string there = directory_ / "there";
  const std::string missing = directory_ / "made/by/docker";
  std::filesystem::create_directory(there);
  std::ofstream(there + "/file") << "from the host\n";
  const std::string both =
      container("writer",
                "echo own >/own/x; echo fresh >/fresh/x; echo kept >>/kept/x; echo missing >/missing/x; "
                "echo no >/there/file || echo read-only",
                "    essential: false\n"
                "    mountPoints:\n"
                "    - {sourceVolume: own, containerPath: /own}\n"
                "    - {sourceVolume: fresh, containerPath: /fresh}\n"
                "    - {sourceVolume: there, containerPath: /there, readOnly: true}\n"
                "    - {sourceVolume: missing, containerPath: /missing}\n"
                "    - {sourceVolume: kept, containerPath: /kept}\n") +
      container("reader", str("cat /own/x /fresh/x /there/file /kept/x; echo >/own/y || echo read-only; ", wait),
                "    dependsOn: [{containerName: writer, condition: SUCCESS}]\n"
                "    volumesFrom: [{sourceContainer: writer, readOnly: true}]\n");
  const std::string spec =
      str("  volumes:\n"
          "  - {name: own, dockerVolumeConfiguration: {scope: task, labels: {team: blue}}}\n"
          "  - {name: fresh}\n"
          "  - {name: kept, dockerVolumeConfiguration: {scope: shared, autoprovision: true}}\n"
          "  - {name: there, host: {sourcePath: ",
          there, "}}\n  - {name: missing, host: {sourcePath: ", missing, "}}\n  containerDefinitions:\n", both);
  run("volumes", spec);
  const std::string out = output("volumes", "reader");
  EXPECT_THAT(out, HasSubstr("own\nfresh\nfrom the host\nkept\n"));
  EXPECT_THAT(out, HasSubstr("read-only\n"));
  EXPECT_THAT(process_.must({"logs", "task/volumes", "-c", "writer"}), HasSubstr("read-only\n"));
  EXPECT_TRUE(std::filesystem::exists(missing + "/x"));
  const std::string uid = text_at(process_.get("task", "volumes"), "metadata.uid");
  EXPECT_THAT(volumes(), ElementsAre("kept", "muster-volumes-1-fresh-" + uid, "muster-volumes-1-own-" + uid));
  EXPECT_EQ(trim(docker({"volume", "inspect", "-f", "{{.Labels.team}}", "muster-volumes-1-own-" + uid}).out), "blue");

  process_.must({"delete", "task/volumes"});
  EXPECT_TRUE(eventually([] { return volumes() == std::vector<std::string>{"kept"}; }));
  EXPECT_THAT(containers("-a"), IsEmpty());
  run("volumes", spec);
  EXPECT_THAT(output("volumes", "reader"), HasSubstr("kept\nkept\n")) << "a shared volume keeps its data";
  process_.must({"delete", "task/volumes"});
  EXPECT_TRUE(eventually([] { return volumes() == std::vector<std::string>{"kept"}; }));
  docker({"volume", "rm", "kept"});
}

TEST_F(Fields, VolumesThatCannotBeHad) {
  std::ofstream(directory_ / "file") << "a file";
  const std::string path = directory_ / "file/below";
  const auto mounting = [](const std::string& volume) {
    return str("  volumes: [", volume, "]\n  containerDefinitions:\n",
               container("app", wait, "    mountPoints: [{sourceVolume: data, containerPath: /data}]\n"));
  };
  run("below-a-file", mounting(str("{name: data, host: {sourcePath: ", path, "}}")));
  run("absent", mounting("{name: data, dockerVolumeConfiguration: {scope: shared}}"));
  run("driver", mounting("{name: data, dockerVolumeConfiguration: {driver: no-such-driver}}"));
  EXPECT_THAT(stopped_reason("below-a-file"), HasSubstr(path));
  EXPECT_EQ(
      stopped_reason("absent"),
      "CannotCreateVolumeError: this host has no volume data, and its autoprovision is false: make it, or let it be "
      "made by autoprovision");
  EXPECT_THAT(stopped_reason("driver"), HasSubstr("CannotCreateVolumeError"));
  EXPECT_THAT(stopped_reason("driver"), HasSubstr("no-such-driver"));
  for (const char* task : {"below-a-file", "absent", "driver"}) {
    EXPECT_EQ(text_at(process_.get("task", task), "status.stopCode"), "TaskFailedToStart") << task;
  }
  EXPECT_THAT(volumes(), IsEmpty());
}

TEST_F(Fields, Powers) {
  run("powers", str("  pidMode: host\n  ipcMode: host\n  containerDefinitions:\n",
                    container("host", str("readlink /proc/self/ns/ipc; readlink /proc/1/ns/pid; readlink "
                                          "/proc/self/ns/pid; ",
                                          wait)),
                    container("some",
                              str("grep -E 'CapEff|NoNewPrivs' /proc/self/status; cat /proc/sys/net/core/somaxconn; "
                                  "ls -l /dev/other; ",
                                  wait),
                              "    linuxParameters:\n"
                              "      capabilities: {add: [NET_ADMIN], drop: [KILL, CHOWN]}\n"
                              "      devices: [{hostPath: /dev/null, containerPath: /dev/other, permissions: [read]}]\n"
                              "    systemControls: [{namespace: net.core.somaxconn, value: \"77\"}]\n"
                              "    dockerSecurityOptions: [no-new-privileges]\n")));
  const std::string host = output("powers", "host");
  EXPECT_THAT(host, HasSubstr(std::filesystem::read_symlink("/proc/self/ns/ipc").string() + "\n"));
  EXPECT_THAT(host, HasSubstr(std::filesystem::read_symlink("/proc/self/ns/pid").string() + "\n"));
  const std::string some = output("powers", "some");
  // The engine's default a80425fb with NET_ADMIN (bit 12), without KILL (bit 5) and CHOWN (bit 0).
  EXPECT_THAT(some, HasSubstr("CapEff:\t00000000a80435da\n"));
  EXPECT_THAT(some, HasSubstr("NoNewPrivs:\t1\n"));
  EXPECT_THAT(some, HasSubstr("\n77\n"));
  EXPECT_THAT(some, HasSubstr("crw-rw-rw-"));
  EXPECT_EQ(inspect("powers", "some", "{{json .HostConfig.Devices}}"),
            R"([{"PathOnHost":"/dev/null","PathInContainer":"/dev/other","CgroupPermissions":"r"}])");

  // A machine that is a container itself may not be able to give all powers; the engine then says so.
  run("privileged", "  containerDefinitions:\n" +
                        container("app", str("grep CapEff /proc/self/status; ", wait), "    privileged: true\n"));
  if (docker({"run", "--rm", "--privileged", DockerEngine::image, "true"}).code == 0) {
    EXPECT_THAT(output("privileged", "app"), Not(HasSubstr("CapEff:\t00000000a80425fb")));
    EXPECT_EQ(inspect("privileged", "app", "{{.HostConfig.Privileged}}"), "true");
  } else {
    EXPECT_THAT(stopped_reason("privileged"), HasSubstr("unable to apply caps"));
  }
}

TEST_F(Fields, NamespacesOfTheTask) {
  const std::string look = "readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc; ";
  run("together", str("  pidMode: task\n  ipcMode: task\n  containerDefinitions:\n",
                      container("joins", str(look, "until ps | grep -q 12[3]45; do sleep 0.1; done; ", wait),
                                "    essential: false\n"),
                      container("holds", str(look, "sleep 12345 & ", wait))));
  EXPECT_EQ(output("together", "joins"), output("together", "holds"));
  EXPECT_EQ(inspect("together", "holds", "{{.HostConfig.IpcMode}}"), "shareable");
  process_.must({"delete", "task/together"});
  EXPECT_TRUE(eventually([] { return EngineTest::containers("-a").empty(); }));
}

TEST_F(Fields, NetworkAndPorts) {
  run("ports", "  containerDefinitions:\n" +
                   container("ports", str("mkdir /w; echo range >/w/index.html; httpd -p 8003 -h /w; ", wait),
                             "    portMappings: [{containerPortRange: 8000-8004}, {containerPort: 80}]\n") +
                   container("alone", str("ip -o link; ", wait), "    disableNetworking: true\n"));
  const std::string alone = output("ports", "alone");
  EXPECT_THAT(alone, HasSubstr(": lo:"));
  EXPECT_THAT(alone, Not(HasSubstr("eth0")));
  output("ports", "ports");
  Node binding;
  EXPECT_TRUE(eventually([&] {
    const Node task = process_.get("task", "ports");
    for (const char* path : {"status.containers.0.networkBindings", "status.containers.1.networkBindings"}) {
      for (const char* at : {".0", ".1"}) {
        if (text_at(task, str(path, at, ".containerPortRange")) != "8000-8004") continue;
        binding = Node::of(text_at(task, str(path, at, ".hostPortRange")));
        return true;
      }
    }
    return false;
  })) << process_.must({"get", "task", "ports", "-o", "yaml"});
  const auto first = parse_int(binding.text.substr(0, binding.text.find('-')));
  ASSERT_TRUE(first) << binding.text;
  EXPECT_EQ(binding.text, str(*first, '-', *first + 4));
  EXPECT_THAT(inspect("ports", "ports", "{{json .HostConfig.PortBindings}}"),
              HasSubstr(str(R"("8004/tcp":[{"HostIp":"","HostPort":")", *first + 4)));
  const Ran answer = run_program({"curl", "-sS", "--max-time", "10", str("http://127.0.0.1:", *first + 3, "/")});
  EXPECT_EQ(answer.out, "range\n") << answer.err;
}

TEST_F(Fields, LogDrivers) {
  run("logs", "  containerDefinitions:\n" + container("plain", str("echo here; ", wait)) +
                  container("local", str("echo local; ", wait),
                            "    logConfiguration: {logDriver: local, options: {max-size: 1m}}\n") +
                  container("far", str("echo far; ", wait),
                            "    logConfiguration: {logDriver: syslog, options: {syslog-address: "
                            "\"udp://127.0.0.1:9\", mode: non-blocking}}\n") +
                  container("none", wait, "    logConfiguration: {logDriver: none}\n"));
  EXPECT_THAT(output("logs", "plain"), HasSubstr("here\n"));
  EXPECT_THAT(output("logs", "local"), HasSubstr("local\n"));
  EXPECT_THAT(output("logs", "far"), HasSubstr("far\n")) << "the engine keeps a copy";
  EXPECT_EQ(inspect("logs", "plain", "{{json .HostConfig.LogConfig}}"),
            R"({"Type":"json-file","Config":{"max-file":"3","max-size":"10m"}})");
  EXPECT_EQ(inspect("logs", "far", "{{json .HostConfig.LogConfig.Config}}"),
            R"({"max-buffer-size":"10m","mode":"non-blocking","syslog-address":"udp://127.0.0.1:9"})");
  ASSERT_TRUE(process_.becomes("task", "logs", "status.lastStatus", "RUNNING"));
  const Ran none = process_.muster({"logs", "task/logs", "-c", "none"});
  EXPECT_NE(none.code, 0);
  EXPECT_THAT(none.err, HasSubstr("log driver \"none\" cannot be read back: look where it sends the output"));
}

TEST_F(Fields, LogOptionsFromSecrets) {
  process_.apply("apiVersion: v1\nkind: Secret\nmetadata: {name: log}\nstringData: {tag: secret-tag}\n");
  run("log-secret", str("  containerDefinitions:\n",
                        container("app", wait,
                                  "    logConfiguration:\n      logDriver: json-file\n      options: {max-size: 1m}\n"
                                  "      secretOptions: [{name: tag, valueFrom: \"log:tag\"}]\n")));
  output("log-secret", "app");
  EXPECT_EQ(inspect("log-secret", "app", "{{json .HostConfig.LogConfig.Config}}"),
            R"({"max-file":"3","max-size":"1m","tag":"secret-tag"})");
  for (const char* verb : {"tasks", "taskdefinitions", "events"}) {
    EXPECT_THAT(process_.must({"get", verb, "-o", "yaml"}), Not(HasSubstr("secret-tag"))) << verb;
  }
  EXPECT_THAT(process_.daemon().err(), Not(HasSubstr("secret-tag")));
  run("log-missing",
      str("  containerDefinitions:\n",
          container(
              "app", wait,
              "    logConfiguration: {logDriver: json-file, secretOptions: [{name: tag, valueFrom: \"gone:a\"}]}\n")));
  EXPECT_EQ(stopped_reason("log-missing"),
            "ResourceInitializationError: Secret \"gone\" in namespace \"default\" does not exist");
}

// The file of the task's control group, whichever kind this host has; empty where it has none.
std::string of_group(const std::string& uid, const std::string& v1, const std::string& v2) {
  const std::string controller = v1.substr(0, v1.find('.'));
  for (const std::string& path :
       {str("/sys/fs/cgroup/", controller, "/muster/", uid, '/', v1), str("/sys/fs/cgroup/muster/", uid, '/', v2)}) {
    std::ifstream file(path);
    if (std::string text; std::getline(file, text)) return text;
  }
  return {};
}

TEST_F(Fields, SizesOfTheTaskHoldAllItsContainersTogether) {
  const auto app = [](const std::string& name, const std::string& command) {
    std::string text = container(name, command);
    return text.replace(text.find("memory: 16"), 10, "memoryReservation: 8");
  };
  // Each alone stays below the task's memory. They begin when they are told to.
  const std::string eat = "echo end; while [ ! -e /shared/go ]; do sleep 0.1; done; tail -c 40m /dev/zero";
  const std::string mounts = "    stopTimeout: 1\n    mountPoints: [{sourceVolume: shared, containerPath: /shared}]\n";
  run("sized", str("  cpu: \"256\"\n  memory: \"64\"\n  volumes: [{name: shared}]\n  containerDefinitions:\n",
                   app("a", eat) + mounts, app("b", eat) + mounts));
  output("sized", "a");
  output("sized", "b");
  const std::string uid = text_at(process_.get("task", "sized"), "metadata.uid");
  const std::string parent = inspect("sized", "a", "{{.HostConfig.CgroupParent}}");
  if (parent.empty()) GTEST_SKIP() << "no control groups can be made here: " << process_.daemon().err();
  EXPECT_EQ(inspect("sized", "b", "{{.HostConfig.CgroupParent}}"), parent);
  if (parent == "/muster/" + uid) {
    EXPECT_EQ(of_group(uid, "memory.limit_in_bytes", "memory.max"), "67108864");
    EXPECT_THAT(of_group(uid, "cpu.cfs_quota_us", "cpu.max"), ::testing::StartsWith("25000"));
  }
  // Its agent, started anew, finds it where it was.
  process_.kill();
  process_.start_dev(options());
  EXPECT_EQ(text_at(process_.get("task", "sized"), "status.lastStatus"), "RUNNING");
  ASSERT_TRUE(eventually([&] {
    return process_.muster({"exec", "task/sized", "-c", "a", "--", "touch", "/shared/go"}).code == 0;
  })) << "once it is connected";
  EXPECT_TRUE(process_.becomes("task", "sized", "status.lastStatus", "STOPPED"))
      << process_.must({"get", "task", "sized", "-o", "yaml"});
  EXPECT_THAT(process_.must({"get", "task", "sized", "-o", "yaml"}), HasSubstr("exitCode: 137"));
  process_.must({"delete", "task/sized"});
  EXPECT_TRUE(eventually([&] {
    return !std::filesystem::exists("/sys/fs/cgroup/memory/muster/" + uid) &&
           !std::filesystem::exists("/sys/fs/cgroup/cpu/muster/" + uid) &&
           !std::filesystem::exists("/sys/fs/cgroup/pids/muster/" + uid) &&
           !std::filesystem::exists("/sys/fs/cgroup/muster/" + uid);
  }));
}

TEST_F(Fields, OverridesAtRunTime) {
  process_.apply(
      "apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: batch}\nspec:\n"
      "  containerDefinitions:\n" +
      container("side", "sleep 1000", "    essential: false\n") +
      container("app", "exit 9", "    cpu: 64\n    environment: [{name: A, value: a}, {name: B, value: b}]\n"));
  const std::string made = process_.must({"run", "batch", "-c", "app", "--wait", "-e", "B=changed", "--cpu", "128",
                                          "--memory", "32", "--memory-reservation", "24", "--overrides",
                                          R"({"containerOverrides": [{"name": "side", "command": ["sleep", "999"]}]})",
                                          "--", "sh", "-c", "echo $A $B; echo end"});
  const std::string task = text_at(process_.list("tasks").front(), "metadata.name");
  EXPECT_EQ(output(task, "app"), "a changed\nend\n") << made;
  EXPECT_EQ(inspect(task, "app", "{{.HostConfig.CpuShares}} {{.HostConfig.Memory}} {{.HostConfig.MemoryReservation}}"),
            "128 33554432 25165824");
  EXPECT_EQ(inspect(task, "side", "{{json .Config.Cmd}} {{.HostConfig.Memory}}"), R"(["sleep","999"] 16777216)");
  const Ran wrong = process_.muster({"run", "batch", "-c", "wheel", "--", "true"});
  EXPECT_NE(wrong.code, 0);
  EXPECT_THAT(wrong.err,
              HasSubstr("\"wheel\": is not a container of the task definition batch:1, which has side, app"));
  const Ran large = process_.muster({"run", "batch", "-c", "app", "--task-memory", "16"});
  EXPECT_NE(large.code, 0);
  EXPECT_THAT(large.err, HasSubstr("spec.overrides.memory"));
}

TEST_F(Fields, NamespaceAllowsNothingUnlessItSaysSo) {
  process_.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: prod}\n");
  const std::string definition =
      str("apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: strong, namespace: prod}\nspec:\n"
          "  networkMode: host\n  containerDefinitions:\n",
          container("app", wait)) +
      "---\n" +
      "{apiVersion: muster.dev/v1beta1, kind: Service, metadata: {name: strong, namespace: prod}, "
      "spec: {taskDefinition: strong, desiredCount: 1}}\n";
  const Ran refused = process_.muster({"apply", "-f", "-"}, definition);
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.err, HasSubstr("spec.networkMode: Forbidden"));
  EXPECT_THAT(refused.err, HasSubstr("namespace \"prod\""));
  EXPECT_THAT(refused.err, HasSubstr("muster.dev/host-access=hostNetwork"));
  const auto allow = [&](const std::string& words) {
    process_.apply(
        str("apiVersion: v1\nkind: Namespace\nmetadata: {name: prod, annotations: {muster.dev/host-access: \"", words,
            "\"}}\n"));
  };
  allow("hostNetwork");
  process_.apply(definition);
  const auto running = [&] {
    return process_.must({"get", "service", "strong", "-n", "prod", "-o", "yaml"}).find("runningCount: 1") !=
           std::string::npos;
  };
  EXPECT_TRUE(eventually(running));
  // What runs goes on, what is new waits and says why.
  allow("none");
  EXPECT_TRUE(running());
  process_.must({"scale", "service/strong", "--count", "2", "-n", "prod"});
  EXPECT_TRUE(eventually([&] {
    const std::string tasks = process_.must({"get", "tasks", "-n", "prod", "-o", "yaml"});
    return tasks.find("which gives power over the host that namespace") != std::string::npos;
  })) << process_.must({"get", "tasks", "-n", "prod", "-o", "yaml"});
  EXPECT_EQ(containers().size(), 1U);
  process_.must({"delete", "service/strong", "-n", "prod"});
}

// Ours: a rollout waits for it, and nothing is stopped because of it.
TEST_F(Fields, AReadinessCheckGatesWithoutKilling) {
  process_.apply(
      "apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: warm}\nspec:\n"
      "  containerDefinitions:\n" +
      container("app", "trap 'exit 0' TERM; sleep 1000 & wait",
                "    readinessCheck: {command: [CMD-SHELL, \"test -f /tmp/warm\"], interval: 5, retries: 1}\n") +
      service("warm", 1).insert(0, "---\n"));
  ASSERT_TRUE(process_.becomes("service", "warm", "status.runningCount", "1"));
  const std::string task = text_at(process_.list("tasks", "muster.dev/service=warm").front(), "metadata.name");
  ASSERT_TRUE(process_.becomes("task", task, "status.readinessStatus", "NOT_READY"));
  EXPECT_EQ(text_at(process_.get("service", "warm"), "status.deployments.0.rolloutState"), "IN_PROGRESS");
  process_.must({"exec", task, "--", "touch", "/tmp/warm"});
  ASSERT_TRUE(process_.becomes("task", task, "status.readinessStatus", "READY"));
  EXPECT_TRUE(process_.becomes("service", "warm", "status.deployments.0.rolloutState", "COMPLETED"));
  process_.must({"exec", task, "--", "rm", "/tmp/warm"});
  ASSERT_TRUE(process_.becomes("task", task, "status.readinessStatus", "NOT_READY"));
  EXPECT_EQ(text_at(process_.get("task", task), "status.lastStatus"), "RUNNING");
}

// ECS: restartPolicy. No shorter period than a minute is allowed, so this takes a little longer than that.
TEST_F(Fields, ARestartPolicyStartsTheSameContainerAgain) {
  run("again",
      "  containerDefinitions:\n" + container("app", "echo run >>/runs; cat /runs; sleep 61; exit 3",
                                              "    restartPolicy: {enabled: true, restartAttemptPeriod: 60}\n"));
  ASSERT_TRUE(process_.becomes("task", "again", "status.lastStatus", "RUNNING"));
  const std::string id = text_at(process_.get("task", "again"), "status.containers.0.runtimeId");
  ASSERT_TRUE(
      eventually([&] { return text_at(process_.get("task", "again"), "status.containers.0.restartCount") == "1"; },
                 std::chrono::seconds(120)));
  EXPECT_EQ(text_at(process_.get("task", "again"), "status.lastStatus"), "RUNNING");
  EXPECT_EQ(text_at(process_.get("task", "again"), "status.containers.0.runtimeId"), id);
  // Its files are still there.
  EXPECT_THAT(process_.must({"logs", "task/again"}), HasSubstr("run\nrun\nrun\n"));
}

}  // namespace
}  // namespace muster::testing
