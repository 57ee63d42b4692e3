// The reference page names every kind and every field.
#include "api/types/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/base/text.h"
#include "api/types/kinds.h"

namespace muster {
namespace {

TEST(Reference, HasEveryKindAndField) {
  const std::string page = reference_markdown();
  for (const Kind& kind : all_kinds()) EXPECT_THAT(page, ::testing::HasSubstr(str("\n## ", kind.kind, "\n")));
  for (const std::string_view part :
       {"### ContainerDefinition\n", "### Condition\n", "### TaskStatus\n", "| `readonlyRootFilesystem` |",
        "`memberOf`, `distinctInstance`", "[]ContainerDefinition", "0 to 100000"}) {
    EXPECT_THAT(page, ::testing::HasSubstr(std::string(part)));
  }
  // Each part stands on the page once.
  EXPECT_EQ(page.find("### Condition\n"), page.rfind("### Condition\n"));
  // No row is broken by its content.
  for (const std::string_view line : split(page, '\n')) {
    if (line.starts_with("| `")) {
      EXPECT_TRUE(line.ends_with(" |")) << line;
    }
  }
}

}  // namespace
}  // namespace muster
