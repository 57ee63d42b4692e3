// Unmodified kubectls against real containers: exec, attach, cp and port-forward by every protocol that they speak.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "api/base/text.h"
#include "tests/e2e/talking_service.h"
#include "tests/support/client_node.h"
#include "tests/support/http_call.h"
#include "tests/support/kubectl_binaries.h"

namespace muster::testing {
namespace {

class Streams : public TalkingService {
 protected:
  void SetUp() override {
    if (kubectls().empty()) GTEST_SKIP() << "no kubectl is installed here";
    TalkingService::SetUp();
  }

  Ran kubectl(const std::string& binary, const Command& arguments, const std::string& input = "") const {
    return run_program(command(binary, arguments), environment(), input);
  }
  Command command(const std::string& binary, const Command& arguments) const {
    Command all{binary, "--kubeconfig", process_.data() + "/kubeconfig"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  Environment environment() const { return {{"HOME", home_.path()}}; }
};

TEST_F(Streams, ExecTellsOutputErrorsAndTheExitCode) {
  for (const auto& [binary, minor] : kubectls()) {
    SCOPED_TRACE(binary);
    Ran ran = kubectl(binary, {"exec", task_, "--", "sh", "-c", "echo out; echo err >&2; exit 7"});
    EXPECT_EQ(ran.code, 7) << ran.err;
    EXPECT_EQ(ran.out, "out\n");
    EXPECT_NE(ran.err.find("err\n"), std::string::npos) << ran.err;
    EXPECT_EQ(kubectl(binary, {"exec", task_, "--", "false"}).code, 1);
    EXPECT_EQ(kubectl(binary, {"exec", task_, "--", "true"}).code, 0);
    EXPECT_NE(kubectl(binary, {"exec", task_, "--", "/no/such/program"}).code, 0);
  }
}

TEST_F(Streams, ExecPassesInputToItsEnd) {
  const std::string input = "first\n" + std::string(3'000'000, 'x') + "\nlast\n";
  for (const auto& [binary, minor] : kubectls()) {
    SCOPED_TRACE(binary);
    const Ran ran = kubectl(binary, {"exec", "-i", task_, "--", "cat"}, input);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(ran.out == input) << ran.out.size();
  }
}

TEST_F(Streams, ExecHasATerminal) {
  for (const auto& [binary, minor] : kubectls()) {
    SCOPED_TRACE(binary);
    // `script` gives kubectl the terminal whose size it then tells.
    std::string line = str("stty rows 33 cols 77; '", binary, "' --kubeconfig '", process_.data(),
                           "/kubeconfig' exec -it ", task_, " -- sh -c 'sleep 0.5; tty; stty size'");
    const Ran ran = run_program({"script", "-qec", line, "/dev/null"}, environment());
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("/dev/pts/"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("33 77"), std::string::npos) << ran.out;
  }
}

TEST_F(Streams, CopiesBothWays) {
  const std::string content(2'000'000, 'c');
  write_text(home_ / "up", content);
  for (const auto& [binary, minor] : kubectls()) {
    SCOPED_TRACE(binary);
    Ran ran = kubectl(binary, {"cp", home_ / "up", task_ + ":/tmp/up"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    ran = kubectl(binary, {"cp", task_ + ":/tmp/up", home_ / "down"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(read_text(home_ / "down") == content);
    std::filesystem::remove(home_ / "down");
  }
}

TEST_F(Streams, AttachSeesWhatTheContainerSaysToItsInput) {
  for (const auto& [binary, minor] : kubectls()) {
    SCOPED_TRACE(binary);
    BackgroundProcess attached(command(binary, {"attach", "-i", task_}), environment(), "hello\n");
    EXPECT_TRUE(eventually([&] { return attached.out().find("got hello") != std::string::npos; })) << attached.err();
  }
}

TEST_F(Streams, ForwardsAPort) {
  for (const auto& [binary, minor] : kubectls()) {
    SCOPED_TRACE(binary);
    BackgroundProcess forward(command(binary, {"port-forward", "pod/" + task_, ":8080"}), environment());
    std::string port;
    ASSERT_TRUE(eventually([&] {
      port = forwarded_port(forward.out());
      return !port.empty();
    })) << forward.err();
    for (int i = 0; i < 3; ++i) {
      const HttpAnswer answer = http_call("http://127.0.0.1:" + port, "GET", "/");
      EXPECT_EQ(answer.status, 200) << forward.err();
      EXPECT_EQ(answer.body, "it works\n");
    }
  }
}

TEST_F(Streams, TheJavaScriptClientRunsAndForwards) {
  if (!client_node_absent().empty()) GTEST_SKIP() << "NOT APPLICABLE: " << client_node_absent();
  const Environment real{
      {"MUSTER_TEST_IMAGE", DockerEngine::image},
      {"MUSTER_TEST_COMMAND",
       "mkdir -p /www; echo it works > /www/index.html; httpd -p 8080 -h /www; trap 'exit 0' TERM; sleep 1000 & wait"}};
  for (const char* row : {"exec", "port_forward"}) run_client_node_row(process_, row, real);
}

}  // namespace
}  // namespace muster::testing
