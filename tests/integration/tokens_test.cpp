// Tokens as their owner meets them: made, listed and revoked on the command line; kept only as hashes.
#include <gtest/gtest.h>

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
