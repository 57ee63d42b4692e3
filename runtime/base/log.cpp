#include "runtime/base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "runtime/base/loop.h"

namespace muster::log {

namespace {

constexpr std::size_t max_value_bytes = 2048;

std::atomic<Level> lowest = Level::info;

// Bytes of the character at the front; 0 when it is not UTF-8.
std::size_t character_length(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (valid_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20U || first == 0x7fU;
  // U+0080 to U+009F: terminals obey some of them.
  return character.size() == 2 && first == 0xc2U && static_cast<unsigned char>(character[1]) < 0xa0U;
}

// Escapes as JSON does; the same is readable in text.
void append_escaped(std::string& out, std::string_view text) {
  const bool cut = text.size() > max_value_bytes;
  if (cut) text = text.substr(0, max_value_bytes);
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) {
      out += "\uFFFD";
      text.remove_prefix(1);
      continue;
    }
    const std::string_view character = text.substr(0, length);
    if (character == "\"" || character == "\\") {
      out += '\\';
      out += character;
    } else if (character == "\n") {
      out += "\\n";
    } else if (character == "\t") {
      out += "\\t";
    } else if (is_control(character)) {
      out += "\\u" + hex(static_cast<unsigned char>(character.back()), 4);
    } else {
      out += character;
    }
    text.remove_prefix(length);
  }
  if (cut) out += "...";
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

bool needs_quotes(std::string_view value) {
  return value.empty() || value.find_first_of(" =\"\\") != std::string_view::npos;
}

std::string render_text(Level level, Time time, std::string_view message, Fields fields) {
  constexpr std::array<std::string_view, 4> names = {"DEBUG", "INFO ", "WARN ", "ERROR"};
  const std::string stamp = format_time(time);  // 2026-11-22T20:00:00.123Z
  std::string out = stamp.substr(11, 8);
  out += stamp.size() > 20 ? stamp.substr(19, 4) : ".000";
  out += ' ';
  out += names[static_cast<std::size_t>(level)];
  out += ' ';
  append_escaped(out, message);
  for (const Field& field : fields) {
    out += ' ';
    append_escaped(out, field.key);
    out += '=';
    if (needs_quotes(field.value)) {
      append_quoted(out, field.value);
    } else {
      append_escaped(out, field.value);
    }
  }
  return out + '\n';
}

// "nan" and "inf" are numbers in C++ and none in JSON.
bool json_number(std::string_view value) {
  return value.find_first_of("ni") == std::string_view::npos;
}
bool json_bare(const Field& field) {
  return field.bare && (field.value == "true" || field.value == "false" || json_number(field.value));
}

std::string render_json(Level level, Time time, std::string_view message, Fields fields) {
  std::string out = str(R"({"time":")", format_time(time), R"(","level":")", level_name(level), R"(","message":)");
  append_quoted(out, message);
  for (const Field& field : fields) {
    out += ',';
    append_quoted(out, field.key);
    out += ':';
    if (json_bare(field)) {
      out += field.value;
    } else {
      append_quoted(out, field.value);
    }
  }
  return out + "}\n";
}

// As syslog counts.
char priority(Level level) {
  switch (level) {
    case Level::debug: return '7';
    case Level::info: return '6';
    case Level::warning: return '4';
    case Level::error: return '3';
  }
  return '6';
}

// journald names the stream it reads, so that a redirected stderr does not get its prefixes.
bool stderr_is_the_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT: read once, before threads could change it
  struct stat info {};
  return stream != nullptr && ::fstat(STDERR_FILENO, &info) == 0 && str(info.st_dev, ':', info.st_ino) == stream;
}

Format stderr_format() {
  static const Format format = stderr_is_the_journal()        ? Format::journal
                               : ::isatty(STDERR_FILENO) != 0 ? Format::text
                                                              : Format::json;
  return format;
}

}  // namespace

std::string_view level_name(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: return "error";
  }
  return "info";
}

std::optional<Level> parse_level(std::string_view name) {
  for (const Level level : {Level::debug, Level::info, Level::warning, Level::error}) {
    if (level_name(level) == name) return level;
  }
  return std::nullopt;
}

std::string render(Format format, Level level, Time time, std::string_view message, Fields fields) {
  switch (format) {
    case Format::text: return render_text(level, time, message, fields);
    case Format::json: return render_json(level, time, message, fields);
    case Format::journal: return str('<', priority(level), '>', render_json(level, time, message, fields));
  }
  return {};
}

void set_level(Level level) {
  lowest.store(level, std::memory_order_relaxed);
}
bool enabled(Level level) {
  return level >= lowest.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view message, Fields fields) noexcept {
  if (!enabled(level)) return;
  try {
    const std::string line = render(stderr_format(), level, system_now(), message, fields);
    ssize_t written = 0;
    do {
      written = ::write(STDERR_FILENO, line.data(), line.size());
    } while (written < 0 && errno == EINTR);
  } catch (...) {  // NOLINT: out of memory; losing a line is better than losing the process
  }
}

}  // namespace muster::log
