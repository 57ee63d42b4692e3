// The rows of tests/compat/client-node, each a test.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "api/base/text.h"
#include "tests/compat/client_node.h"

namespace muster::testing {
namespace {

const std::vector<std::string> rows = {"built_in_kinds",
                                       "every_kind",
                                       "exec",
                                       "informer",
                                       "informer_reconnects",
                                       "informer_relists",
                                       "json_patch_status_and_scale",
                                       "log_follow",
                                       "port_forward"};

class ClientNode : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!client_node_absent().empty()) GTEST_SKIP() << "NOT APPLICABLE: " << client_node_absent();
  }
};

TEST_P(ClientNode, row) {
  const RowResult result = run_client_node_row(GetParam());
  switch (result.kind) {
    case RowResult::Kind::passed: return;
    case RowResult::Kind::not_applicable: GTEST_SKIP() << "NOT APPLICABLE: " << result.why;
    case RowResult::Kind::failed: ADD_FAILURE() << result.why;
  }
}
INSTANTIATE_TEST_SUITE_P(Each, ClientNode, ::testing::ValuesIn(rows), [](const auto& row) { return row.param; });

TEST(ClientNodeRows, are_all_tests) {
  if (!client_node_absent().empty()) GTEST_SKIP() << "NOT APPLICABLE: " << client_node_absent();
  EXPECT_EQ(client_node_rows(), rows);
}

}  // namespace
}  // namespace muster::testing
