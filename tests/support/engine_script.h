// The scripts in hack/ that start container engines for tests.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "api/base/assert.h"
#include "tests/support/source_dir.h"

namespace muster::testing {

inline bool has_program(const std::string& name) {
  return std::system(("command -v " + name + " >/dev/null 2>&1").c_str()) == 0;
}

// hack/SCRIPT VERB DIRECTORY ARGUMENT: the last line that it prints; empty when it fails, why is on stderr then.
inline std::string run_engine_script(const std::string& script, const std::string& verb, const std::string& directory,
                                     const std::string& argument) {
  const std::filesystem::path path = source_dir() / "hack" / script;
  const std::string command = path.string() + " " + verb + " " + directory + " " + argument;
  FILE* pipe = ::popen(command.c_str(), "r");
  MUSTER_ASSERT(pipe != nullptr);
  std::string out;
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) out = buffer;
  const int status = ::pclose(pipe);
  while (!out.empty() && out.back() == '\n') out.pop_back();
  if (status != 0) std::fprintf(stderr, "%s failed\n", command.c_str());
  return status == 0 ? out : "";
}

}  // namespace muster::testing
