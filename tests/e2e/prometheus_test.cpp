// A real Prometheus with the configuration we ship sees the server and the agent.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/schema/json.h"
#include "api/schema/yaml.h"
#include "tests/support/http_call.h"
#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

std::string free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return std::to_string(ntohs(address.sin_port));
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  ASSERT_NE(text.find(from), std::string::npos) << from;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

class PrometheusTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_program({"sh", "-c", "command -v prometheus && command -v promtool"}).code != 0)
      GTEST_SKIP() << "no Prometheus is installed here";
    agent_ = "127.0.0.1:" + free_port();
    process_.start_dev({"--driver", "simulated", "--metrics-listen", agent_});
    process_.apply(definition("web", "sleep 1000") + service("web", 3));
    ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "3"));
  }
  std::string agent_;
  MusterProcess process_;
};

TEST_F(PrometheusTest, ToolFindsNothingToComplainOf) {
  for (const std::string& page : {process_.secure_url() + "/metrics", "https://" + agent_ + "/metrics",
                                  "https://" + agent_ + "/metrics/containers"}) {
    const std::string identity = process_.data() + "/monitoring";
    const Ran metrics = run_program({"curl", "-sS", "--fail", "--cacert", identity + "/ca.crt", "--cert",
                                     identity + "/client.crt", "--key", identity + "/client.key", page});
    ASSERT_EQ(metrics.code, 0) << page << metrics.err;
    EXPECT_NE(metrics.out.find("muster_"), std::string::npos);
    const Ran check = run_program({"promtool", "check", "metrics"}, {}, metrics.out);
    EXPECT_EQ(check.code, 0) << page << "\n" << check.out << check.err;
    EXPECT_EQ(check.out + check.err, "") << page;
  }
}

TEST_F(PrometheusTest, AllTargetsAreUp) {
  std::string configuration =
      read_text(std::string(std::getenv("MUSTER_SOURCES")) + "/manifests/monitoring/prometheus.yml");
  replace_all(configuration, "127.0.0.1:8700", process_.secure_url().substr(8));
  replace_all(configuration, "identity/", process_.data() + "/monitoring/");
  replace_all(configuration, "127.0.0.1:8701", agent_);
  replace_all(configuration, "scrape_interval: 15s", "scrape_interval: 1s");
  const std::string file = process_.home() + "/prometheus.yml";
  write_text(file, configuration);
  const Ran check = run_program({"promtool", "check", "config", file});
  ASSERT_EQ(check.code, 0) << check.out << check.err;

  const std::string address = "127.0.0.1:" + free_port();
  BackgroundProcess prometheus(
      {"prometheus", "--config.file=" + file, "--storage.tsdb.path=" + process_.home() + "/tsdb",
       "--web.listen-address=" + address, "--log.level=warn"},
      {});
  std::string body;
  const auto up = [&](const std::string& job) {
    return body.find("\"job\":\"" + job + "\"},\"value\":[") != std::string::npos;
  };
  // query=up == 1: only targets whose last scrape went well are in the answer.
  EXPECT_TRUE(eventually([&] {
    body = http_call("http://" + address, "GET", "/api/v1/query?query=up%20%3D%3D%201").body;
    return up("muster-server") && up("muster-agent") && up("muster-containers");
  })) << body
      << prometheus.err();
  // And it has what a user would ask for.
  EXPECT_TRUE(eventually([&] {
    body =
        http_call("http://" + address, "GET", "/api/v1/query?query=muster_agent_tasks%7Bstate%3D%22running%22%7D").body;
    const auto answer = parse_json(body);
    return answer.ok() && text_at(*answer, "data.result.0.value.1") == "3";
  })) << body;
  // Of each container too, by the names that dashboards ask for.
  EXPECT_TRUE(eventually([&] {
    body = http_call("http://" + address, "GET",
                     "/api/v1/query?query=count%28container_memory_working_set_bytes%7Bservice%3D%22web%22%2C"
                     "namespace%3D%22default%22%7D%29")
               .body;
    const auto answer = parse_json(body);
    return answer.ok() && text_at(*answer, "data.result.0.value.1") == "3";
  })) << body;
}

TEST_F(PrometheusTest, ATokenOfItsOwnIsEnoughOverTls) {
  const std::string made = process_.must({"token", "create", "--user", "prometheus", "--group", "system:monitoring"});
  const std::string token = process_.home() + "/prometheus.token";
  write_text(token, made);
  const auto documents = parse_yaml(read_text(process_.data() + "/kubeconfig"));
  ASSERT_TRUE(documents.ok());
  const std::string server = text_at(documents->front(), "clusters.0.cluster.server");
  std::string configuration =
      read_text(std::string(std::getenv("MUSTER_SOURCES")) + "/manifests/monitoring/prometheus-tls.yml");
  replace_all(configuration, "127.0.0.1:8700", server.substr(8));
  replace_all(configuration, "/etc/prometheus/muster.token", token);
  replace_all(configuration, "/etc/prometheus/muster-ca.crt", process_.data() + "/server/pki/ca.crt");
  replace_all(configuration, "scrape_interval: 15s", "scrape_interval: 1s");
  const std::string file = process_.home() + "/prometheus.yml";
  write_text(file, configuration);
  const std::string address = "127.0.0.1:" + free_port();
  BackgroundProcess prometheus(
      {"prometheus", "--config.file=" + file, "--storage.tsdb.path=" + process_.home() + "/tsdb",
       "--web.listen-address=" + address, "--log.level=warn"},
      {});
  std::string body;
  EXPECT_TRUE(eventually([&] {
    body = http_call("http://" + address, "GET", "/api/v1/query?query=up%20%3D%3D%201").body;
    return body.find("\"job\":\"muster-server\"},\"value\":[") != std::string::npos;
  })) << body
      << prometheus.err();
  // It reads figures and nothing else.
  const std::string header = "Authorization: Bearer " + made.substr(0, made.size() - 1) + "\r\n";
  EXPECT_EQ(http_call(process_.url(), "GET", "/metrics", "", header).status, 200);
  EXPECT_EQ(http_call(process_.url(), "GET", "/api/v1/secrets", "", header).status, 403);
}

}  // namespace
}  // namespace muster::testing
