// Nothing that came from a Secret stays in a text that an engine or a registry answered with.
#include "runtime/agent/redaction.h"

#include <gtest/gtest.h>

#include "api/base/base64.h"

namespace muster::agent {
namespace {

task::Configured configured_with(std::vector<task::ConfigVariable> secrets,
                                 std::vector<task::ConfigVariable> log_options) {
  task::Configured out;
  out.secrets = std::move(secrets);
  out.log_options = std::move(log_options);
  return out;
}

TEST(RedactionTest, a_value_goes_wherever_it_stands) {
  const Redaction redact(configured_with({{"PASSWORD", "hunter2", true}}, {}));
  EXPECT_EQ(redact("hunter2: hunter2hunter2, hunter"), "***: ******, hunter");
}

TEST(RedactionTest, what_is_of_no_secret_stays) {
  const Redaction redact(configured_with({{"PLACE", "Berlin", false}, {"ON", "yes", true}}, {{"tag", "web", false}}));
  EXPECT_TRUE(redact.empty());
  EXPECT_EQ(redact("yes, Berlin has web"), "yes, Berlin has web");
}

TEST(RedactionTest, a_quoted_value_is_recognised) {
  const Redaction redact(configured_with({{"A", "with \"quotes\"\nand lines", true}}, {}));
  EXPECT_EQ(redact(R"(invalid: "with \"quotes\"\nand lines")"), R"(invalid: "***")");
}

TEST(RedactionTest, of_a_log_option_the_parts_too) {
  const Redaction redact(configured_with({}, {{"syslog-address", "udp://token@logs.internal:5140/x", true}}));
  EXPECT_EQ(redact("dial udp: lookup logs.internal on 10.0.0.2:53: port 5140, udp://token@logs.internal:5140/x"),
            "dial udp: lookup *** on 10.0.0.2:53: port ***, ***");
}

TEST(RedactionTest, a_short_log_option_goes_too) {
  const Redaction redact(configured_with({}, {{"max-file", "-1", true}}));
  EXPECT_EQ(redact("max-file cannot be less than 1: -1"), "max-file cannot be less than 1: ***");
}

TEST(RedactionTest, the_longest_value_goes_first) {
  const Redaction redact(configured_with({{"A", "pass", true}, {"B", "password", true}}, {}));
  EXPECT_EQ(redact("password pass"), "*** ***");
}

TEST(RedactionTest, a_registry_that_quotes_credentials) {
  drivers::RegistryAuth auth;
  auth.username = "me";
  auth.password = "p\"w";
  EXPECT_EQ(Redaction(auth)("no: p\"w, \"p\\\"w\", Basic " + encode_base64("me:p\"w")), "no: ***, \"***\", Basic ***");
  drivers::RegistryAuth by_token;
  by_token.identity_token = "eyJ0";
  EXPECT_EQ(Redaction(by_token)("bad token eyJ0"), "bad token ***");
  EXPECT_TRUE(Redaction(drivers::RegistryAuth{}).empty());
}

TEST(RedactionTest, errors_keep_their_code) {
  const Redaction redact(configured_with({{"A", "hunter2", true}}, {}));
  const Error error = redact(Error{Code::invalid, "not hunter2", {}});
  EXPECT_EQ(error.code, Code::invalid);
  EXPECT_EQ(error.message, "not ***");
}

}  // namespace
}  // namespace muster::agent
