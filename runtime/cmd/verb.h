// A verb of the command line: its documentation, its options and what it does, in one value. main.cpp has the table.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"

namespace muster::cmd {

// Exit codes (README): scripts branch on them.
namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int error = 1;
inline constexpr int usage = 2;
inline constexpr int interrupted = 130;
}  // namespace exit_code

struct Option {
  std::string_view name;      // without dashes
  char letter = 0;            // 0: none
  std::string_view argument;  // "DIR"; empty: a switch
  std::string_view doc;       // one sentence, with the default
};

// What the user wrote, checked against the verb's options.
class Arguments {
 public:
  std::vector<std::string> words;  // what is no option

  bool has(std::string_view option) const { return given_.find(option) != given_.end(); }
  // The last value given, or the default.
  std::string get(std::string_view option, std::string_view otherwise = {}) const;
  std::vector<std::string> all(std::string_view option) const;
  // A whole number within the bounds; Code::malformed names the option.
  Result<std::int64_t> number(std::string_view option, std::int64_t otherwise, std::int64_t lowest,
                              std::int64_t highest) const;
  Result<Duration> duration(std::string_view option, Duration otherwise) const;

  void add(std::string_view option, std::string value) { given_[std::string(option)].push_back(std::move(value)); }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> given_;
};

struct Verb {
  std::string_view name;     // "apply", "rollout status"
  std::string_view words;    // "TYPE[/NAME] ...", for the usage line
  std::string_view summary;  // half a sentence for the list of verbs
  std::string_view help;     // what it does, with examples
  std::vector<Option> options;
  int (*run)(const Arguments& arguments) = nullptr;  // answers the exit code
};

// Long options, --option=value, letters, bundled switches, "--" ends the options. Code::malformed with a hint
// otherwise. An option's environment variable, where it has one, is read by the verb.
Result<Arguments> parse_arguments(const Verb& verb, const std::vector<std::string>& words);
// The text of `muster VERB --help`, in 80 columns.
std::string help_text(const Verb& verb);

// Hands what has been printed to the reader; false when there is none any more (`| head`), or no place.
bool flush_output();
// Prints "muster: ..." to stderr and answers exit_code::error.
int fail(const Error& error);
int fail_usage(const Verb& verb, const Error& error);

}  // namespace muster::cmd
