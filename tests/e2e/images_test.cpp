// Images from a real registry: all tasks of a deployment run the same one; credentials; what is told when one cannot be
// had; and which images go again.
#include "tests/e2e/engine_test.h"
#include "tests/support/registry.h"

namespace muster::testing {
namespace {

class Images : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped()) return;
    if (!Registry::installed()) GTEST_SKIP() << "no docker-registry is installed here";
  }
  void TearDown() override {
    EngineTest::TearDown();
    if (!DockerEngine::installed()) return;
    for (const std::string& id : lines_of(docker({"images", "-q", "--no-trunc"}).out)) {
      if (docker({"inspect", "-f", "{{.RepoTags}}", id}).out.find("muster-test:busybox") == std::string::npos) {
        docker({"rmi", "-f", id});
      }
    }
  }

  Command with(const Command& more) const {
    Command all = options();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static std::string definition_of(const std::string& name, const std::string& image, const std::string& more = "") {
    std::string text = definition(name, serve, more);
    const std::string before = "muster-test:busybox";
    return text.replace(text.find(before), before.size(), "\"" + image + "\"");
  }
  // Another image than any before, under this name here.
  static void build(const std::string& image, const std::string& label) {
    const std::string id = lines_of(docker({"create", "muster-test:busybox", "true"}).out).at(0);
    ASSERT_EQ(docker({"commit", "-c", "LABEL build=" + label, id, image}).code, 0);
    docker({"rm", id});
  }
  // The same, in the registry and not here any more.
  static void publish(const std::string& image, const std::string& label) {
    build(image, label);
    const Ran pushed = docker({"push", "-q", image});
    ASSERT_EQ(pushed.code, 0) << pushed.err;
    docker({"rmi", "-f", image});
  }
  // The labels of the images of all running containers.
  static std::multiset<std::string> running_builds() {
    std::multiset<std::string> out;
    for (const std::string& id : containers()) {
      out.insert(lines_of(docker({"inspect", "-f", R"({{index .Config.Labels "build"}})", id}).out).at(0));
    }
    return out;
  }
  std::string stopped_reason(const std::string& service) {
    std::string reason;
    EXPECT_TRUE(eventually([&] {
      for (const Node& task : process_.list("tasks", "muster.dev/service=" + service)) {
        if (text_at(task, "status.lastStatus") == "STOPPED") reason = text_at(task, "status.stoppedReason");
      }
      return !reason.empty();
    })) << process_.must({"get", "tasks"});
    return reason;
  }
};

TEST_F(Images, TagThatMovesDoesNotChangeADeployment) {
  Registry registry;
  const std::string image = registry.address() + "/app:v1";
  publish(image, "one");
  process_.start_dev(with({"--image-pull-behavior", "default"}));
  process_.apply(definition_of("app", image) + service("app", 1));
  ASSERT_TRUE(process_.becomes("service", "app", "status.runningCount", "1"));
  EXPECT_EQ(running_builds(), (std::multiset<std::string>{"one"}));
  const Node set = process_.list("tasksets").at(0);
  const std::string digest = text_at(set, "status.containerImages.0.imageDigest");
  EXPECT_TRUE(digest.starts_with("sha256:")) << digest;
  const Node task = process_.list("tasks").at(0);
  EXPECT_EQ(text_at(task, "status.containers.0.imageDigest"), digest);
  EXPECT_EQ(text_at(task, "status.containers.0.image"), image);
  EXPECT_TRUE(eventually([&] {
    const std::string told = process_.must({"events"});
    return told.find("Pulling image") != std::string::npos && told.find("Pulled image") != std::string::npos;
  })) << process_.must({"events"});

  publish(image, "two");
  process_.must({"scale", "service/app", "--count", "3"});
  ASSERT_TRUE(process_.becomes("service", "app", "status.runningCount", "3"));
  EXPECT_EQ(running_builds(), (std::multiset<std::string>{"one", "one", "one"}));

  process_.must({"rollout", "restart", "service/app"});
  ASSERT_TRUE(eventually([] {
    return running_builds() == std::multiset<std::string>{"two", "two", "two"};
  })) << process_.must({"get", "tasks"});
  process_.stop();
}

TEST_F(Images, WithoutVersionConsistencyEachTaskTakesWhatTheTagMeans) {
  Registry registry;
  const std::string image = registry.address() + "/app:v1";
  publish(image, "one");
  process_.start_dev(with({"--image-pull-behavior", "default"}));
  process_.apply(definition_of("app", image, "      versionConsistency: disabled\n") + service("app", 1));
  ASSERT_TRUE(process_.becomes("service", "app", "status.runningCount", "1"));
  publish(image, "two");
  process_.must({"scale", "service/app", "--count", "2"});
  ASSERT_TRUE(process_.becomes("service", "app", "status.runningCount", "2"));
  EXPECT_EQ(running_builds(), (std::multiset<std::string>{"one", "two"}));
  process_.stop();
}

