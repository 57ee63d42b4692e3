// Other programs as a test runs them: to their end, or in the background until the test has done with them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace muster::testing {

using Command = std::vector<std::string>;
// NAME=VALUE, on top of this process's environment.
using Environment = std::vector<std::pair<std::string, std::string>>;

// How long a test waits for what must come. Long, because only a failure waits that long.
inline constexpr std::chrono::seconds patience{40};

// Asks again and again until the answer is yes; false when the patience is over.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit = patience);

// A program in the background with its output in files. Killed when the object goes, if it still runs then.
class BackgroundProcess {
 public:
  BackgroundProcess(const Command& command, const Environment& environment, const std::string& input = "");
  ~BackgroundProcess();
  BackgroundProcess(const BackgroundProcess&) = delete;
  BackgroundProcess& operator=(const BackgroundProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number) const;
  // Its exit code, or 128 + the signal that ended it, as shells say it. -1, and it is killed, when it does not end.
  int wait(std::chrono::milliseconds limit = patience);
  std::string out() const;
  std::string err() const;

 private:
  TemporaryDirectory folder_;
  pid_t pid_ = 0;
  int code_ = -1;
  bool ended_ = false;
};

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

// Runs it to its end.
Ran run_program(const Command& command, const Environment& environment = {}, const std::string& input = "");

// The whole file; empty when it cannot be read.
std::string read_text(const std::string& path);
void write_text(const std::string& path, const std::string& text);

}  // namespace muster::testing
