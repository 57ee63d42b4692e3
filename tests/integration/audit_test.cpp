// The audit log of the program: who did what with which result, and never a secret.
#include <gtest/gtest.h>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "tests/support/http_call.h"
#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

class Audit : public ::testing::Test {
 protected:
  void start(const Command& more = {}) {
    Command options{"--controllers=-service"};
    options.insert(options.end(), more.begin(), more.end());
    process_.start_server(options);
  }
  std::string path() const { return process_.data() + "/audit/audit.log"; }
  std::vector<Node> events() const {
    std::vector<Node> out;
    const std::string text = read_text(path());
    for (const std::string_view line : split(text, '\n')) {
      if (line.empty()) continue;
      auto node = parse_json(line);
      EXPECT_TRUE(node.ok()) << line;
      if (node.ok()) out.push_back(std::move(node).value());
    }
    return out;
  }
  // The first one that has these values, once it is there; it is written within a moment of the answer.
  Node event(const std::vector<std::pair<std::string, std::string>>& wanted) const {
    Node found;
    EXPECT_TRUE(eventually([&] {
      for (const Node& each : events()) {
        bool same = true;
        for (const auto& [where, value] : wanted) same = same && text_at(each, where) == value;
        if (same) found = each;
        if (same) return true;
      }
      return false;
    })) << wanted.front().second
        << " in:\n"
        << read_text(path());
    return found;
  }

  MusterProcess process_;
};

TEST_F(Audit, TellsWhoDidWhat) {
  start();
  const std::string token = process_.must({"token", "create", "--user", "ann"});
  const std::string bearer = "Bearer " + token.substr(0, token.size() - 1);
  process_.must({"apply", "-f", "-"},
                "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: hunter2-the-secret}\n");
  const Node made = event({{"objectRef.resource", "secrets"}, {"objectRef.name", "db"}, {"verb", "create"}});
  EXPECT_EQ(text_at(made, "user.username"), "system:admin");
  EXPECT_EQ(text_at(made, "sourceIPs.0"), "127.0.0.1");
  EXPECT_EQ(text_at(made, "stage"), "ResponseComplete");
  EXPECT_EQ(text_at(made, "objectRef.namespace"), "default");
  process_.must({"get", "secret", "db"});
  event({{"objectRef.name", "db"}, {"verb", "get"}, {"responseStatus.code", "200"}});
  // What was made has a name even if the request had none.
  EXPECT_FALSE(
      text_at(event({{"verb", "create"}, {"objectRef.namespace", "muster-system"}}), "objectRef.name").empty());

  const auto call = [&](const std::string& target, const std::string& header) {
    return http_call(process_.url(), "GET", target, "", header + "\r\n").status;
  };
  EXPECT_EQ(call("/api/v1/configmaps?token=hunter2-in-the-query", "Authorization: " + bearer), 403);
  const Node refused = event({{"user.username", "ann"}, {"responseStatus.code", "403"}});
  EXPECT_EQ(refused.find("annotations")->text_of("authorization.k8s.io/decision"), "forbid");
  EXPECT_EQ(call("/api/v1/configmaps", "Authorization: Bearer hunter2-wrong-token"), 401);
  event({{"responseStatus.code", "401"}});
  EXPECT_EQ(call("/api/v1/secrets", "Impersonate-User: bob"), 403);
  const Node as_bob = event({{"impersonatedUser.username", "bob"}});
  EXPECT_EQ(text_at(as_bob, "user.username"), "system:admin");

  const std::string all = read_text(path());
  for (const std::string& secret : {std::string("hunter2"), std::string("aHVudGVyMi"), bearer.substr(7 + 17)}) {
    EXPECT_EQ(all.find(secret), std::string::npos) << secret;
  }
  // Ordinary reads are not of this level.
  process_.must({"get", "services"});
  process_.must({"delete", "secret", "db"});
  event({{"objectRef.name", "db"}, {"verb", "delete"}});
  for (const Node& each : events()) EXPECT_NE(text_at(each, "objectRef.resource"), "services");
  const std::string metrics = http_call(process_.url(), "GET", "/metrics").body;
  EXPECT_NE(metrics.find("muster_audit_events_total "), std::string::npos);
  EXPECT_NE(metrics.find("muster_audit_dropped_total 0"), std::string::npos);
}

TEST_F(Audit, LogsReadsOnRequestAndNothingWhenOff) {
  start({"--audit-level", "all"});
  process_.must({"get", "services"});
  event({{"objectRef.resource", "services"}, {"verb", "list"}});
  http_call(process_.url(), "GET", "/metrics");
  process_.must({"get", "clusters"});
  event({{"objectRef.resource", "clusters"}, {"verb", "list"}});
  EXPECT_EQ(read_text(path()).find("/metrics"), std::string::npos);
  EXPECT_EQ(process_.stop(), 0);
  const std::string before = read_text(path());
  start({"--audit-log", "off"});
  process_.must({"get", "services"});
  EXPECT_EQ(process_.stop(), 0);
  EXPECT_EQ(read_text(path()), before);
  EXPECT_EQ(process_.muster({"server", "--audit-level", "some"}).code, 2);
}

}  // namespace
}  // namespace muster::testing
