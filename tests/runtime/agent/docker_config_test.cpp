// Credentials as Docker's client and Kubernetes' Secrets write them.
#include "runtime/agent/docker_config.h"

#include <gtest/gtest.h>

namespace muster::agent {
namespace {

constexpr const char* config = R"({"auths": {
  "127.0.0.1:5000": {"auth": "bWU6czpjcmV0"},
  "https://index.docker.io/v1/": {"username": "hub", "password": "word"},
  "https://reg.example.com/v2/": {"identitytoken": "token"},
  "bad.example.com": {"auth": "bWU="}},
  "credHelpers": {"ecr.example.com": "ecr-login"}})";

TEST(DockerConfig, EntriesAreFoundByTheirRegistry) {
  const auto local = auth_in_docker_config(config, "127.0.0.1:5000");
  ASSERT_TRUE(local.ok());
  EXPECT_EQ(local->username, "me");
  EXPECT_EQ(local->password, "s:cret");
  EXPECT_EQ(local->registry, "127.0.0.1:5000");
  const auto hub = auth_in_docker_config(config, "docker.io");
  ASSERT_TRUE(hub.ok());
  EXPECT_EQ(hub->username, "hub");
  EXPECT_EQ(hub->registry, "https://index.docker.io/v1/");
  EXPECT_EQ(auth_in_docker_config(config, "reg.example.com")->identity_token, "token");
  EXPECT_TRUE(auth_in_docker_config(config, "other.example.com")->empty());
  EXPECT_TRUE(auth_in_docker_config("{}", "docker.io")->empty());
}

TEST(DockerConfig, WhatCannotBeUsedIsSaidWithoutItsValues) {
  const auto helper = auth_in_docker_config(config, "ecr.example.com");
  ASSERT_FALSE(helper.ok());
  EXPECT_NE(helper.error().message.find("helper program"), std::string::npos);
  const auto bad = auth_in_docker_config(config, "bad.example.com");
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().message.find("bWU"), std::string::npos);
  const auto broken = auth_in_docker_config(R"({"auths": {"a": {"password": "secret)", "a");
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.error().message.find("secret"), std::string::npos);
  EXPECT_FALSE(auth_in_docker_config_file("/no/such/file", "a").ok());
}

}  // namespace
}  // namespace muster::agent
