// The JavaScript client of Kubernetes (tests/compat/client-node), installed from its registry, against a real server.
#pragma once

#include <string>
#include <vector>

namespace muster::testing {

// Why the rows cannot run here; empty when they can. The packages are installed by the first call, with `npm ci`, into
// the folder that MUSTER_CLIENT_NODE_DIR names.
const std::string& client_node_absent();

// The names of the rows that there are.
std::vector<std::string> client_node_rows();

struct RowResult {
  enum class Kind { passed, failed, not_applicable };
  Kind kind = Kind::failed;
  std::string why;
};
// Runs one against the server that all tests of this program share, in a namespace of its own.
RowResult run_client_node_row(const std::string& row);

}  // namespace muster::testing
