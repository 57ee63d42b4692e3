#include "runtime/base/program_pages.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "api/base/text.h"

namespace muster {
namespace {

// In KiB.
std::int64_t resident_of_files() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("RssFile:")) continue;
    const std::string_view number = trim(std::string_view(line).substr(8));
    return parse_int(number.substr(0, number.find(' '))).value_or(0);
  }
  return 0;
}

int written_once = 7;

TEST(ProgramPages, LeaveMemoryAndComeBackWhenNeeded) {
  written_once = 8;
  const std::int64_t before = resident_of_files();
  drop_program_pages();
  const std::int64_t after = resident_of_files();
  EXPECT_LT(after, before);
  EXPECT_EQ(written_once, 8) << "what was written stays";
  EXPECT_EQ(str("a", 1), "a1") << "code and constants are there";
}

}  // namespace
}  // namespace muster
