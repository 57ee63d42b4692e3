// The command line as scripts and people meet it: exit codes, widths, help.
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

class CommandLine : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    process_ = new MusterProcess;
    process_->start_dev({"--driver", "simulated"});
    process_->apply(definition("web", "sleep 1000") + service("web", 3));
    ASSERT_TRUE(process_->becomes("service", "web", "status.runningCount", "3"));
  }
  static void TearDownTestSuite() {
    process_->stop();
    delete process_;
  }
  static int code(const Command& arguments, const std::string& input = "") {
    return process_->muster(arguments, input).code;
  }
  static MusterProcess* process_;
};

MusterProcess* CommandLine::process_ = nullptr;

const std::vector<Command>& verbs() {
  static const std::vector<Command> all{{"dev"},
                                        {"server"},
                                        {"agent"},
                                        {"apply"},
                                        {"diff"},
                                        {"delete"},
                                        {"get"},
                                        {"logs"},
                                        {"events"},
                                        {"scale"},
                                        {"run"},
                                        {"wait"},
                                        {"explain"},
                                        {"describe"},
                                        {"version"},
                                        {"completion"},
                                        {"rollout", "status"},
                                        {"rollout", "restart"},
                                        {"rollout", "undo"}};
  return all;
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  return widest;
}

TEST_F(CommandLine, HelpOfEveryVerbFitsEightyColumns) {
  const std::string all = process_->must({"--help"});
  EXPECT_LE(widest_line(all), 80U) << all;
  for (const Command& verb : verbs()) {
    Command command = verb;
    command.push_back("--help");
    const Ran ran = process_->muster(command);
    EXPECT_EQ(ran.code, 0) << verb[0];
    EXPECT_EQ(ran.out.rfind("Usage: muster " + verb[0], 0), 0U) << ran.out;
    EXPECT_NE(all.find("  " + verb[0]), std::string::npos) << "not in muster --help: " << verb[0];
    EXPECT_LE(widest_line(ran.out), 80U) << ran.out;
  }
}

TEST_F(CommandLine, WrongUsageIsTwo) {
  EXPECT_EQ(code({}), 2);
  EXPECT_EQ(code({"frobnicate"}), 2);
  EXPECT_EQ(code({"rollout"}), 2);
  for (const Command& verb : verbs()) {
    Command command = verb;
    command.push_back("--no-such-option");
    const Ran ran = process_->muster(command);
    EXPECT_EQ(ran.code, 2) << verb[0];
    EXPECT_NE(ran.err.find("--no-such-option"), std::string::npos) << ran.err;
  }
}

TEST_F(CommandLine, WrongUsageSaysWhatToDo) {
  const auto says = [](const Command& command, const std::string& text) {
    const Ran ran = process_->muster(command);
    EXPECT_EQ(ran.code, 2) << ran.out << ran.err;
    EXPECT_NE(ran.err.find(text), std::string::npos) << ran.err;
  };
  says({"apply"}, "-f FILE");
  says({"logs"}, "service/NAME");
  says({"describe", "web"}, "KIND/NAME");
  says({"rollout", "status"}, "KIND/NAME");
  says({"get", "--raw", "readyz"}, "begins with /");
  says({"version", "now"}, "\"now\"");
  says({"-n", "x"}, "no verb");
  says({"agent", "--server", "nonsense"}, "http://host:port");
}

TEST_F(CommandLine, OptionsMayStandBeforeTheVerb) {
  EXPECT_EQ(code({"-n", "default", "get", "services"}), 0);
  EXPECT_EQ(code({"--output=name", "get", "services"}), 0);
  EXPECT_EQ(code({"-o", "name", "-n", "default", "rollout", "status", "service/web"}), 2);  // it has no -o
  EXPECT_EQ(code({"-n", "nowhere", "get", "service/web"}), 1);
  EXPECT_EQ(code({"--namespace", "default"}), 2);
}

