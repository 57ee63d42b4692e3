// Says which kubectls the suite runs, so that a machine without any does not look like one where all is well.
#include <iostream>

#include "tests/compat/kubectl.h"

namespace muster::testing {
namespace {

TEST(Kubectls, are_found) {
  for (const KubectlBinary& each : kubectls()) std::cout << "kubectl 1." << each.minor << ": " << each.path << "\n";
  for (const std::string& path : broken_kubectls()) {
    if (!kubectls_variable().empty()) ADD_FAILURE() << "KUBECTLS names " << path << ", which cannot be run";
  }
  if (!kubectls().empty() || !kubectls_variable().empty()) return;
  GTEST_SKIP() << "no kubectl on PATH and none named in KUBECTLS: nothing of this suite runs";
}

}  // namespace
}  // namespace muster::testing
