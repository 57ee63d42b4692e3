// The stock kubectl works with the file that `muster dev` writes.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

class Kubectl : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_program({"sh", "-c", "command -v kubectl"}).code != 0) GTEST_SKIP() << "no kubectl here";
    process_.start_dev({"--driver", "simulated"});
    process_.apply(definition("web", "sleep 1000") + service("web", 2));
    ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
  }
  std::string kubectl(const Command& arguments, const std::string& input = "") {
    Command command{"kubectl", "--kubeconfig", process_.data() + "/kubeconfig"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const Ran ran = run_program(command, process_.environment(), input);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out;
  }
  MusterProcess process_;
};

TEST_F(Kubectl, ConfigurationIsPrivate) {
  for (const std::string& path : {process_.data() + "/kubeconfig", process_.home() + "/.config/muster/config"}) {
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0) << path;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << path;
  }
  EXPECT_NE(kubectl({"get", "--raw", "/version"}).find("muster"), std::string::npos);
  EXPECT_EQ(kubectl({"config", "current-context"}), "dev\n");
}

TEST_F(Kubectl, FindsTheKindsAndListsThem) {
  EXPECT_NE(kubectl({"api-resources", "--api-group=muster.dev"}).find("taskdefinitions"), std::string::npos);
  const std::string tasks = kubectl({"get", "tasks.muster.dev"});
  EXPECT_NE(tasks.find("RUNNING"), std::string::npos) << tasks;
  EXPECT_EQ(kubectl({"get", "services.muster.dev", "web", "-o", "jsonpath={.status.runningCount}"}), "2");
}

TEST_F(Kubectl, ChangesAndWaits) {
  kubectl({"scale", "services.muster.dev/web", "--replicas=4"});
  kubectl({"wait", "services.muster.dev/web", "--for=jsonpath={.status.runningCount}=4", "--timeout=30s"});
  kubectl({"patch", "services.muster.dev/web", "--type=merge", "-p", R"({"spec":{"desiredCount":1}})"});
  kubectl({"wait", "services.muster.dev/web", "--for=jsonpath={.status.runningCount}=1", "--timeout=30s"});
  kubectl({"delete", "services.muster.dev/web", "--timeout=30s"});
  EXPECT_EQ(process_.muster({"get", "service", "web"}).code, 1);
}

}  // namespace
}  // namespace muster::testing
