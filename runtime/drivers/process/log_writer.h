// Writes the log of one container. Lives in the supervisor: between fork and exit, so it neither allocates nor locks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/drivers/process/log_format.h"

namespace muster::drivers {

enum class LogStream { out, err };

class LogWriter {
 public:
  // Files "log", "log.1" ... in the directory of the descriptor. `files_max` counts all of them, 1 to 9.
  LogWriter(int directory, std::int64_t bytes_max, int files_max)
      : directory_(directory), bytes_max_(bytes_max), files_max_(files_max) {}

  // Takes output as it was read. Whole lines are written at once; what cannot be written (disk full) is dropped.
  void write(LogStream stream, const char* bytes, std::size_t size, std::int64_t now_ns);
  // The last line, if it has no newline.
  void flush(std::int64_t now_ns);

 private:
  struct Partial {
    char bytes[log_line_max];
    std::size_t size = 0;
  };
  void put(LogStream stream, const char* text, std::size_t size, char tag, std::int64_t now_ns);
  void store();
  void rotate();

  int directory_;
  std::int64_t bytes_max_;
  int files_max_;
  int file_ = -1;
  std::int64_t file_size_ = 0;
  Partial partial_[2];
  char block_[65536];  // lines that go out in one write
  std::size_t block_size_ = 0;
};

}  // namespace muster::drivers
