// The tar of this machine, as one end of a copy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"

namespace muster::cmd {

// What its pipe is to us.
enum class ArchiverEnd { reads, writes };

// A `tar` that runs. Dropping it ends it.
class Archiver {
 public:
  Archiver() = default;
  ~Archiver();
  Archiver(const Archiver&) = delete;
  Archiver& operator=(const Archiver&) = delete;

  // `end`: whether tar reads an archive from us, or writes one.
  Status start(const std::vector<std::string>& arguments, ArchiverEnd end);
  // Our end of the pipe.
  int descriptor() const { return pipe_; }
  // False when it does not take it any more.
  bool write(std::string_view bytes);
  // Closes the pipe and waits. Its messages are on our standard error.
  Status finish();

 private:
  void close_pipe();

  int pipe_ = -1;
  int pid_ = 0;
};

}  // namespace muster::cmd
