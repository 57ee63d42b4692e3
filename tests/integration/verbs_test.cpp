// What the verbs of daily work do, on plain processes.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

class Verbs : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    process_ = new MusterProcess;
    process_->start_dev({"--driver", "process"});
  }
  static void TearDownTestSuite() {
    process_->stop();
    delete process_;
  }
  static void has(const std::string& text, const std::string& word) {
    EXPECT_NE(text.find(word), std::string::npos) << word << " in:\n" << text;
  }
  static MusterProcess* process_;
};

MusterProcess* Verbs::process_ = nullptr;

TEST_F(Verbs, ApplySaysWhatItDid) {
  const std::string manifest = definition("said", "sleep 1000") + service("said", 0);
  const Ran dry = process_->muster({"apply", "-f", "-", "--dry-run", "server"}, manifest);
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_EQ(process_->muster({"get", "service", "said"}).code, 1) << "a dry run makes nothing";
  EXPECT_EQ(process_->must({"apply", "-f", "-"}, manifest), "taskdefinition/said created\nservice/said created\n");
  EXPECT_EQ(process_->must({"apply", "-f", "-"}, manifest), "taskdefinition/said unchanged\nservice/said unchanged\n");
  const std::string changed = definition("said", "sleep 1000") + service("said", 1);
  EXPECT_EQ(process_->must({"apply", "-f", "-"}, changed), "taskdefinition/said unchanged\nservice/said configured\n");
  process_->must({"delete", "-f", "-"}, changed);
}

TEST_F(Verbs, ARolloutIsPausedResumedAndAborted) {
  const auto manifest = [](const std::string& text) {
    return definition("held", "echo " + text + "; sleep 1000") +
           service("held", 4, "  deploymentConfiguration: {minimumHealthyTime: 300ms, maximumPercent: 125}\n");
  };
  const auto tasks_of = [&](const std::string& revision) {
    const std::string names = process_->must({"get", "tasks", "-o", "name", "--field-selector",
                                              "spec.taskDefinition=" + revision + ",status.lastStatus=RUNNING"});
    return std::count(names.begin(), names.end(), '\n');
  };
  process_->must({"apply", "-f", "-"}, manifest("one"));
  // One that needs an hour to count as healthy.
  const std::string slow =
      definition("slow", "sleep 1000") + service("slow", 1, "  deploymentConfiguration: {minimumHealthyTime: 1h}\n");
  process_->must({"apply", "-f", "-"}, slow);
  EXPECT_TRUE(process_->becomes("services", "slow", "status.taskDefinition", "slow:1"));
  has(process_->muster({"rollout", "abort", "service/slow"}).err, "nothing to go back to");
  process_->must({"delete", "-f", "-"}, slow);
  process_->must({"rollout", "status", "service/held"});
  EXPECT_NE(process_->muster({"rollout", "abort", "service/held"}).err.find("no rollout"), std::string::npos);

  process_->must({"rollout", "pause", "service/held"});
  has(process_->must({"rollout", "pause", "service/held"}), "is paused already");
  process_->must({"apply", "-f", "-"}, manifest("two"));
  process_->must({"scale", "service/held", "--count", "5"});
  EXPECT_TRUE(eventually([&] { return tasks_of("held:1") == 5; }));
  EXPECT_EQ(tasks_of("held:2"), 0) << "no rollout begins";
  has(process_->must({"rollout", "resume", "service/held"}), "resumed");
  process_->must({"rollout", "status", "service/held"});
  EXPECT_EQ(tasks_of("held:2"), 5);

  process_->must({"apply", "-f", "-"}, manifest("three"));
  EXPECT_TRUE(process_->becomes("services", "held", "status.taskDefinition", "held:3"));
  has(process_->must({"rollout", "abort", "service/held"}), "gives up held:3 and goes back to held:2");
  EXPECT_TRUE(process_->becomes("services", "held", "status.taskDefinition", "held:2"));
  process_->must({"wait", "service/held", "--for", "condition=Ready"});
  EXPECT_TRUE(eventually([&] { return tasks_of("held:3") == 0 && tasks_of("held:2") == 4; }));
  has(process_->must({"describe", "service/held"}), "of held:3 was aborted and was rolled back to held:2");
  process_->must({"delete", "-f", "-"}, manifest("three"));
}

