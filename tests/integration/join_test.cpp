// Hosts join a server by a token, keep their certificate, renew it, and lose it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>

#include "api/base/text.h"
#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

class Join : public ::testing::Test {
 protected:
  void start(const Command& more = {}) {
    process_.start_server(more);
    ASSERT_TRUE(eventually([&] { return process_.daemon().out().find("--token-file FILE\n") != std::string::npos; }));
    secure_ = process_.secure_url();
    hash_ = word_after("--ca-hash ");
  }
  std::string word_after(const std::string& mark) {
    const std::string out = process_.daemon().out();
    const std::size_t begin = out.find(mark) + mark.size();
    return out.substr(begin, out.find_first_of(" \n", begin) - begin);
  }
  // The file of a new join token.
  std::string token(const Command& more = {}) {
    Command command{"token", "create"};
    command.insert(command.end(), more.begin(), more.end());
    const std::string path = process_.home() + str("/token", ++tokens_);
    write_text(path, process_.must(command));
    return path;
  }
  std::string folder(const std::string& name) const { return process_.home() + "/" + name; }
  Command agent_command(const std::string& name, const Command& more) const {
    Command command{std::getenv("MUSTER_BINARY"),
                    "agent",
                    "--server",
                    secure_,
                    "--name",
                    name,
                    "--driver",
                    "process",
                    "--data-dir",
                    folder(name),
                    "--metrics-listen",
                    "off"};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
  std::unique_ptr<BackgroundProcess> agent(const std::string& name, const Command& more = {}) const {
    return std::make_unique<BackgroundProcess>(agent_command(name, more), process_.environment());
  }
  std::unique_ptr<BackgroundProcess> joined(const std::string& name) {
    auto started = agent(name, {"--token-file", token(), "--ca-hash", hash_});
    EXPECT_TRUE(process_.becomes("containerinstance", name, "status.connection", "Connected")) << started->err();
    return started;
  }
  // An agent that ends at once with this complaint.
  void fails(const Command& command, const std::string& why) const {
    const Ran ran = run_program(command, process_.environment());
    EXPECT_EQ(ran.code, 1) << ran.err;
    EXPECT_NE(ran.err.find(why), std::string::npos) << why << " is not in:\n" << ran.err;
  }
  static bool says(const BackgroundProcess& agent, const std::string& text) {
    return eventually([&] { return agent.err().find(text) != std::string::npos; });
  }

  MusterProcess process_;
  std::string secure_, hash_;
  int tokens_ = 0;
};

TEST_F(Join, OnceByATokenThenByTheCertificate) {
  start();
  auto host = joined("host-1");
  struct stat info {};
  ASSERT_EQ(::stat((folder("host-1") + "/agent.pem").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  process_.apply(definition("web", "sleep 1000") + service("web", 2));
  EXPECT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
  host->signal(SIGTERM);
  EXPECT_EQ(host->wait(), 0) << host->err();
  ASSERT_TRUE(process_.becomes("containerinstance", "host-1", "status.agent.connected", "false"));
  host = agent("host-1");
  EXPECT_TRUE(process_.becomes("containerinstance", "host-1", "status.connection", "Connected")) << host->err();
  // The server's authority and what it has let in outlive the server.
  EXPECT_EQ(process_.stop(), 0);
  start();
  EXPECT_TRUE(process_.becomes("containerinstance", "host-1", "status.connection", "Connected")) << host->err();
  EXPECT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
}

TEST_F(Join, IsRefusedInClearWords) {
  start();
  const std::string good = token();
  const auto attempt = [&](const std::string& name, const std::string& file, const std::string& hash) {
    return agent_command(name, {"--token-file", file, "--ca-hash", hash});
  };
  fails(agent_command("a", {}), "the host has to join: there is no certificate in ");
  fails(attempt("a", good, "sha256:" + std::string(64, '0')),
        "the server's authority is " + hash_ + ", not sha256:000");
  const std::string wrong = process_.home() + "/wrong";
  write_text(wrong, std::string(16, '0') + "." + std::string(64, '0') + "\n");
  fails(attempt("a", wrong, hash_), "the join token is not valid");
  const std::string short_lived = token({"--ttl", "1s"});
  ASSERT_TRUE(eventually([&] { return process_.must({"token", "list"}).find("expired") != std::string::npos; }));
  fails(attempt("a", short_lived, hash_), "the join token expired at ");
  const std::string user = token({"--user", "ann"});
  fails(attempt("a", user, hash_), "lets a user in");
  fails(attempt("a", process_.home() + "/nowhere", hash_), "--token-file");
  auto host = agent("a", {"--token-file", good, "--ca-hash", hash_});
  ASSERT_TRUE(process_.becomes("containerinstance", "a", "status.connection", "Connected")) << host->err();
  fails(attempt("b", good, hash_), "the join token has been used up");
  // Another host under the same name, and the same host under another.
  Command twin = attempt("a", token(), hash_);
  twin.insert(twin.end(), {"--data-dir", folder("twin")});
  fails(twin, "give this one another --name");
  Command renamed = agent_command("c", {});
  renamed.insert(renamed.end(), {"--data-dir", folder("a")});
  fails(renamed, "is the certificate of \"system:node:a\", and this agent is \"system:node:c\"");
  const struct {
    Command more;
    const char* why;
  } misuses[] = {{{"--token-file", good}, "belong together"},
                 {{"--ca-hash", hash_}, "belong together"},
                 {{"--token-file", good, "--ca-hash", "sha256:12"}, "64 lower-case hex digits"},
                 {{"--token-file", good, "--ca-hash", hash_, "--server", process_.url()}, "https://"}};
  for (const auto& each : misuses) {
    const Ran ran = run_program(agent_command("d", each.more), process_.environment());
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_NE(ran.err.find(each.why), std::string::npos) << ran.err;
  }
}

TEST_F(Join, RenewsWithoutLosingTheConnection) {
  start({"--agent-certificate-ttl", "6s"});
  auto host = joined("host-1");
  const std::string first = read_text(folder("host-1") + "/agent.pem");
  const std::string since = text_at(process_.get("containerinstance", "host-1"), "status.agent.since");
  const auto renewals = [&] {
    const std::string said = host->err();
    int count = 0;
    for (std::size_t at = said.find("certificate was renewed"); at != std::string::npos;
         at = said.find("certificate was renewed", at + 1)) {
      ++count;
    }
    return count;
  };
  // More than the life of the certificate by which the connection was made.
  ASSERT_TRUE(eventually([&] { return renewals() >= 3; })) << host->err();
  EXPECT_NE(read_text(folder("host-1") + "/agent.pem"), first);
  const Node instance = process_.get("containerinstance", "host-1");
  EXPECT_EQ(text_at(instance, "status.agent.since"), since) << "it is still the first connection";
  EXPECT_EQ(text_at(instance, "status.connection"), "Connected");
  // What is dialled anew is dialled with what was got last.
  EXPECT_EQ(process_.stop(), 0);
  start({"--agent-certificate-ttl", "1h"});
  EXPECT_TRUE(process_.becomes("containerinstance", "host-1", "status.connection", "Connected")) << host->err();
}

TEST_F(Join, ADeletedInstanceIsLetInNoMore) {
  start();
  auto host = joined("host-1");
  process_.must({"delete", "containerinstance/host-1"});
  EXPECT_TRUE(says(*host, "has been deleted")) << host->err();
  EXPECT_TRUE(says(*host, "the host has to join again with a token")) << host->err();
  EXPECT_EQ(process_.muster({"get", "containerinstance", "host-1"}).code, 1);
  host->signal(SIGTERM);
  EXPECT_EQ(host->wait(), 0);
  // With a token it may come back, once what it has is out of the way.
  ASSERT_EQ(::unlink((folder("host-1") + "/agent.pem").c_str()), 0);
  host = joined("host-1");
}

TEST_F(Join, FiguresAreShownToMonitoringAlone) {
  start();
  auto host = agent("host-1", {"--token-file", token(), "--ca-hash", hash_, "--metrics-listen", "127.0.0.1:0"});
  ASSERT_TRUE(says(*host, "/metrics\"")) << host->err();
  const std::string said = host->err();
  const std::string begin = "https://127.0.0.1:";
  const std::size_t at = said.find(begin);
  ASSERT_NE(at, std::string::npos) << said;
  const std::string port = said.substr(at + begin.size(), said.find('/', at + begin.size()) - at - begin.size());
  const std::string identity = process_.data() + "/monitoring";
  const auto fetch = [&](const std::string& name, const Command& more) {
    Command command{"curl",
                    "-sS",
                    "--fail-with-body",
                    "--cacert",
                    identity + "/ca.crt",
                    "--resolve",
                    str(name, ":", port, ":127.0.0.1"),
                    str("https://", name, ":", port, "/metrics")};
    command.insert(command.end(), more.begin(), more.end());
    return run_program(command);
  };
  const std::string name = "host-1.containerinstances.muster.dev";
  const Ran good = fetch(name, {"--cert", identity + "/client.crt", "--key", identity + "/client.key"});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_NE(good.out.find("muster_agent_tasks"), std::string::npos) << good.out;
  const Ran nobody = fetch(name, {});
  EXPECT_NE(nobody.code, 0);
  EXPECT_NE(nobody.out.find("show a certificate"), std::string::npos) << nobody.out;
  // The agent's own certificate is one of the authority, but of no reader of figures.
  const Ran other = fetch(name, {"--cert", folder("host-1") + "/agent.pem"});
  EXPECT_NE(other.code, 0);
  EXPECT_NE(other.out.find("is not in the group system:monitoring"), std::string::npos) << other.out;
  // It joined from 127.0.0.1, but under that address only the server may serve.
  const Ran address = fetch("127.0.0.1", {"--cert", identity + "/client.crt", "--key", identity + "/client.key"});
  EXPECT_NE(address.code, 0) << address.out;
}

TEST_F(Join, WaitsForAServerThatIsNotThereYet) {
  start();
  const std::string file = token();
  EXPECT_EQ(process_.stop(), 0);
  auto host = agent("host-1", {"--token-file", file, "--ca-hash", hash_});
  EXPECT_TRUE(says(*host, "will join when it does")) << host->err();
  start();
  EXPECT_TRUE(process_.becomes("containerinstance", "host-1", "status.connection", "Connected")) << host->err();
  auto ended = agent("host-2", {"--token-file", file, "--ca-hash", hash_, "--server", "https://127.0.0.1:1"});
  EXPECT_TRUE(says(*ended, "will join when it does")) << ended->err();
  ended->signal(SIGTERM);
  EXPECT_EQ(ended->wait(), 0);
}

}  // namespace
}  // namespace muster::testing
