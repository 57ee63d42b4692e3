// The program over TLS: who gets in with what `muster dev` has written, and what everybody else is told.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>

#include "api/schema/yaml.h"
#include "tests/support/http_call.h"
#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

class Tls : public ::testing::Test {
 protected:
  void start(const Command& more = {}) {
    Command arguments{"--driver", "process"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    process_.start_dev(arguments);
    read();
  }
  void read() {
    const auto documents = parse_yaml(read_text(kubeconfig()));
    ASSERT_TRUE(documents.ok());
    config_ = documents->front();
  }
  std::string kubeconfig() const { return process_.data() + "/kubeconfig"; }
  std::string url() const { return text_at(config_, "clusters.0.cluster.server"); }
  // By the configuration alone, as a user would who knows of no other way in.
  Ran muster(Command arguments) const {
    arguments.insert(arguments.end(), {"--kubeconfig", kubeconfig()});
    return process_.muster(arguments);
  }
  std::string changed(const std::string& from, const std::string& to) const {
    std::string text = read_text(kubeconfig());
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos);
    if (at != std::string::npos) text.replace(at, from.size(), to);
    const std::string path = process_.home() + "/changed";
    write_text(path, text);
    return path;
  }

  MusterProcess process_;
  Node config_;
};

TEST_F(Tls, WhoHasTheFileGetsIn) {
  start();
  EXPECT_EQ(url().substr(0, 18), "https://127.0.0.1:");
  EXPECT_NE(process_.daemon().out().find("export KUBECONFIG=" + kubeconfig() + "\n"), std::string::npos);
  for (const char* name : {"/kubeconfig", "/server/pki/authority.pem", "/server/pki/server.pem"}) {
    struct stat info {};
    ASSERT_EQ(::stat((process_.data() + name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << name;
  }
  process_.apply(definition("web", "echo over the wire; sleep 1000") + service("web", 1));
  const Ran status = muster({"rollout", "status", "service/web"});
  EXPECT_EQ(status.code, 0) << status.err;
  EXPECT_TRUE(eventually([&] {
    return muster({"logs", "service/web"}).out.find("over the wire") != std::string::npos;
  }));
}

TEST_F(Tls, NobodyElseDoes) {
  start();
  const std::string user = "client-certificate-data: " + text_at(config_, "users.0.user.client-certificate-data");
  const std::string key = "client-key-data: " + text_at(config_, "users.0.user.client-key-data");
  std::string text = read_text(kubeconfig());
  text.erase(text.find(user), user.size());
  text.replace(text.find(key), key.size(), "{}");
  write_text(process_.home() + "/nobody", text);
  const Ran nobody = process_.muster({"get", "services", "--kubeconfig", process_.home() + "/nobody"});
  EXPECT_EQ(nobody.code, 1);
  EXPECT_NE(nobody.err.find("credentials are needed"), std::string::npos) << nobody.err;
  // A server that is not the one that was meant.
  const Ran other = process_.muster({"get", "services", "--kubeconfig", changed("127.0.0.1", "127.0.0.2")});
  EXPECT_EQ(other.code, 1);
  EXPECT_FALSE(other.err.empty());
  // Plain HTTP on the port for TLS.
  const HttpAnswer plain = http_call("http://" + url().substr(8), "GET", "/livez");
  EXPECT_EQ(plain.status, 400);
  EXPECT_NE(plain.body.find("speaks TLS"), std::string::npos) << plain.body;
}

TEST_F(Tls, TheMachinesOwnWayInIsASocket) {
  start();
  const std::string path = process_.data() + "/muster.sock";
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_TRUE(S_ISSOCK(info.st_mode));
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const Ran ran = process_.muster({"get", "services", "--server", "unix://" + path});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(process_.stop(), 0);
  EXPECT_NE(::stat(path.c_str(), &info), 0);
}

TEST_F(Tls, WithoutItThereIsOnlyWhatIsAskedFor) {
  const std::string data = process_.home() + "/plain";
  const auto refused = [&](const Command& more) {
    Command command{"server", "--data-dir", data};
    command.insert(command.end(), more.begin(), more.end());
    return process_.muster(command);
  };
  const Ran open = refused({"--listen", "127.0.0.1:0", "--insecure-listen", "0.0.0.0:0"});
  EXPECT_EQ(open.code, 1);
  EXPECT_NE(open.err.find("--insecure-listen 0.0.0.0:0: without TLS only loopback"), std::string::npos) << open.err;
  EXPECT_EQ(refused({"--tls-listen", "127.0.0.1:0"}).code, 2);
  // A relative folder, a path that is too long for a socket, and every address of this host with TLS.
  const std::string longest = "long/" + std::string(120, 'x');
  const struct {
    Command command;
    const char* says;
  } cases[] = {
      {{"sh", "-c", "cd " + process_.home() + " && exec \"$0\" server --data-dir rel --listen 127.0.0.1:0",
        std::getenv("MUSTER_BINARY")},
       "/rel/muster.sock\n"},
      {{"sh", "-c", "cd " + process_.home() + " && exec \"$0\" server --data-dir " + longest + " --listen 0.0.0.0:0",
        std::getenv("MUSTER_BINARY")},
       "--server https://127.0.0.1:"}};
  for (const auto& each : cases) {
    BackgroundProcess server(each.command, process_.environment());
    EXPECT_TRUE(eventually([&] { return server.out().find(each.says) != std::string::npos; }))
        << server.out() << server.err();
    EXPECT_EQ(server.out().find("insecure"), std::string::npos);
    const std::string url = server.out().substr(6, server.out().find('\n') - 6);
    EXPECT_EQ(http_call("http://" + url.substr(8), "GET", "/livez").status, 400) << url;
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0) << server.err();
  }
}

TEST_F(Tls, ControllersWorkOverIt) {
  process_.start_dev({"--driver", "process", "--agents", "0"});
  read();
  const auto controllers = [&](const Command& more) {
    Command command{std::getenv("MUSTER_BINARY"), "controllers", "--controllers=cleanup"};
    command.insert(command.end(), more.begin(), more.end());
    Environment environment = process_.environment();
    environment.emplace_back("MUSTER_SERVER", "");
    BackgroundProcess process(command, environment);
    EXPECT_TRUE(eventually([&] { return process.out().rfind("ready ", 0) == 0; })) << process.err();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(), 0) << process.err();
  };
  controllers({"--config", kubeconfig()});
  controllers({"--server", "unix://" + process_.data() + "/muster.sock"});
}

TEST_F(Tls, TheAuthorityOutlivesTheServer) {
  start();
  const std::string authority = text_at(config_, "clusters.0.cluster.certificate-authority-data");
  write_text(process_.home() + "/kept", read_text(kubeconfig()));
  const std::string address = url().substr(8);
  EXPECT_EQ(process_.stop(), 0);
  start({"--listen", address, "--tls-san", "muster.example", "--tls-san", "10.9.8.7"});
  EXPECT_EQ(text_at(config_, "clusters.0.cluster.certificate-authority-data"), authority);
  const Ran kept = process_.muster({"get", "services", "--kubeconfig", process_.home() + "/kept"});
  EXPECT_EQ(kept.code, 0) << kept.err;
  std::string named = read_text(process_.home() + "/kept");
  const std::string server = "server: " + url();
  ASSERT_NE(named.find(server), std::string::npos) << named;
  named.replace(named.find(server), server.size(), server + "\n    tls-server-name: muster.example");
  write_text(process_.home() + "/named", named);
  const Ran by_name = process_.muster({"get", "services", "--kubeconfig", process_.home() + "/named"});
  EXPECT_EQ(by_name.code, 0) << by_name.err << named;
  named.replace(named.find("muster.example"), 14, "other.example");
  write_text(process_.home() + "/named", named);
  const Ran wrong = process_.muster({"get", "services", "--kubeconfig", process_.home() + "/named"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("the certificate is for localhost, "), std::string::npos) << wrong.err;
  EXPECT_NE(wrong.err.find("not for other.example"), std::string::npos) << wrong.err;
}

}  // namespace
}  // namespace muster::testing