TEST_F(Images, LocalBuildIsPinnedByItsId) {
  build("app:dev", "one");
  process_.start_dev(options());
  process_.apply(definition_of("app", "app:dev") + service("app", 1));
  ASSERT_TRUE(process_.becomes("service", "app", "status.runningCount", "1"));
  EXPECT_TRUE(text_at(process_.list("tasksets").at(0), "status.containerImages.0.imageId").starts_with("sha256:"));
  build("app:dev", "two");
  process_.must({"scale", "service/app", "--count", "2"});
  ASSERT_TRUE(process_.becomes("service", "app", "status.runningCount", "2"));
  EXPECT_EQ(running_builds(), (std::multiset<std::string>{"one", "one"}));
  process_.stop();
}

TEST_F(Images, RegistryWantsCredentials) {
  Registry registry(Registry::Access::password);
  const std::string image = registry.address() + "/secret/app:v1";
  build(image, "one");
  TemporaryDirectory home;
  const std::string config = home / "config.json";
  write_text(config, registry.docker_config(Registry::user, Registry::password));
  const Ran pushed = run_program({"docker", "--config", home.path(), "-H", engine().host(), "push", "-q", image});
  ASSERT_EQ(pushed.code, 0) << pushed.err;
  docker({"rmi", "-f", image});

  write_text(config, registry.docker_config(Registry::user, "wrong-word"));
  process_.start_dev(with({"--docker-config", config}));
  process_.apply(definition_of("app", image) + service("app", 1));
  const std::string reason = stopped_reason("app");
  EXPECT_TRUE(reason.starts_with("CannotPullContainerError: ")) << reason;
  EXPECT_NE(reason.find("check the credentials"), std::string::npos) << reason;

  write_text(config, registry.docker_config(Registry::user, Registry::password));
  EXPECT_TRUE(process_.becomes("service", "app", "status.runningCount", "1")) << process_.must({"get", "tasks"});
  for (const char* word : {"wrong-word", Registry::password}) {
    EXPECT_EQ(process_.must({"events"}).find(word), std::string::npos);
    EXPECT_EQ(process_.daemon().err().find(word), std::string::npos);
    EXPECT_EQ(run_program({"grep", "-r", word, process_.data() + "/agent"}).out, "");
  }
  process_.stop();
}

TEST_F(Images, CredentialsComeFromASecret) {
  Registry registry(Registry::Access::password);
  const std::string image = registry.address() + "/secret/app:v1";
  build(image, "one");
  TemporaryDirectory home;
  write_text(home / "config.json", registry.docker_config(Registry::user, Registry::password));
  const Ran pushed = run_program({"docker", "--config", home.path(), "-H", engine().host(), "push", "-q", image});
  ASSERT_EQ(pushed.code, 0) << pushed.err;
  docker({"rmi", "-f", image});

  const auto secret = [](const std::string& name, const std::string& word) {
    return "apiVersion: v1\nkind: Secret\nmetadata: {name: " + name + "}\nstringData: {username: " + Registry::user +
           ", password: " + word + "}\n---\n";
  };
  const std::string credentials = "      repositoryCredentials: {credentialsParameter: hub}\n";
  process_.start_dev(with({"--image-pull-behavior", "always"}));
  process_.apply(definition_of("app", image, credentials) + service("app", 1));
  EXPECT_EQ(stopped_reason("app"),
            "ResourceInitializationError: Secret \"hub\" in namespace \"default\" does not exist");
  process_.must({"delete", "service/app"});

  process_.apply(secret("hub", "wrong-word") + definition_of("wrong", image, credentials) + service("wrong", 1));
  const std::string wrong = stopped_reason("wrong");
  EXPECT_NE(wrong.find("check the credentials"), std::string::npos) << wrong;
  process_.must({"delete", "service/wrong"});

  process_.apply(secret("hub", Registry::password) + service("app", 1));
  EXPECT_TRUE(process_.becomes("service", "app", "status.runningCount", "1")) << process_.must({"get", "tasks"});
  // Whoever names none is asked for his own, although the image is here.
  process_.apply(definition_of("nobody", image) + service("nobody", 1));
  const std::string nobody = stopped_reason("nobody");
  EXPECT_TRUE(nobody.starts_with("CannotPullContainerError: ")) << nobody;
  process_.must({"delete", "service/nobody"});

  const std::string config = run_program({"sh", "-c", "base64 -w0 " + home.path() + "/config.json"}).out;
  process_.apply(
      "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/dockerconfigjson\nmetadata: {name: hub2}\n"
      "data: {.dockerconfigjson: " +
      config + "}\n---\n" +
      definition_of("kube", image, "      repositoryCredentials: {credentialsParameter: hub2}\n") + service("kube", 1));
  EXPECT_TRUE(process_.becomes("service", "kube", "status.runningCount", "1")) << process_.must({"get", "tasks"});

  for (const std::string& id : containers("-a")) {
    EXPECT_EQ(docker({"inspect", id}).out.find(Registry::password), std::string::npos);
  }
  for (const char* word : {"wrong-word", Registry::password}) {
    EXPECT_EQ(process_.must({"events"}).find(word), std::string::npos);
    EXPECT_EQ(process_.must({"get", "tasks", "-o", "yaml"}).find(word), std::string::npos);
    EXPECT_EQ(process_.daemon().err().find(word), std::string::npos);
    EXPECT_EQ(run_program({"grep", "-r", word, process_.data() + "/agent"}).out, "");
  }
  process_.stop();
}

