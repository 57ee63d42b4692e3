// Runs a program to its end and takes what it writes to its standard output.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"

namespace muster::client {

struct Program {
  std::string command;  // a path, or a name to be looked for in the PATH
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // added to this process's own
  enum class Input { own, none } input = Input::none;            // standard input: this process's, or nothing
  std::size_t max_output = 1U << 20U;
  Duration patience = std::chrono::minutes(1);
};

// Descriptors that are to be its standard streams; -1: as the program says.
struct Redirected {
  int input = -1, output = -1;
};
// Starts it and leaves it to the caller, who waits for its pid; time and size are not looked at. 0, or an errno value.
int start_program(const Program& program, Redirected redirected, int& pid);

// Blocks. Its standard error is this process's. Code::not_found when there is no such program, Code::timeout when it
// takes too long and Code::too_large when it writes too much (it is then killed), Code::internal when it fails; no
// message shows what it wrote.
Result<std::string> output_of(const Program& program);

}  // namespace muster::client