TEST_F(Verbs, WhySaysWhatRefusesATask) {
  const std::string manifest =
      "apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: huge}\n"
      "spec: {networkMode: host, containerDefinitions: [{name: app, image: x, memory: 1000000000, command: [sleep, "
      "'1']}]}\n"
      "---\n" +
      service("huge", 2) + definition("small", "sleep 1000") + service("small", 1);
  process_->must({"apply", "-f", "-"}, manifest);
  process_->must({"rollout", "status", "service/small"});
  const std::string about_service = process_->must({"why", "service/huge"});
  has(about_service, "0 of 2 tasks run");
  has(about_service, "2 tasks wait for an instance");
  has(about_service, "It asks for 1000000000 MiB");
  has(about_service, "insufficient memory: needs");
  has(about_service, "The smallest change: dev lacks");
  has(process_->must({"why", "containerinstance/dev"}), "insufficient memory");
  std::string small = process_->must({"get", "tasks", "-l", "muster.dev/service=small", "-o", "name"});
  small = small.substr(0, small.find('\n'));
  const std::string about_task = process_->must({"why", small});
  has(about_task, "is RUNNING on dev");
  has(about_task, "first choice");
  has(process_->must({"why-not", small, "dev"}), "dev can take it, and has it");
  EXPECT_EQ(process_->muster({"why-not", small, "nowhere"}).code, 1);
  EXPECT_EQ(process_->muster({"why", "configmap/x"}).code, 2);
  process_->must({"delete", "-f", "-"}, manifest);
}

TEST_F(Verbs, SecretsAreShownOnlyToWhoAsksForThem) {
  const auto secret = [](const std::string& password) {
    return "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {user: web, password: " + password + "}\n";
  };
  has(process_->must({"apply", "-f", "-"}, secret("hunter2")), "secret/db created");
  has(process_->must({"apply", "-f", "-"}, secret("hunter2")), "secret/db unchanged");
  has(process_->must({"get", "secret", "db"}), "Opaque");
  has(process_->must({"get", "secret", "db", "-o", "yaml"}), "password: aHVudGVyMg==");
  const std::string described = process_->must({"describe", "secret", "db"});
  has(described, R"(password: "7 bytes")");
  const Ran diff = process_->muster({"diff", "-f", "-"}, secret("hunter3"));
  EXPECT_EQ(diff.code, 1) << diff.err;
  has(diff.out, R"=(-  password: "*** (before)")=");
  has(diff.out, R"=(+  password: "*** (after)")=");
  const Ran refused = process_->muster({"apply", "-f", "-"}, secret("471147"));
  EXPECT_NE(refused.code, 0);
  for (const std::string& text : {described, diff.out, diff.err, refused.out, refused.err}) {
    for (const char* value : {"hunter", "aHVudGVy", "471147"}) {
      EXPECT_EQ(text.find(value), std::string::npos) << text;
    }
  }
  process_->must({"delete", "secret/db"});
}

TEST_F(Verbs, TaskAppliedTwiceIsUnchanged) {
  const std::string task =
      "apiVersion: muster.dev/v1beta1\nkind: Task\nmetadata: {name: again}\nspec: {taskDefinition: again}\n";
  const std::string manifest = definition("again", "exec sleep 1000") + task;
  has(process_->must({"apply", "-f", "-"}, manifest), "task/again created");
  ASSERT_TRUE(process_->becomes("task", "again", "status.lastStatus", "RUNNING"));
  has(process_->must({"apply", "-f", "-"}, manifest), "task/again unchanged");
  process_->must({"delete", "task/again"});
}

TEST_F(Verbs, RolloutStatusFollowsAndUndoGoesBack) {
  process_->apply(definition("roll", "exec sleep 1000") + service("roll", 2));
  has(process_->must({"rollout", "status", "service/roll"}), "roll:1");
  process_->apply(definition("roll", "exec sleep 2000"));
  has(process_->must({"rollout", "status", "service/roll"}), "roll:2");
  EXPECT_TRUE(process_->becomes("service", "roll", "status.taskDefinition", "roll:2"));
  process_->must({"rollout", "undo", "service/roll"});
  process_->must({"rollout", "status", "service/roll"});
  EXPECT_TRUE(process_->becomes("service", "roll", "status.taskDefinition", "roll:1"));
  process_->must({"rollout", "restart", "service/roll"});
  process_->must({"rollout", "status", "service/roll"});
  process_->must({"scale", "service/roll", "--count", "1"});
  EXPECT_TRUE(process_->becomes("service", "roll", "status.runningCount", "1"));
  process_->must({"delete", "service/roll"});
  EXPECT_EQ(process_->muster({"rollout", "status", "service/roll"}).code, 1);
}

