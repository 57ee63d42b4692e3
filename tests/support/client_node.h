// The JavaScript client of Kubernetes (tests/compat/client-node), installed from its registry, against a real server.
#pragma once

#include <string>
#include <vector>

#include "tests/support/muster_process.h"

namespace muster::testing {

// Why the rows cannot run here; empty when they can. The packages are installed by the first call, with `npm ci`, into
// the folder that MUSTER_CLIENT_NODE_DIR names.
const std::string& client_node_absent();

// The names of the rows that there are.
std::vector<std::string> client_node_rows();

// Runs one against the server, in a namespace of its own; a row that fails fails the test. MUSTER_TEST_IMAGE and
// MUSTER_TEST_COMMAND in its environment say what its tasks run.
void run_client_node_row(const MusterProcess& server, const std::string& row, const Environment& environment = {});

}  // namespace muster::testing
