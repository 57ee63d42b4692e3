// Structured log lines on stderr: text for people on a terminal, JSON lines for machines.
//   log::info("task started", {{"task", key}, {"containers", 3}});
// Any thread; never throws; each line is one write, so that lines of several processes do not mix.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "api/base/error.h"
#include "api/base/text.h"
#include "api/base/time.h"

namespace muster::log {

enum class Level { debug, info, warning, error };
std::string_view level_name(Level level);
// "debug", "info", "warning", "error".
std::optional<Level> parse_level(std::string_view name);

// What is said about one thing. Numbers and booleans stay such in JSON. An Error shows its message.
struct Field {
  template <class T>
  Field(std::string_view field_key, const T& field_value) : key(field_key) {
    if constexpr (std::is_same_v<T, Error>) {
      value = field_value.message;
    } else if constexpr (std::is_same_v<T, Duration>) {
      value = format_duration(field_value);
    } else {
      bare = std::is_arithmetic_v<T> && !std::is_same_v<T, char>;
      value = str(field_value);
    }
  }
  std::string_view key;
  std::string value;
  bool bare = false;
};
using Fields = std::initializer_list<Field>;

enum class Format {
  text,     // 20:00:00.123 INFO  task started task=default/web
  json,     // {"time":"2026-11-22T20:00:00.123Z","level":"info","message":"task started","task":"default/web"}
  journal,  // JSON after "<6>", the priority as journald reads it
};

// One line with its end. Control characters are escaped, values are cut at 2 KiB, what is not UTF-8 is replaced.
std::string render(Format format, Level level, Time time, std::string_view message, Fields fields);

// Messages below the level are dropped. Info until this is called.
void set_level(Level level);
bool enabled(Level level);
void write(Level level, std::string_view message, Fields fields) noexcept;

inline void debug(std::string_view message, Fields fields = {}) {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
  write(Level::info, message, fields);
}
inline void warning(std::string_view message, Fields fields = {}) {
  write(Level::warning, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
  write(Level::error, message, fields);
}

}  // namespace muster::log