TEST_F(Verbs, EcsTaskDefinitionIsTakenAsItIs) {
  const std::string json = R"({"family":"ecs","containerDefinitions":[{"name":"app","image":"x","memory":16,"cpu":8,)"
                           R"("command":["sh","-c","echo from $WHO"],"environment":[{"name":"WHO","value":"ecs"}]}]})";
  write_text(process_->home() + "/taskdef.json", json);
  has(process_->must({"apply", "-f", process_->home() + "/taskdef.json"}), "taskdefinition/ecs created");
  has(process_->must({"apply", "-f", process_->home() + "/taskdef.json"}), "taskdefinition/ecs unchanged");
  const Ran ran = process_->muster({"run", "ecs", "--wait"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::string run = ran.out.substr(0, ran.out.find(' '));
  EXPECT_EQ(process_->must({"logs", run}), "from ecs\n");
}

TEST_F(Verbs, RunWaitPassesTheExitCodeOn) {
  process_->apply(definition("job", "exit 7"));
  EXPECT_EQ(process_->muster({"run", "job", "--wait"}).code, 7);
  EXPECT_EQ(process_->muster({"run", "job", "--wait", "--", "sh", "-c", "exit 0"}).code, 0);
  EXPECT_EQ(process_->muster({"run", "job", "--wait", "-e", "CODE=9", "--", "sh", "-c", "exit $CODE"}).code, 9);
  EXPECT_EQ(process_->muster({"run", "nothing", "--wait"}).code, 1);
}

TEST_F(Verbs, LogsWithTail) {
  process_->apply(definition("talk", "for i in 1 2 3 4 5; do echo line $i; done; exec sleep 1000") +
                  "apiVersion: muster.dev/v1beta1\nkind: Task\nmetadata: {name: talk}\nspec: {taskDefinition: talk}\n");
  ASSERT_TRUE(process_->becomes("task", "talk", "status.lastStatus", "RUNNING"));
  ASSERT_TRUE(eventually([&] { return process_->muster({"logs", "talk"}).out.find("line 5") != std::string::npos; }));
  EXPECT_EQ(process_->must({"logs", "talk"}), "line 1\nline 2\nline 3\nline 4\nline 5\n");
  EXPECT_EQ(process_->must({"logs", "task/talk", "--tail", "2"}), "line 4\nline 5\n");
  EXPECT_EQ(process_->must({"logs", "talk", "-c", "app", "--tail", "0"}), "");
  EXPECT_EQ(process_->muster({"logs", "talk", "-c", "wheel"}).code, 1);

  BackgroundProcess follow({std::getenv("MUSTER_BINARY"), "logs", "talk", "-f", "--tail", "1"},
                           process_->environment());
  EXPECT_TRUE(eventually([&] { return follow.out() == "line 5\n"; })) << follow.out() << follow.err();
  process_->must({"delete", "task/talk"});
  follow.wait();
}

TEST_F(Verbs, EventsAndDescribeTellTheStory) {
  process_->apply(definition("story", "exec sleep 1000") + service("story", 1));
  ASSERT_TRUE(process_->becomes("service", "story", "status.runningCount", "1"));
  EXPECT_TRUE(
      eventually([&] { return process_->must({"events"}).find("has reached a steady state") != std::string::npos; }));
  const std::string text = process_->must({"describe", "service/story"});
  for (const char* word : {"Tasks wanted:", "story:1", "RUNNING", "has started 1 task"}) has(text, word);
  process_->must({"delete", "service/story"});
}

TEST_F(Verbs, LabelAnnotateAndPatchChangeWhatTheyName) {
  process_->apply(definition("tagged", "sleep 1000") + service("tagged", 0));
  EXPECT_EQ(process_->must({"label", "service/tagged", "team=blue", "tier=web"}), "service/tagged labelled\n");
  EXPECT_EQ(process_->must({"label", "service/tagged", "team=blue"}), "service/tagged unchanged\n");
  const Ran refused = process_->muster({"label", "service/tagged", "team=red"});
  EXPECT_EQ(refused.code, 1);
  has(refused.err, "has team=blue already; --overwrite replaces it");
  process_->must({"label", "service/tagged", "team=red", "tier-", "--overwrite"});
  Node stored = process_->get("service", "tagged");
  EXPECT_EQ(text_at(stored, "metadata.labels.team"), "red");
  EXPECT_EQ(stored.find("metadata")->find("labels")->find("tier"), nullptr);
  EXPECT_EQ(process_->must({"annotate", "service/tagged", "example.org/on-call=ann"}), "service/tagged annotated\n");
  has(process_->must({"get", "service", "tagged", "-o", "yaml"}), "example.org/on-call: ann");
  EXPECT_EQ(process_->muster({"label", "service/tagged"}).code, 2);

  EXPECT_EQ(process_->must({"patch", "service/tagged", "-p", "spec: {desiredCount: 0, lostAfter: 9s}"}),
            "service/tagged patched\n");
  EXPECT_EQ(process_->must({"patch", "service/tagged", "--type", "json", "-p",
                            R"([{"op": "remove", "path": "/spec/lostAfter"}])"}),
            "service/tagged patched\n");
  EXPECT_EQ(process_->must({"patch", "service/tagged", "-p", "{}"}), "service/tagged unchanged\n");
  EXPECT_EQ(process_->must({"patch", "service/tagged", "-p", "{spec: {lostAfter: 9s}}"}), "service/tagged patched\n");
  EXPECT_EQ(process_->muster({"label", "service/tagged", "x=1", "x-"}).code, 2);
  const Ran some = process_->muster({"label", "service/nobody", "service/tagged", "some=1"});
  EXPECT_EQ(some.code, 1) << "one is not there";
  has(some.out, "service/tagged labelled");
  const Ran wrong = process_->muster({"patch", "service/tagged", "-p", "spec: {desiredCnt: 2}"});
  EXPECT_EQ(wrong.code, 1);
  has(wrong.err, "desiredCnt");
  EXPECT_EQ(process_->muster({"patch", "service/tagged", "-p", "[1"}).code, 2);
  process_->must({"delete", "service/tagged"});
}

TEST_F(Verbs, EditStoresWhatTheEditorSaves) {
  process_->apply(definition("edited", "sleep 1000") + service("edited", 0));
  const auto edit = [&](const std::string& editor) {
    Environment environment = process_->environment();
    environment.emplace_back("MUSTER_EDITOR", editor);
    return run_program({"sh", "-c", R"(exec "${MUSTER_BINARY:-muster}" edit service/edited)"}, environment);
  };
  Ran ran = edit("true");
  EXPECT_EQ(ran.code, 0) << ran.err;
  has(ran.out, "service/edited not changed");
  ran = edit(
      "sed -i 's/minimumHealthyPercent: 100/minimumHealthyPercent: 50/; s/desiredCount: 0/desiredCount: 0\\n  "
      "lostAfter: 7s/'");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(text_at(process_->get("service", "edited"), "spec.lostAfter"), "7s");
  // Refused twice with the same text: given up, and nothing is stored.
  ran = edit(R"(sed -i 's/lostAfter: "7s"/lostAfter: soon/')");
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(text_at(process_->get("service", "edited"), "spec.lostAfter"), "7s");
  // What was written is not lost, and nobody else's to read.
  constexpr std::string_view says = "Your text is in ";
  ASSERT_NE(ran.err.find(says), std::string::npos) << ran.err;
  std::string kept = ran.err.substr(ran.err.find(says) + says.size());
  kept = kept.substr(0, kept.find('\n'));
  const auto mode = std::filesystem::status(kept).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write) << kept;
  std::ifstream text(kept);
  has(std::string(std::istreambuf_iterator<char>(text), {}), "lostAfter: soon");
  std::filesystem::remove(kept);
  // Also of an editor that adds the same complaint's lines again and again.
  ran = edit(R"(sh -c 'sed -i "s/^# Save.*/# seen/; s/lostAfter: \"7s\"/lostAfter: soon/" "$1"' x)");
  EXPECT_EQ(ran.code, 1);
  kept = ran.err.substr(ran.err.find(says) + says.size());
  std::filesystem::remove(kept.substr(0, kept.find('\n')));
  ran = edit("false");
  EXPECT_EQ(ran.code, 1);
  has(ran.err, "did not end well");
  process_->must({"delete", "service/edited"});
}

TEST_F(Verbs, DrainMovesTasksAndSaysWhatStays) {
  MusterProcess two;
  two.start_dev({"--driver", "simulated", "--agents", "2"});
  two.apply(definition("web", "sleep 1000") + service("web", 4));
  ASSERT_TRUE(two.becomes("service", "web", "status.runningCount", "4"));
  const std::vector<Node> instances = two.list("containerinstances");
  ASSERT_EQ(instances.size(), 2U);
  const std::string first = text_at(instances[0], "metadata.name");
  const std::string second = text_at(instances[1], "metadata.name");
  const std::string said = two.must({"drain", first});
  has(said, "containerinstance/" + first + " is DRAINING");
  has(said, "no task left");
  for (const Node& task : two.list("tasks")) {
    if (text_at(task, "status.lastStatus") != "RUNNING") continue;
    EXPECT_EQ(text_at(task, "spec.containerInstance"), second);
  }
  const Ran blocked = two.muster({"drain", "containerinstance/" + second, "--timeout", "1s"});
  EXPECT_EQ(blocked.code, 1);
  has(blocked.err, "4 tasks stayed");
  has(blocked.err, "service:web: ");
  EXPECT_EQ(two.must({"uncordon", first, second}),
            "containerinstance/" + first + " uncordoned\ncontainerinstance/" + second + " uncordoned\n");
  EXPECT_EQ(two.must({"cordon", first}), "containerinstance/" + first + " cordoned\n");
  EXPECT_EQ(text_at(two.get("containerinstance", first), "spec.unschedulable"), "true");
  two.must({"uncordon", first});
  EXPECT_TRUE(two.becomes("service", "web", "status.runningCount", "4"));
  EXPECT_EQ(two.muster({"drain"}).code, 2);
  EXPECT_EQ(two.muster({"drain", "service/web"}).code, 2);
  two.stop();
}

}  // namespace
}  // namespace muster::testing
