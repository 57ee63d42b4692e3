// Programs that log users in: what they are told, what they may answer, and how long and how much.
#include "runtime/client/exec_plugin.h"

#include <gtest/gtest.h>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/client/program.h"

namespace muster::client {
namespace {

constexpr const char* v1 = "client.authentication.k8s.io/v1";

ExecPlugin shell(const std::string& script) {
  ExecPlugin plugin;
  plugin.api_version = v1;
  plugin.command = "sh";
  plugin.arguments = {"-c", script};
  plugin.interaction = ExecPlugin::Interaction::never;
  return plugin;
}

std::string answer(const std::string& status) {
  return str(R"({"apiVersion":")", v1, R"(","kind":"ExecCredential","status":)", status, "}");
}

std::string why_not(const Result<ExecCredential>& credential) {
  return credential.ok() ? "it was accepted" : credential.error().text();
}

TEST(ExecPlugin, answers_with_a_token_or_a_certificate) {
  const auto token =
      log_in(shell(str("echo '", answer(R"({"token":"abc","expirationTimestamp":"2030-01-01T00:00:00Z"})"), "'")));
  ASSERT_TRUE(token.ok()) << token.error().text();
  EXPECT_EQ(token->token, "abc");
  EXPECT_EQ(format_time(token->expires), "2030-01-01T00:00:00Z");
  EXPECT_FALSE(token->identity);
  const auto pair = read_exec_credential(answer(R"({"clientCertificateData":"C","clientKeyData":"K"})"), v1);
  ASSERT_TRUE(pair.ok());
  EXPECT_EQ(pair->identity->certificate, "C");
  EXPECT_EQ(pair->identity->key, "K");
  EXPECT_FALSE(is_set(pair->expires));
}

TEST(ExecPlugin, is_told_what_it_is_asked_for) {
  ExecPlugin plugin = shell(R"~(test "$GREETING" = hello && test "$PATH" != "" || exit 3
      told=$(printf %s "$KUBERNETES_EXEC_INFO" | tr -d '" ')
      printf '{"apiVersion":"%s","kind":"ExecCredential","status":{"token":"%s"}}' "$VERSION" "$told")~");
  plugin.environment = {{"GREETING", "hello"}, {"VERSION", v1}};
  plugin.cluster = Node::map();
  plugin.cluster->at("server") = Node::of(std::string("https://a"));
  const auto credential = log_in(plugin);
  ASSERT_TRUE(credential.ok()) << credential.error().text();
  EXPECT_EQ(credential->token,
            str("{kind:ExecCredential,apiVersion:", v1, ",spec:{cluster:{server:https://a},interactive:false}}"));
}

TEST(ExecPlugin, that_is_missing_says_how_to_get_it) {
  ExecPlugin plugin = shell("");
  plugin.command = "muster-no-such-login";
  plugin.install_hint = "apt-get install login-helper";
  const std::string why = why_not(log_in(plugin));
  EXPECT_NE(why.find("muster-no-such-login was not found"), std::string::npos) << why;
  EXPECT_NE(why.find("apt-get install login-helper"), std::string::npos) << why;
}

TEST(ExecPlugin, what_it_wrote_is_never_shown) {
  for (
      const std::string& script :
      {std::string("echo hunter2; exit 4"), std::string("echo hunter2"), "echo '" + answer("\"hunter2\"") + "'",
       "echo '" + answer(R"({"clientKeyData":"hunter2"})") + "'",
       "echo '" + answer(R"({"token":"hunter2","expirationTimestamp":"hunter2"})") + "'",
       std::string(
           R"(echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"hunter2"}}')"),
       "echo '" + answer("{}") + "'", std::string("echo hunter2; kill -9 $$")}) {
    const std::string why = why_not(log_in(shell(script)));
    EXPECT_NE(why.find("exec: sh"), std::string::npos) << why;
    EXPECT_EQ(why.find("hunter2"), std::string::npos) << why;
  }
}

TEST(Program, is_bounded_in_time_and_output) {
  Program endless{"sh", {"-c", "exec sleep 1000"}, {}};
  endless.patience = std::chrono::milliseconds(50);
  EXPECT_EQ(output_of(endless).error().code, Code::timeout);
  Program loud{"sh", {"-c", "exec yes"}, {}};
  loud.max_output = 10'000;
  EXPECT_EQ(output_of(loud).error().code, Code::too_large);
  EXPECT_EQ(output_of({"muster-no-such-program", {}, {}}).error().code, Code::not_found);
  const auto failed = output_of({"sh", {"-c", "exit 7"}, {}});
  EXPECT_NE(failed.error().message.find("exit code 7"), std::string::npos);
  // Without a terminal to read from it meets the end of its input.
  EXPECT_EQ(output_of({"sh", {"-c", "cat; echo done"}, {}}).value(), "done\n");
}

}  // namespace
}  // namespace muster::client
