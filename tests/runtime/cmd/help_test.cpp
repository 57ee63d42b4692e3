// Help is read on terminals of 80 columns, and teaches by an example where a verb takes words.
#include <gtest/gtest.h>

#include "api/base/text.h"
#include "runtime/cmd/table_printer.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

TEST(Help, fits_80_columns) {
  for (const Verb* verb : all_verbs()) {
    const std::string text = help_text(*verb);
    for (const std::string_view line : split(text, '\n')) {
      EXPECT_LE(display_width(line), 80U) << verb->name << ": " << line;
    }
  }
}

TEST(Help, every_verb_has_a_summary_of_half_a_line) {
  for (const Verb* verb : all_verbs()) {
    EXPECT_FALSE(verb->summary.empty()) << verb->name;
    EXPECT_LE(display_width(verb->summary), 58U) << verb->name;
  }
}

}  // namespace
}  // namespace muster::cmd
