// The rows of tests/compat/client-node, each a test. What needs real containers is in tests/e2e/streams_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "api/base/text.h"
#include "tests/compat/kubectl.h"
#include "tests/support/client_node.h"

namespace muster::testing {
namespace {

const std::vector<std::string> rows = {"built_in_kinds",      "every_kind",       "informer",
                                       "informer_reconnects", "informer_relists", "json_patch_status_and_scale",
                                       "log_follow"};

class ClientNode : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!client_node_absent().empty()) GTEST_SKIP() << "NOT APPLICABLE: " << client_node_absent();
  }
};

TEST_P(ClientNode, row) {
  run_client_node_row(shared_server(), GetParam());
}
INSTANTIATE_TEST_SUITE_P(Each, ClientNode, ::testing::ValuesIn(rows), [](const auto& row) { return row.param; });

TEST(ClientNodeRows, are_all_tests) {
  if (!client_node_absent().empty()) GTEST_SKIP() << "NOT APPLICABLE: " << client_node_absent();
  std::vector<std::string> all = rows;
  for (const char* elsewhere : {"exec", "port_forward"}) all.emplace_back(elsewhere);
  std::ranges::sort(all);
  EXPECT_EQ(client_node_rows(), all);
}

}  // namespace
}  // namespace muster::testing
