// The form of a log line: "2026-11-22T20:17:00.123456789Z stdout F text", one line of output a line. 'P' instead of 'F'
// marks a piece of a line that goes on in the next one. (Kubernetes' CRI form.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muster::drivers {

inline constexpr std::size_t log_stamp_size = 30;
inline constexpr std::size_t log_line_max = 16384;  // bytes of output in one line; longer ones are cut into pieces

// Writes log_stamp_size characters. Safe between fork and exec.
void format_log_stamp(std::int64_t nanoseconds_since_epoch, char* out);

struct LogLine {
  std::string_view stamp;
  std::string_view text;
  bool is_stderr = false;
  bool is_whole = true;  // false: a piece, no newline follows
};

// Takes one line, without its newline, apart. False when it has another form.
bool parse_log_line(std::string_view line, LogLine& out);

}  // namespace muster::drivers
