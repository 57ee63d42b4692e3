// Tokens as their owner meets them: made, listed and revoked on the command line; kept only as hashes.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "api/base/text.h"
#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

class Tokens : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    process_ = new MusterProcess;
    process_->start_server({"--controllers=-service"});
  }
  static void TearDownTestSuite() {
    process_->stop();
    delete process_;
  }
  // The token that `muster token create` prints, and nothing but it.
  static std::string made(const Command& options) {
    Command command{"token", "create"};
    command.insert(command.end(), options.begin(), options.end());
    std::string out = process_->must(command);
    EXPECT_EQ(out.size(), 16U + 1 + 64 + 1) << out;
    if (!out.empty()) out.pop_back();
    return out;
  }
  static void has(const std::string& text, const std::string& word) {
    EXPECT_NE(text.find(word), std::string::npos) << word << " in:\n" << text;
  }
  static MusterProcess* process_;
};

MusterProcess* Tokens::process_ = nullptr;

TEST_F(Tokens, AreListedButNeverShownAgain) {
  const std::string user = made({"--user", "ann", "--group", "team", "--group", "night", "--description", "laptop"});
  const std::string join = made({"--ttl", "30m", "--uses", "3"});
  const std::string table = process_->must({"token", "list"});
  for (const char* word : {"ann", "team,night", "laptop", "a user", "joining", "3"}) has(table, word);
  for (const std::string& token : {user, join}) {
    const std::string id = token.substr(0, 16);
    const std::string secret = token.substr(17);
    has(table, id);
    EXPECT_EQ(table.find(secret), std::string::npos);
    const std::string kept = process_->must({"get", "secret", "token-" + id, "-n", "muster-system", "-o", "yaml"});
    EXPECT_EQ(kept.find(secret), std::string::npos) << kept;
    has(process_->must({"token", "delete", id}), "token " + id + " deleted");
    EXPECT_EQ(process_->must({"token", "list"}).find(id), std::string::npos);
    EXPECT_EQ(process_->muster({"token", "delete", id}).code, 1);
  }
}

TEST_F(Tokens, LetTheirUserInOverTls) {
  const std::string token = made({"--user", "ann", "--group", "team"});
  process_->must({"apply", "-f", "-"},
                 "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: team}\n"
                 "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n"
                 "subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: team}]\n");
  const auto with_user = [&](const std::string& name, const std::string& user) {
    const std::string path = process_->home() + "/" + name;
    write_text(path,
               "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: k, user: "
               "u}}]\nclusters: [{name: k, cluster: {server: '" +
                   process_->secure_url() + "', certificate-authority: " + process_->data() +
                   "/pki/ca.crt}}]\nusers: [{name: u, user: " + user + "}]\n");
    return path;
  };
  const auto get = [&](const std::string& kind, const std::string& config) {
    return process_->muster({"get", kind, "--kubeconfig", config});
  };
  write_text(process_->home() + "/ann.token", token + "\n");
  write_text(process_->home() + "/login",
             "#!/bin/sh\nprintf '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
             "\"status\":{\"token\":\"%s\"}}' \"$(cat " +
                 process_->home() + "/ann.token)\"\n");
  ASSERT_EQ(::chmod((process_->home() + "/login").c_str(), 0700), 0);
  const std::string program = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login}}";
  for (const std::string& config : {with_user("by-token", "{token: " + token + "}"),
                                    with_user("by-file", "{tokenFile: ann.token}"), with_user("by-program", program)}) {
    const Ran may = get("services", config);
    EXPECT_EQ(may.code, 0) << config << may.err;
    const Ran may_not = get("secrets", config);
    EXPECT_EQ(may_not.code, 1);
    has(may_not.err, "User \"ann\" cannot list resource \"secrets\"");
  }
  process_->must({"token", "delete", token.substr(0, 16)});
  const Ran revoked = get("services", process_->home() + "/by-token");
  EXPECT_EQ(revoked.code, 1);
  has(revoked.err, "Unauthorized: the token is not valid");
  EXPECT_EQ(revoked.err.find(token.substr(17)), std::string::npos);
}

TEST_F(Tokens, WhatMakesNoTokenIsRefused) {
  const struct {
    Command options;
    const char* why;
  } cases[] = {{{"--group", "team"}, "--group needs --user"},
               {{"--user", ""}, ""},
               {{"--user", "ann", "--uses", "2"}, "--uses is for join tokens"},
               {{"--user", "ann", "--ttl", "0s"}, "--ttl 0s"},
               {{"--ttl", "9000h"}, "at most 8760h"},
               {{"--ttl", "soon"}, "--ttl"},
               {{"--uses", "0"}, "--uses 0"},
               {{"--user", "ann", "--group", "a\nb"}, "one line"},
               {{"ann"}, "is no option"}};
  for (const auto& each : cases) {
    Command command{"token", "create"};
    command.insert(command.end(), each.options.begin(), each.options.end());
    const Ran ran = process_->muster(command);
    EXPECT_EQ(ran.code, 2) << join(command, " ");
    has(ran.err, each.why);
    EXPECT_EQ(ran.out, "");
  }
  // The argument list is no place for a token.
  const Ran ran = process_->muster({"token", "delete", "0123456789abcdef.00"});
  EXPECT_EQ(ran.code, 2);
  has(ran.err, "by their ID alone");
  EXPECT_EQ(process_->muster({"token", "delete"}).code, 2);
}

}  // namespace
}  // namespace muster::testing
