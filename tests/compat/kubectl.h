// The kubectls of this machine, each run against one real server.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/kubectl_binaries.h"
#include "tests/support/muster_process.h"

namespace muster::testing {

// `muster dev` with two agents and simulated containers, started by the first test that needs it and ended with the
// last one.
MusterProcess& shared_server();

// Each test runs once for every kubectl, with a home of its own (kubectl caches what it discovers there), in a
// namespace of its own.
class KubectlTest : public ::testing::TestWithParam<KubectlBinary> {
 protected:
  void SetUp() override;

  // Runs it to its end.
  Ran run(const Command& arguments, const std::string& input = "", const Environment& more = {}) const;
  // The same; fails the test when it fails. What it printed.
  std::string must(const Command& arguments, const std::string& input = "", const Environment& more = {}) const;
  // It must fail with exit code 1 and these words on stderr.
  void refused(const Command& arguments, const std::string& words, const std::string& input = "") const;
  std::unique_ptr<BackgroundProcess> start(const Command& arguments) const;

  int minor() const { return GetParam().minor; }
  const std::string& ns() const { return namespace_; }
  std::string file(const std::string& name, const std::string& text) const;

  // Manifests without a namespace. The service's containers run as soon as they are placed.
  static std::string definition(const std::string& name, const std::string& labels = "{}");
  static std::string service(const std::string& name, int desired, const std::string& labels = "{}");
  // Creates both, by kubectl.
  void create_service(const std::string& name, int desired, const std::string& labels = "{}") const;

 private:
  Command command(const Command& arguments) const;
  Environment environment(const Environment& more) const;

  TemporaryDirectory home_;
  std::string namespace_;
};

std::string kubectl_name(const ::testing::TestParamInfo<KubectlBinary>& info);

// A row of the checklist that a version of kubectl does not have.
#define NOT_APPLICABLE(reason) GTEST_SKIP() << "not applicable: kubectl 1." << minor() << " " << (reason)

#define FOR_EVERY_KUBECTL(suite)                        \
  GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(suite); \
  INSTANTIATE_TEST_SUITE_P(Each, suite, ::testing::ValuesIn(kubectls()), kubectl_name)

}  // namespace muster::testing
