// Where the tree under test is: for samples, manifests and scripts.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace muster::testing {

// ctest says it; a test program started by hand finds it by where this header was.
inline std::filesystem::path source_dir() {
  if (const char* given = std::getenv("MUSTER_SOURCE_DIR")) return given;
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
}

}  // namespace muster::testing
