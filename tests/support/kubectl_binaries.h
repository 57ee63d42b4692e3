// The kubectls of this machine.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace muster::testing {

struct KubectlBinary {
  std::string path;
  int minor = 0;  // 27 of "v1.27.16"
};
// What a test that fails says.
inline void PrintTo(const KubectlBinary& binary, std::ostream* out) {
  *out << binary.path;
}

// Those named in KUBECTLS (separated by spaces or colons); without it, those that lie as kubectl.1.* beside the file
// that the kubectl on PATH resolves to (that one is then only a dispatcher); else the one on PATH. In order of their
// versions.
const std::vector<KubectlBinary>& kubectls();
// Paths among those that cannot be run.
const std::vector<std::string>& broken_kubectls();
// What KUBECTLS says, empty when it is not set.
std::string kubectls_variable();

}  // namespace muster::testing
