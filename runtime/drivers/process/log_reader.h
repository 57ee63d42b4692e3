// Reads the log files of one container, through rotations.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/drivers/base/driver.h"
#include "runtime/drivers/process/file.h"

namespace muster::drivers {

class LogReader {
 public:
  using Emit = std::function<void(std::string_view bytes, bool is_stderr)>;
  enum class Progress { more, end };

  // `directory` of the container. Opens what is there now.
  LogReader(std::string directory, const LogOptions& options);
  // Emits up to one block. `end`: nothing more for now; a follower calls again later.
  Progress read(const Emit& emit);
  // Ends it, also from inside `emit`, which is then not called again.
  void stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }

 private:
  void open_files();
  void skip_to_tail(std::int64_t lines);
  bool open_next();
  void emit_lines(const Emit& emit);

  std::string directory_;
  std::string since_;  // as a stamp; empty: all
  bool timestamps_;
  bool stopped_ = false;
  std::vector<Descriptor> files_;  // the oldest first; the front is being read
  std::string pending_;            // read, not yet a whole line
  bool line_begun_ = false;        // the last piece emitted had no newline
};

}  // namespace muster::drivers
