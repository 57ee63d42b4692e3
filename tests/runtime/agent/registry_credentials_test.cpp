// What Secrets say to registries, and what is said of those that cannot be used.
#include "runtime/agent/registry_credentials.h"

#include <gtest/gtest.h>

namespace muster::agent {
namespace {

task::ConfigContents secret(std::map<std::string, std::string, std::less<>> texts) {
  task::ConfigContents out;
  out.texts = std::move(texts);
  return out;
}

TEST(RegistryCredentials, NameAndPasswordGoToTheRegistryOfTheImage) {
  const auto auth = auth_in_secret(secret({{"username", "me"}, {"password", "w0rd"}}), "127.0.0.1:5000");
  ASSERT_TRUE(auth.ok()) << auth.error().message;
  EXPECT_EQ(auth->registry, "127.0.0.1:5000");
  EXPECT_EQ(auth->username, "me");
  EXPECT_EQ(auth->password, "w0rd");
  EXPECT_EQ(auth_in_secret(secret({{"username", "me"}, {"password", "w0rd"}}), "docker.io")->registry,
            "https://index.docker.io/v1/");
}

TEST(RegistryCredentials, DockersConfigurationHasAnEntryForTheRegistry) {
  const auto config = secret({{".dockerconfigjson", R"({"auths": {"127.0.0.1:5000": {"auth": "bWU6czpjcmV0"}}})"}});
  const auto auth = auth_in_secret(config, "127.0.0.1:5000");
  ASSERT_TRUE(auth.ok()) << auth.error().message;
  EXPECT_EQ(auth->username, "me");
  EXPECT_EQ(auth->password, "s:cret");
  const auto none = auth_in_secret(config, "docker.io");
  ASSERT_FALSE(none.ok()) << "who names credentials does not want to be nobody";
  EXPECT_EQ(none.error().message, "it has no credentials for the registry docker.io");
}

TEST(RegistryCredentials, WhatCannotBeUsedIsSaidWithoutItsValues) {
  for (const auto& texts : {secret({{"username", "me"}}), secret({{"password", "w0rd"}}), secret({}),
                            secret({{"username", ""}, {"password", "w0rd"}}),
                            secret({{".dockerconfigjson", R"({"auths": {"a": {"password": "w0rd)"}})}) {
    const auto auth = auth_in_secret(texts, "a");
    ASSERT_FALSE(auth.ok());
    EXPECT_EQ(auth.error().code, Code::invalid);
    EXPECT_EQ(auth.error().message.find("w0rd"), std::string::npos) << auth.error().message;
  }
}

}  // namespace
}  // namespace muster::agent