TEST_F(CommandLine, UndoGoesToNoRevisionThatIsNotThere) {
  const Ran ran = process_->muster({"rollout", "undo", "service/web", "--to", "web:99"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("web:99"), std::string::npos) << ran.err;
  EXPECT_EQ(text_at(process_->get("service", "web"), "spec.taskDefinition"), "web");
}

TEST_F(CommandLine, OutputThatGoesNowhereIsAnErrorButAReaderThatHasEnoughIsNone) {
  const std::string binary = std::getenv("MUSTER_BINARY");
  const Ran full = run_program({"sh", "-c", binary + " get services > /dev/full"}, process_->environment());
  EXPECT_EQ(full.code, 1);
  EXPECT_NE(full.err.find("No space left"), std::string::npos) << full.err;
  const Ran enough =
      run_program({"bash", "-c", binary + " explain service | head -n 1 > /dev/null; echo ${PIPESTATUS[0]}"},
                  process_->environment());
  EXPECT_EQ(enough.out, "0\n") << enough.err;
  EXPECT_EQ(enough.err, "");
}

// A watch must not go on for ever when nobody reads it.
TEST_F(CommandLine, WatchEndsWithItsReader) {
  process_->apply(definition("watched", "sleep 1000") + service("watched", 1));
  const std::string binary = std::getenv("MUSTER_BINARY");
  BackgroundProcess watch({"bash", "-c", binary + " get service watched -w | head -n 1"}, process_->environment());
  ASSERT_TRUE(eventually([&] { return watch.out().find("NAME") != std::string::npos; }));
  for (int count : {2, 1}) {
    process_->must({"scale", "service/watched", "--count", std::to_string(count)});
    ASSERT_TRUE(process_->becomes("service", "watched", "status.runningCount", std::to_string(count)));
  }
  EXPECT_EQ(watch.wait(), 0);
  process_->must({"delete", "service/watched"});
}

TEST_F(CommandLine, MissingObjectIsOne) {
  const Ran ran = process_->muster({"get", "service", "nothing"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("nothing"), std::string::npos);
  EXPECT_EQ(code({"describe", "service/nothing"}), 1);
  EXPECT_EQ(code({"delete", "service/nothing"}), 1);
  EXPECT_EQ(code({"logs", "nothing"}), 1);
  const Ran logs = process_->muster({"logs", "service/nothing"});
  EXPECT_EQ(logs.code, 1);
  EXPECT_NE(logs.err.find("not found"), std::string::npos) << logs.err;
}

TEST_F(CommandLine, NoServerIsOneAndNamesTheAddress) {
  const Ran ran = process_->muster({"get", "tasks", "--server", "http://127.0.0.1:1"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("127.0.0.1:1"), std::string::npos) << ran.err;
}

TEST_F(CommandLine, DiffTellsByItsExitCode) {
  EXPECT_EQ(code({"diff", "-f", "-"}, definition("web", "sleep 1000") + service("web", 3)), 0);
  const Ran ran = process_->muster({"diff", "-f", "-"}, service("web", 5));
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.out.find("+  desiredCount: 5"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("-  desiredCount: 3"), std::string::npos) << ran.out;
  EXPECT_EQ(code({"diff", "-f", "-"}, "kind: [\n"), 2);
  EXPECT_EQ(text_at(process_->get("service", "web"), "spec.desiredCount"), "3") << "diff changes nothing";
}

TEST_F(CommandLine, WaitTimesOutWithOne) {
  EXPECT_EQ(code({"wait", "service/web", "--for", "condition=Ready", "--timeout", "30s"}), 0);
  EXPECT_EQ(code({"wait", "service/web", "--for", "condition=Ready=False", "--timeout", "100ms"}), 1);
  const auto began = std::chrono::steady_clock::now();
  const Ran late = process_->muster({"wait", "service/web", "--for", "delete", "--timeout", "100ms"});
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_EQ(late.code, 1);
  EXPECT_NE(late.err.find("timed out waiting for the deletion of service/web"), std::string::npos) << late.err;
  EXPECT_GE(took, std::chrono::milliseconds(100));
}

TEST_F(CommandLine, TablesFitEightyColumns) {
  const std::string table = process_->must({"get", "services,tasks,containerinstances"});
  EXPECT_LE(widest_line(table), 80U) << table;
  for (const char* word : {"service/web", "task/web-", "containerinstance/dev", "RUNNING", "Connected"})
    EXPECT_NE(table.find(word), std::string::npos) << word;
  EXPECT_EQ(table.find('\x1b'), std::string::npos) << "no colour into a pipe";
}

TEST_F(CommandLine, TablesOfLongNamesFitEightyColumns) {
  const std::string name = "a-service-with-a-name-of-forty-characters";
  process_->apply(
      definition(name, "sleep 1000") +
      service(name, 2, "  placementConstraints: [{type: memberOf, expression: \"attribute:zone == nowhere\"}]\n"));
  ASSERT_TRUE(eventually([&] { return process_->must({"get", "tasks"}).find("PROVISIONING") != std::string::npos; }));
  for (const char* kind : {"clusters", "containerinstances", "taskdefinitions", "taskdefinitionrevisions", "services",
                           "tasksets", "tasks", "taskruns", "namespaces", "events", "leases", "all"}) {
    for (const Command& more : {Command{}, Command{"-A"}}) {
      Command command{"get", kind};
      command.insert(command.end(), more.begin(), more.end());
      const std::string table = process_->must(command);
      EXPECT_LE(widest_line(table), 80U) << table;
    }
  }
  const std::string wide = process_->must({"get", "tasks", "-o", "wide"});
  EXPECT_NE(wide.find("0/1 instances: 1 missing attribute zone"), std::string::npos) << wide;
  EXPECT_EQ(wide.find("..."), std::string::npos) << "-o wide cuts nothing";
  process_->must({"delete", "service/" + name, "taskdefinition/" + name});
}

TEST_F(CommandLine, OutputFormats) {
  EXPECT_EQ(process_->must({"get", "service", "web", "-o", "name"}), "service/web\n");
  EXPECT_NE(process_->must({"get", "service", "web", "-o", "yaml"}).find("desiredCount: 3"), std::string::npos);
  EXPECT_EQ(text_at(process_->get("service", "web"), "kind"), "Service");
  EXPECT_EQ(process_->list("tasks", "muster.dev/service=nothing").size(), 0U);
  EXPECT_EQ(process_->list("tasks", "muster.dev/service=web").size(), 3U);
  EXPECT_EQ(code({"get", "tasks", "-o", "picture"}), 2);
  const std::string again = process_->must({"get", "service", "web", "-o", "yaml"});
  EXPECT_NE(process_->must({"apply", "-f", "-"}, again).find("service/web"), std::string::npos)
      << "what get prints, apply takes";
}

TEST_F(CommandLine, ViewsAreKindsToo) {
  const auto has = [](const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
  };
  EXPECT_TRUE(has(process_->must({"get", "pods"}), "READY"));
  EXPECT_TRUE(has(process_->must({"get", "po", "-o", "name"}), "pod/web-"));
  EXPECT_TRUE(has(process_->must({"get", "nodes"}), "VERSION"));
  EXPECT_TRUE(has(process_->must({"get", "endpointslices.discovery.k8s.io", "-o", "yaml"}), "kind: EndpointSlice"));
  EXPECT_TRUE(has(process_->must({"get", "pods,tasks"}), "pod/"));
  const std::string node(process_->list("nodes").front().at("metadata").text_of("name"));
  EXPECT_TRUE(has(process_->must({"describe", "node", node}), node));
  EXPECT_TRUE(has(process_->must({"explain", "pod.spec.containers"}), "image"));
  const Ran refused = process_->muster({"delete", "node", node});
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(has(refused.err, "nodes are a view of containerinstances.muster.dev")) << refused.err;
}

TEST_F(CommandLine, ExplainShowsTheDocumentation) {
  const std::string text = process_->must({"explain", "service.spec.desiredCount"});
  EXPECT_NE(text.find("desiredCount <integer>"), std::string::npos) << text;
  EXPECT_EQ(code({"explain", "service.spec.wheels"}), 1);
  EXPECT_NE(process_->must({"explain", "task"}).find("status"), std::string::npos);
}

TEST_F(CommandLine, CompletionIsABashScript) {
  const Ran checked = run_program({"bash", "-n"}, {}, process_->must({"completion", "bash"}));
  EXPECT_EQ(checked.code, 0) << checked.err;
  const Ran used = run_program(
      {"bash"}, {},
      process_->must({"completion", "bash"}) +
          "\nCOMP_WORDS=(muster rol); COMP_CWORD=1; COMP_LINE='muster rol'; COMP_POINT=10\n"
          "$(complete -p muster | sed 's/.*-F \\([^ ]*\\).*/\\1/') muster rol muster 2>&1; echo \"${COMPREPLY[@]}\"\n");
  EXPECT_NE(used.out.find("rollout"), std::string::npos) << used.out << used.err;
}

TEST_F(CommandLine, FishCompletionIsQuoted) {
  const std::string script = process_->must({"completion", "fish"});
  EXPECT_NE(script.find("run this host\\'s share"), std::string::npos) << script;
}

TEST_F(CommandLine, AddressInUse) {
  const Ran ran = process_->muster({"server", "--data-dir", process_->home() + "/other", "--listen",
                                    process_->secure_url().substr(std::string("https://").size())});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("ddress already in use"), std::string::npos) << ran.err;
}

TEST_F(CommandLine, Version) {
  const std::string text = process_->must({"version"});
  EXPECT_NE(text.find("0.1.0"), std::string::npos) << text;
}

}  // namespace
}  // namespace muster::testing
