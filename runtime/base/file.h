// Files, as the rest of runtime/ needs them: bounded reads, writes that are there whole or not at all, one owner at a
// time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "api/base/error.h"

namespace muster {

// The whole file. not_found, forbidden, or too_large above `max_bytes`; also for files of /proc, which have no size.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

// Replaces the file in one step and makes that durable: a crash leaves the old or the new contents, never a mixture.
// The permissions become exactly `mode`.
Status write_file(const std::string& path, std::string_view contents, unsigned mode);

// All of it, however often that must be begun; false, with errno, when it cannot be written.
bool write_all(int descriptor, std::string_view bytes);

// The folder and its parents. Folders that exist keep their permissions.
Status make_directories(const std::string& path, unsigned mode);

// Holds a file for one process until destroyed. The file stays behind; its lock goes with the process however it ends.
class LockFile {
 public:
  // already_exists when another process holds it; the message names that process.
  static Result<LockFile> acquire(const std::string& path);
  ~LockFile();
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;

 private:
  explicit LockFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace muster
