// Muster's own verbs that reach into real containers: exec, attach, cp, port-forward, logs of several tasks, top.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/e2e/talking_service.h"
#include "tests/support/http_call.h"

namespace muster::testing {
namespace {

class ContainerVerbs : public TalkingService {
 protected:
  Command command(const Command& arguments) const {
    Command all{std::getenv("MUSTER_BINARY")};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
};

TEST_F(ContainerVerbs, ExecTellsOutputErrorsAndTheExitCode) {
  const Ran ran = process_.muster({"exec", task_, "--", "sh", "-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(ran.code, 7);
  EXPECT_EQ(ran.out, "out\n");
  EXPECT_EQ(ran.err, "err\n");
  EXPECT_EQ(process_.must({"exec", "service/web", "-c", "app", "--", "cat", "/www/index.html"}), "it works\n");
  const Ran absent = process_.muster({"exec", task_, "--", "/no/such/program"});
  EXPECT_NE(absent.code, 0);
  // The engine tells it as the command's own output.
  EXPECT_NE((absent.out + absent.err).find("/no/such/program"), std::string::npos) << absent.out << absent.err;
  const Ran nowhere = process_.muster({"exec", "task/nothing", "--", "true"});
  EXPECT_EQ(nowhere.code, 1);
  EXPECT_NE(nowhere.err.find("\"nothing\" not found"), std::string::npos) << nowhere.err;
  const Ran other = process_.muster({"exec", task_, "-c", "wheel", "--", "true"});
  EXPECT_EQ(other.code, 1);
  EXPECT_NE(other.err.find("wheel"), std::string::npos) << other.err;
}

TEST_F(ContainerVerbs, ExecPassesInputToItsEnd) {
  const std::string input = "first\n" + std::string(5'000'000, 'x') + "\nlast\n";
  const Ran ran = process_.muster({"exec", "-i", task_, "--", "cat"}, input);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(ran.out == input) << ran.out.size();
}

TEST_F(ContainerVerbs, ExecHasATerminal) {
  // `script` gives it the terminal whose size it then tells.
  const std::string line = str("stty rows 33 cols 77; '", std::getenv("MUSTER_BINARY"), "' exec -it ", task_,
                               " -- sh -c 'sleep 0.5; tty; stty size'");
  const Ran ran = run_program({"script", "-qec", line, "/dev/null"}, process_.environment());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("/dev/pts/"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("33 77"), std::string::npos) << ran.out;
}

TEST_F(ContainerVerbs, AttachTalksToTheFirstProcess) {
  BackgroundProcess attached(command({"attach", "-i", task_}), process_.environment(), "hello\n");
  EXPECT_TRUE(eventually([&] { return attached.out().find("got hello") != std::string::npos; })) << attached.err();
}

TEST_F(ContainerVerbs, CopiesFilesAndFoldersBothWays) {
  const std::string content(2'000'000, 'c');
  std::filesystem::create_directories(home_ / "site/deep er");
  write_text(home_ / "site/a.txt", "a\n");
  write_text(home_ / "site/deep er/b,[x].txt", content);
  std::filesystem::create_symlink("a.txt", home_ / "site/link");
  process_.must({"cp", home_ / "site", task_ + ":/tmp/new"});
  process_.must({"cp", home_ / "site", "service/web:/tmp"});
  process_.must({"cp", home_ / "site/deep er/b,[x].txt", task_ + ":/tmp/c&d"});
  EXPECT_EQ(process_.must({"exec", task_, "--", "readlink", "/tmp/new/link"}), "a.txt\n");
  EXPECT_EQ(process_.must({"exec", task_, "--", "cat", "/tmp/site/a.txt"}), "a\n");
  process_.must({"cp", task_ + ":/tmp/c&d", home_ / "down"});
  EXPECT_TRUE(read_text(home_ / "down") == content);
  process_.must({"cp", task_ + ":/tmp/new", home_ / "back"});
  EXPECT_TRUE(read_text(home_ / "back/deep er/b,[x].txt") == content);
  std::filesystem::create_directories(home_ / "there");
  process_.must({"cp", task_ + ":/tmp/new/a.txt", home_ / "there"});
  EXPECT_EQ(read_text(home_ / "there/a.txt"), "a\n");
  const Ran absent = process_.muster({"cp", task_ + ":/tmp/nothing", home_ / "x"});
  EXPECT_EQ(absent.code, 1);
  EXPECT_FALSE(std::filesystem::exists(home_ / "x"));
  for (const auto& entry : std::filesystem::directory_iterator(home_.path())) {
    EXPECT_EQ(entry.path().filename().string().find(".muster"), std::string::npos) << entry.path();
  }
  EXPECT_EQ(process_.muster({"cp", home_ / "absent", task_ + ":/tmp"}).code, 1);
  EXPECT_EQ(process_.muster({"cp", "a", "b"}).code, 2);
}

TEST_F(ContainerVerbs, ForwardsAPort) {
  BackgroundProcess forward(command({"port-forward", "service/web", ":8080"}), process_.environment());
  std::string port;
  ASSERT_TRUE(eventually([&] { return !(port = forwarded_port(forward.out())).empty(); })) << forward.err();
  const auto answers = [&] { return http_call("http://127.0.0.1:" + port, "GET", "/").status == 200; };
  ASSERT_TRUE(eventually(answers)) << forward.err();
  for (int i = 0; i < 3; ++i) {
    const HttpAnswer answer = http_call("http://127.0.0.1:" + port, "GET", "/");
    EXPECT_EQ(answer.status, 200) << forward.err();
    EXPECT_EQ(answer.body, "it works\n");
  }
  forward.signal(SIGTERM);
  EXPECT_EQ(forward.wait(), 0);
}

TEST_F(ContainerVerbs, AForwardToAClosedPortSaysSo) {
  BackgroundProcess forward(command({"port-forward", task_, ":9"}), process_.environment());
  std::string port;
  ASSERT_TRUE(eventually([&] { return !(port = forwarded_port(forward.out())).empty(); })) << forward.err();
  (void)http_call("http://127.0.0.1:" + port, "GET", "/");
  EXPECT_TRUE(eventually([&] { return forward.err().find("port 9") != std::string::npos; })) << forward.err();
}

TEST_F(ContainerVerbs, FollowsAllTasksOfAServiceAndShowsWhatRanBefore) {
  process_.apply(definition("talk", "echo from $HOSTNAME; trap 'exit 0' TERM; sleep 1000 & wait") + service("talk", 2));
  ASSERT_TRUE(process_.becomes("service", "talk", "status.runningCount", "2"));
  BackgroundProcess follow(command({"logs", "service/talk", "-f"}), process_.environment());
  std::vector<std::string> names;
  for (const Node& task : process_.list("tasks", "muster.dev/service=talk")) {
    names.push_back(text_at(task, "metadata.name"));
  }
  ASSERT_EQ(names.size(), 2U);
  for (const std::string& name : names) {
    EXPECT_TRUE(eventually([&] { return follow.out().find("[" + name + "] from ") != std::string::npos; }))
        << follow.out() << follow.err();
  }
  EXPECT_EQ(process_.muster({"logs", "service/talk", "--previous"}).code, 1) << "nothing has stopped yet";
  (void)process_.muster({"exec", names[0], "--", "sh", "-c", "kill 1"});  // it ends with the container
  ASSERT_TRUE(process_.becomes("task", names[0], "status.lastStatus", "STOPPED"));
  EXPECT_NE(process_.must({"logs", "service/talk", "-p"}).find("from "), std::string::npos);
}

TEST_F(ContainerVerbs, TopShowsWhatIsUsed) {
  ASSERT_TRUE(eventually(
      [&] {
        return process_.muster({"top", "tasks"}).out.find(task_) != std::string::npos;
      },
      std::chrono::seconds(40)));
  const std::string services = process_.must({"top", "services"});
  EXPECT_NE(services.find("MEASURED TASKS"), std::string::npos) << services;
  EXPECT_NE(services.find("web"), std::string::npos) << services;
  const std::string instances = process_.must({"top", "instances"});
  EXPECT_NE(instances.find("%"), std::string::npos) << instances;
  EXPECT_NE(process_.must({"top", "tasks", "--containers"}).find("app"), std::string::npos);
}

}  // namespace
}  // namespace muster::testing
