// A kubeconfig as this program and kubectl write it.
#include "runtime/client/config.h"

#include <gtest/gtest.h>

#include "api/base/base64.h"
#include "api/base/text.h"
#include "runtime/base/file.h"
#include "tests/support/temporary_directory.h"

namespace muster::client {
namespace {

std::string config(const std::string& cluster, const std::string& user) {
  return str("apiVersion: v1\nkind: Config\ncurrent-context: c\n",
             "contexts: [{name: c, context: {cluster: k, user: u}}]\n",
             "clusters: [{name: k, cluster: {server: 'https://a:1', ", cluster, "}}]\n", "users: [{name: u, user: {",
             user, "}}]\n");
}

Error refused(const std::string& text) {
  const auto target = read_config(text, "/x/config", "");
  EXPECT_FALSE(target.ok());
  return target.ok() ? Error{} : target.error();
}

TEST(Config, comes_back_as_it_was_written) {
  ContextEntry entry{"dev", "https://127.0.0.1:8700", "default", "THE CA", pki::Pair{"THE CERTIFICATE", "THE KEY"}};
  const auto text = with_context("", entry);
  ASSERT_TRUE(text.ok());
  const auto target = read_config(*text, "config", "");
  ASSERT_TRUE(target.ok()) << target.error().message;
  EXPECT_EQ(target->server, entry.server);
  EXPECT_EQ(target->context, "dev");
  EXPECT_EQ(target->tls.authorities, "THE CA");
  EXPECT_EQ(target->tls.identity->certificate, "THE CERTIFICATE");
  EXPECT_EQ(target->tls.identity->key, "THE KEY");
  EXPECT_EQ(target->tls.trust, http::Trust::authorities);
  // A second one beside it; the first stays.
  const auto both = with_context(*text, ContextEntry{"other", "http://127.0.0.1:1", "n", {}, {}});
  EXPECT_EQ(read_config(*both, "config", "")->server, "http://127.0.0.1:1");
  EXPECT_EQ(read_config(*both, "config", "dev")->tls.authorities, "THE CA");
  EXPECT_FALSE(read_config(*both, "config", "")->tls.identity.has_value());
}

TEST(Config, files_lie_beside_it) {
  const testing::TemporaryDirectory directory;
  ASSERT_TRUE(write_file(directory / "ca.crt", "CA", 0600).ok());
  ASSERT_TRUE(write_file(directory / "me.crt", "ME", 0600).ok());
  ASSERT_TRUE(write_file(directory / "me.key", "KEY", 0600).ok());
  ASSERT_TRUE(write_file(directory / "token", "TOKEN\n", 0600).ok());
  const auto target = read_config(config("certificate-authority: ca.crt, tls-server-name: b",
                                         str("client-certificate: ", directory / "me.crt",
                                             ", client-key: me.key, tokenFile: ", directory / "token")),
                                  directory / "config", "");
  ASSERT_TRUE(target.ok()) << target.error().message;
  EXPECT_EQ(target->tls.authorities, "CA");
  EXPECT_EQ(target->tls.server_name, "b");
  EXPECT_EQ(target->tls.identity->certificate, "ME");
  EXPECT_EQ(target->tls.identity->key, "KEY");
  EXPECT_EQ(target->token, "TOKEN");
}

TEST(Config, tokens_and_blindness) {
  const auto target = read_config(config("insecure-skip-tls-verify: true", "token: abc"), "config", "");
  ASSERT_TRUE(target.ok()) << target.error().message;
  EXPECT_EQ(target->token, "abc");
  EXPECT_EQ(target->tls.trust, http::Trust::anything);
}

TEST(Config, what_cannot_be_used_is_named) {
  EXPECT_NE(refused(config("certificate-authority-data: '!'", "")).message.find("is not base64"), std::string::npos);
  EXPECT_NE(refused(config("certificate-authority: nowhere.crt", "")).message.find("/x/nowhere.crt"),
            std::string::npos);
  EXPECT_NE(
      refused(config("a: b", str("client-certificate-data: ", encode_base64("x")))).message.find("belong together"),
      std::string::npos);
  EXPECT_EQ(refused(config("a: b", "exec: {command: aws}")).code, Code::unsupported);
  EXPECT_EQ(refused(config("a: b", "auth-provider: {name: oidc}")).code, Code::unsupported);
  const Error token = refused(config("a: b", "token: \"se cret\""));
  EXPECT_EQ(token.code, Code::malformed);
  EXPECT_EQ(token.message.find("cret"), std::string::npos);
}

TEST(Config, a_token_file_goes_before_a_token) {
  const testing::TemporaryDirectory directory;
  ASSERT_TRUE(write_file(directory / "token", "NEW\n", 0600).ok());
  const auto target = read_config(config("a: b", "token: OLD, tokenFile: token"), directory / "config", "");
  ASSERT_TRUE(target.ok()) << target.error().message;
  EXPECT_EQ(target->token, "NEW");
}

TEST(Config, a_program_that_logs_in_is_told_of_the_cluster) {
  const std::string exec =
      "exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/login, args: [a, b], provideClusterInfo: true, "
      "interactiveMode: Never, installHint: get it, env: [{name: X, value: y}]}";
  const auto target = read_config(
      config("tls-server-name: n, extensions: [{name: client.authentication.k8s.io/exec, extension: {role: r}}]", exec),
      "/x/config", "");
  ASSERT_TRUE(target.ok()) << target.error().message;
  ASSERT_TRUE(target->exec);
  EXPECT_EQ(target->exec->command, "/x/bin/login");
  EXPECT_EQ(target->exec->arguments, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(target->exec->environment.front().second, "y");
  EXPECT_EQ(target->exec->install_hint, "get it");
  ASSERT_TRUE(target->exec->cluster);
  EXPECT_EQ(target->exec->cluster->text_of("server"), "https://a:1");
  EXPECT_EQ(target->exec->cluster->text_of("tls-server-name"), "n");
  EXPECT_EQ(target->exec->cluster->find("config")->text_of("role"), "r");
}

TEST(Config, the_place_follows_the_environment) {
  EXPECT_EQ(default_config_path(
                [](const char* name) -> std::string { return std::string(name) == "MUSTER_CONFIG" ? "/m" : "/k"; }),
            "/m");
  EXPECT_EQ(default_config_path(
                [](const char* name) -> std::string { return std::string(name) == "KUBECONFIG" ? ":/a:/b" : ""; }),
            "/a");
  EXPECT_EQ(
      default_config_path([](const char* name) -> std::string { return std::string(name) == "HOME" ? "/h" : ""; }),
      "/h/.config/muster/config");
}

// Nothing is written to what kubectl was told to use.
TEST(Config, its_own_place_is_never_kubectls) {
  EXPECT_EQ(own_config_path([](const char* name) -> std::string {
              return std::string(name) == "KUBECONFIG" ? "/k" : std::string(name) == "HOME" ? "/h" : "";
            }),
            "/h/.config/muster/config");
  EXPECT_EQ(own_config_path(
                [](const char* name) -> std::string { return std::string(name) == "MUSTER_CONFIG" ? "/m" : "/k"; }),
            "/m");
}

}  // namespace
}  // namespace muster::client