TEST_F(Images, WhatCannotBeHadIsToldWithItsReason) {
  Registry registry;
  publish(registry.address() + "/app:v1", "one");
  process_.start_dev(options());
  process_.apply(definition_of("typo", registry.address() + "/app:v2") + service("typo", 1));
  const std::string typo = stopped_reason("typo");
  EXPECT_NE(typo.find("app:v2"), std::string::npos) << typo;
  EXPECT_NE(typo.find("check the image's name and tag"), std::string::npos) << typo;
  process_.must({"delete", "service/typo"});

  registry.stop();
  process_.apply(definition_of("down", registry.address() + "/app:v1") + service("down", 1));
  const std::string down = stopped_reason("down");
  EXPECT_NE(down.find("cannot be reached"), std::string::npos) << down;
  EXPECT_NE(down.find("tried 5 times"), std::string::npos) << down;
  registry.start();
  EXPECT_TRUE(process_.becomes("service", "down", "status.runningCount", "1")) << process_.must({"get", "tasks"});
  process_.stop();
}

TEST_F(Images, WhatIsPresentServesWhenTheRegistryIsDown) {
  Registry registry;
  const std::string image = registry.address() + "/app:v1";
  build(image, "one");
  ASSERT_EQ(docker({"push", "-q", image}).code, 0);
  registry.stop();
  process_.start_dev(with({"--image-pull-behavior", "default"}));
  process_.apply(definition_of("app", image) + service("app", 1));
  EXPECT_TRUE(process_.becomes("service", "app", "status.runningCount", "1")) << process_.must({"get", "tasks"});
  EXPECT_TRUE(eventually([&] { return process_.must({"events"}).find("UsingCachedImage") != std::string::npos; }))
      << process_.must({"events"});
  process_.stop();
}

// Takes connections and never says a word.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 64), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(socket_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int socket_;
  int port_ = 0;
};

TEST_F(Images, PullThatStallsIsGivenUp) {
  SilentServer server;
  process_.start_dev(with({"--image-pull-inactivity", "1s"}));
  process_.apply(definition_of("slow", server.address() + "/app:v1") + service("slow", 1));
  const std::string reason = stopped_reason("slow");
  EXPECT_TRUE(reason.starts_with("CannotPullContainerError: ")) << reason;
  EXPECT_NE(reason.find("stalled"), std::string::npos) << reason;
  process_.stop();
}

TEST_F(Images, UnusedOnesAreRemovedAndOthersStay) {
  Registry registry;
  const std::string image = registry.address() + "/app:v1";
  const std::string mine = registry.address() + "/mine:v1";
  publish(image, "one");
  build(mine, "two");
  process_.start_dev(with(
      {"--image-pull-behavior", "default", "--image-cleanup-interval", "1s", "--image-minimum-cleanup-age", "1s"}));
  process_.apply(definition_of("app", image) + service("app", 1));
  ASSERT_TRUE(process_.becomes("service", "app", "status.runningCount", "1"));
  const std::string id = lines_of(docker({"inspect", "-f", "{{.Image}}", *containers().begin()}).out).at(0);
  EXPECT_NE(docker({"images", "--no-trunc", "-q"}).out.find(id), std::string::npos);
  process_.must({"delete", "service/app"});
  EXPECT_TRUE(eventually([&] {
    for (const std::string& container : containers("-a")) docker({"rm", container});  // a running one stays
    return docker({"images", "--no-trunc", "-q"}).out.find(id) == std::string::npos;
  })) << docker({"images", "-a"}).out
      << process_.daemon().err();
  EXPECT_EQ(docker({"inspect", mine}).code, 0) << "nobody pulled it for a task";
  EXPECT_EQ(docker({"inspect", "muster-test:busybox"}).code, 0);
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
