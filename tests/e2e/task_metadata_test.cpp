// What a container learns of itself and its task at ECS_CONTAINER_METADATA_URI_V4, asked from inside of it.
#include <set>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "tests/e2e/engine_test.h"

namespace muster::testing {
namespace {

class TaskMetadata : public EngineTest {
 protected:
  // A task of two containers in this network mode.
  void run(const std::string& name, const std::string& mode) {
    process_.apply(str("apiVersion: v1\nkind: Secret\nmetadata: {name: ", name, "}\nstringData: {word: hunter2}\n---\n",
                       "apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: ", name,
                       "}\nspec:\n  networkMode: ", mode,
                       "\n  containerDefinitions:\n"
                       "    - {name: app, image: \"muster-test:busybox\", memory: 32, cpu: 64, command: [sh, -c, \"",
                       stay, "\"], secrets: [{name: WORD, valueFrom: \"", name, ":word\"}]}\n",
                       "    - {name: beside, image: \"muster-test:busybox\", memory: 16, command: [sh, -c, \"", stay,
                       "\"]}\n---\n"));
    process_.apply(service(name, 1));
    process_.must({"rollout", "status", "service/" + name});
  }
  std::string container(const std::string& name, const std::string& which) {
    const std::vector<Node> tasks = process_.list("tasks", "muster.dev/service=" + name);
    EXPECT_FALSE(tasks.empty());
    for (const Node& task : tasks) {
      if (text_at(task, "status.lastStatus") != "RUNNING") continue;
      for (const Node& each : task.find("status")->find("containers")->items) {
        if (each.text_of("name") == which) return std::string(each.text_of("runtimeId"));
      }
    }
    return {};
  }
  static Ran inside(const std::string& id, const std::string& command) {
    return docker({"exec", id, "sh", "-c", command});
  }
  // The answer to a route, asked by the container itself.
  static Node ask(const std::string& id, const std::string& route) {
    const Ran ran = inside(id, "wget -q -O - \"$ECS_CONTAINER_METADATA_URI_V4" + route + "\"");
    EXPECT_EQ(ran.code, 0) << route << ": " << ran.err;
    const auto answer = parse_json(ran.out);
    EXPECT_TRUE(answer.ok()) << ran.out;
    EXPECT_EQ(ran.out.find("hunter2"), std::string::npos) << "no Secret is in it";
    return answer.ok() ? *answer : Node();
  }
  static constexpr std::string_view stay = "trap 'exit 0' TERM; while true; do sleep 0.2; done";
};

TEST_F(TaskMetadata, IsToldToContainersOfABridge) {
  process_.start_dev(options());
  run("web", "bridge");
  const std::string app = container("web", "app"), beside = container("web", "beside");
  ASSERT_FALSE(app.empty());
  const Node own = ask(app, "");
  EXPECT_EQ(own.text_of("Name"), "app");
  EXPECT_EQ(own.text_of("DockerId"), app);
  EXPECT_EQ(own.text_of("KnownStatus"), "RUNNING");
  EXPECT_EQ(text_at(own, "Limits.Memory"), "32");
  EXPECT_EQ(own.find("Networks")->items.at(0).text_of("NetworkMode"), "bridge");
  EXPECT_EQ(own.find("Networks")->items.at(0).find("IPv4Addresses")->items.at(0).text + "\n",
            docker({"inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", app}).out);
  EXPECT_EQ(ask(beside, "").text_of("Name"), "beside");

  const Node task = ask(app, "/task");
  EXPECT_EQ(task.text_of("Family"), "web");
  EXPECT_EQ(task.text_of("Revision"), "1");
  EXPECT_EQ(task.text_of("ServiceName"), "web");
  EXPECT_EQ(task.text_of("KnownStatus"), "RUNNING");
  EXPECT_EQ(task.find("Containers")->items.size(), 2U);
  EXPECT_TRUE(
      eventually([&] { return inside(app, "wget -q -O /dev/null $ECS_CONTAINER_METADATA_URI_V4/stats").code == 0; }));
  const Node stats = ask(app, "/stats");
  EXPECT_EQ(stats.text_of("id"), app);
  EXPECT_GT(stats.find("memory_stats")->find("usage")->integer, 0);
  const Node all = ask(app, "/task/stats");
  EXPECT_NE(all.find(beside), nullptr);

  // Another id is nobody's, and what ids there are nobody learns.
  EXPECT_NE(inside(app, "wget -q -O - ${ECS_CONTAINER_METADATA_URI_V4%?}0x").code, 0);
  EXPECT_NE(inside(app, "wget -q -O - ${ECS_CONTAINER_METADATA_URI_V4%/*}/").code, 0);
  process_.stop();
}

TEST_F(TaskMetadata, OutlivesTheAgent) {
  process_.start_dev(options());
  run("web", "bridge");
  const std::string app = container("web", "app");
  const std::string uri = inside(app, "echo $ECS_CONTAINER_METADATA_URI_V4").out;
  process_.stop();
  EXPECT_NE(inside(app, "wget -q -T 2 -O - $ECS_CONTAINER_METADATA_URI_V4").code, 0) << "nobody is there";
  process_.start_dev(options());
  EXPECT_TRUE(
      eventually([&] { return inside(app, "wget -q -O /dev/null $ECS_CONTAINER_METADATA_URI_V4/task").code == 0; }));
  EXPECT_EQ(container("web", "app"), app) << "it is the same container";
  EXPECT_EQ(ask(app, "/task").text_of("Family"), "web");
  EXPECT_EQ(process_.daemon().err().find(trim(uri)), std::string::npos) << "ids are not logged";
  process_.stop();
}

TEST_F(TaskMetadata, IsToldOnTheHostsNetworkAndNotWhereThereIsNone) {
  process_.start_dev(options());
  run("hosted", "host");
  EXPECT_EQ(ask(container("hosted", "app"), "/task").text_of("Family"), "hosted");
  run("alone", "none");
  EXPECT_EQ(inside(container("alone", "app"), "echo \"<$ECS_CONTAINER_METADATA_URI_V4>\"").out, "<>\n");
  process_.stop();
}

TEST_F(TaskMetadata, CanBeTurnedOff) {
  Command off = options();
  off.insert(off.end(), {"--task-metadata", "off"});
  process_.start_dev(off);
  run("web", "bridge");
  EXPECT_EQ(inside(container("web", "app"), "echo \"<$ECS_CONTAINER_METADATA_URI_V4>\"").out, "<>\n");
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
