// The command line: finds the verb, reads its options, runs it.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "api/base/text.h"
#include "runtime/base/version.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {

namespace {

std::string overview() {
  std::string out =
      "muster keeps containers running where you said they should run.\n\n"
      "Usage: muster VERB [options] ...\n\n";
  for (const Verb* verb : all_verbs()) {
    out += str("  ", verb->name);
    out.append(verb->name.size() < 18 ? 18 - verb->name.size() : 1, ' ');
    out += str(verb->summary, "\n");
  }
  return out +
         "\nBegin with 'muster dev': a cluster of one on this machine. 'muster VERB --help'\n"
         "tells more.\n\nExit codes: 0 done, 1 error, 2 wrong usage; diff: 1 there are differences.\n";
}

bool takes_argument(std::string_view option) {
  for (const Verb* verb : all_verbs()) {
    for (const Option& known : verb->options) {
      const bool meant = option.size() == 2 ? known.letter == option[1] : str("--", known.name) == option;
      if (meant && !known.argument.empty()) return true;
    }
  }
  return false;
}

// `muster --server URL get tasks` is what kubectl's users write: options that stand before the verb go to the end, or
// before a "--" that ends the options.
std::vector<std::string> verb_first(std::vector<std::string> words) {
  std::size_t verb = 0;
  while (verb < words.size() && words[verb].size() > 1 && words[verb][0] == '-' && words[verb] != "--") {
    verb += takes_argument(words[verb]) ? 2 : 1;
  }
  if (verb >= words.size()) return words;
  const auto end = std::find(words.begin() + static_cast<std::ptrdiff_t>(verb), words.end(), "--");
  std::rotate(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(verb), end);
  return words;
}

int run(const std::vector<std::string>& given) {
  const std::vector<std::string> words = verb_first(given);
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || (words[0] == "help" && words.size() == 1)) {
    std::printf("%s", overview().c_str());
    return words.empty() ? exit_code::usage : exit_code::ok;
  }
  if (words[0] == "--version") {
    std::printf("muster %s\n", std::string(version()).c_str());
    return exit_code::ok;
  }
  std::vector<std::string> rest = words;
  const bool help_first = rest[0] == "help";
  if (help_first) rest.erase(rest.begin());
  const std::string two = rest.size() > 1 ? str(rest[0], " ", rest[1]) : std::string();
  const Verb* found = nullptr;
  std::size_t used = 1;
  for (const Verb* verb : all_verbs()) {
    if (verb->name == rest[0]) found = verb;
    if (!two.empty() && verb->name == two) {
      found = verb;
      used = 2;
    }
  }
  if (found == nullptr) {
    std::vector<std::string_view> names;
    std::string inner;
    for (const Verb* verb : all_verbs()) {
      names.push_back(verb->name);
      if (verb->name.substr(0, rest[0].size() + 1) == rest[0] + " ")
        inner += str(inner.empty() ? "" : ", ", verb->name);
    }
    std::string message = inner.empty() ? str("there is no verb \"", rest[0], "\"") : str("say which: ", inner);
    if (rest[0].substr(0, 1) == "-") message = str("no verb beside ", rest[0]);
    if (const auto near = nearest(rest[0], names); inner.empty() && near) message += str(", did you mean ", *near, "?");
    std::fprintf(stderr, "muster: %s\nSee 'muster --help'.\n", message.c_str());
    return exit_code::usage;
  }
  rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(used));
  const auto end = std::find(rest.begin(), rest.end(), "--");
  if (help_first || std::find(rest.begin(), end, "--help") != end || std::find(rest.begin(), end, "-h") != end) {
    std::printf("%s", help_text(*found).c_str());
    return exit_code::ok;
  }
  const auto arguments = parse_arguments(*found, rest);
  if (!arguments.ok()) return fail_usage(*found, arguments.error());
  if (found->words.empty() && !arguments->words.empty())
    return fail_usage(*found, Error{Code::malformed, str("\"", arguments->words[0], "\" is no option"), {}});
  const int code = found->run(*arguments);
  // A reader that has gone is no error: it had what it wanted.
  if (flush_output() || errno == EPIPE || code != exit_code::ok) return code;
  return fail(Error{Code::internal, str("standard output: ", std::strerror(errno)), {}});
}

}  // namespace
}  // namespace muster::cmd

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT: a peer that has gone is an error of the write, not the end of the process
  return muster::cmd::run(std::vector<std::string>(argv + 1, argv + argc));
}
