#include "runtime/cmd/verb.h"

#include <algorithm>
#include <cstdio>

#include "api/base/text.h"

namespace muster::cmd {
namespace {

constexpr std::size_t width = 80;

const Option* find_option(const Verb& verb, std::string_view name) {
  for (const Option& option : verb.options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

const Option* find_letter(const Verb& verb, char letter) {
  for (const Option& option : verb.options) {
    if (option.letter != 0 && option.letter == letter) return &option;
  }
  return nullptr;
}

Error unknown_option(const Verb& verb, std::string_view given) {
  std::vector<std::string_view> names;
  for (const Option& option : verb.options) names.push_back(option.name);
  std::string message = str("unknown option ", given);
  if (given.size() > 2) {
    if (const auto near = nearest(given.substr(2), names)) message += str(", did you mean --", *near, "?");
  }
  return Error{Code::malformed, std::move(message), {}};
}

// Breaks the text into lines of at most `columns`, each but the first indented.
std::string wrap(std::string_view text, std::size_t indent, std::size_t columns) {
  std::string out;
  std::size_t column = indent;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    if (column > indent && column + 1 + word.size() > columns) {
      out += '\n';
      out.append(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

}  // namespace

std::string Arguments::get(std::string_view option, std::string_view otherwise) const {
  const auto found = given_.find(option);
  return found == given_.end() ? std::string(otherwise) : found->second.back();
}

std::vector<std::string> Arguments::all(std::string_view option) const {
  const auto found = given_.find(option);
  return found == given_.end() ? std::vector<std::string>() : found->second;
}

Result<std::int64_t> Arguments::number(std::string_view option, std::int64_t otherwise, std::int64_t lowest,
                                       std::int64_t highest) const {
  if (!has(option)) return otherwise;
  const auto value = parse_int(get(option));
  if (!value || *value < lowest || *value > highest) {
    return Error{
        Code::malformed, str("--", option, " ", get(option), ": must be a number from ", lowest, " to ", highest), {}};
  }
  return *value;
}

Result<Duration> Arguments::duration(std::string_view option, Duration otherwise) const {
  if (!has(option)) return otherwise;
  auto value = parse_duration(get(option));
  if (!value.ok()) return std::move(value).error().under(str("--", option));
  return value;
}

Result<Arguments> parse_arguments(const Verb& verb, const std::vector<std::string>& words) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--") {
      out.words.insert(out.words.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      out.words.emplace_back(word);
      continue;
    }
    const auto value_of = [&](const Option& option, std::string_view given) -> Result<std::string> {
      if (!given.empty()) return std::string(given);
      if (i + 1 < words.size()) return words[++i];
      return Error{
          Code::malformed, str("--", option.name, " needs a value: --", option.name, " ", option.argument), {}};
    };
    if (word[1] == '-') {
      const std::size_t equals = word.find('=');
      const Option* option = find_option(verb, word.substr(2, equals == std::string_view::npos ? equals : equals - 2));
      if (option == nullptr) return unknown_option(verb, word.substr(0, equals));
      if (option->argument.empty()) {
        const std::string_view value = equals == std::string_view::npos ? "true" : word.substr(equals + 1);
        if (value != "true" && value != "false")
          return Error{Code::malformed, str("--", option->name, " is a switch and takes no value"), {}};
        if (value == "true") out.add(option->name, "true");
      } else if (equals != std::string_view::npos) {
        out.add(option->name, std::string(word.substr(equals + 1)));
      } else {
        TRY(std::string value, value_of(*option, {}));
        out.add(option->name, std::move(value));
      }
      continue;
    }
    for (std::size_t at = 1; at < word.size(); ++at) {
      const Option* option = find_letter(verb, word[at]);
      if (option == nullptr) return unknown_option(verb, str("-", word[at]));
      if (option->argument.empty()) {
        out.add(option->name, "true");
        continue;
      }
      TRY(std::string value, value_of(*option, word.substr(at + 1)));
      out.add(option->name, std::move(value));
      break;
    }
  }
  return out;
}

std::string help_text(const Verb& verb) {
  std::string out = str("Usage: muster ", verb.name, verb.options.empty() ? "" : " [options]",
                        verb.words.empty() ? "" : " ", verb.words, "\n\n", verb.help);
  if (!out.empty() && out.back() != '\n') out += '\n';
  if (verb.options.empty()) return out;
  out += "\nOptions:\n";
  for (const Option& option : verb.options) {
    std::string head =
        option.letter != 0 ? str("  -", option.letter, ", --", option.name) : str("      --", option.name);
    if (!option.argument.empty()) head += str(" ", option.argument);
    constexpr std::size_t column = 30;
    if (head.size() + 2 > column) {
      out += head + "\n" + std::string(column, ' ');
    } else {
      out += head + std::string(column - head.size(), ' ');
    }
    out += wrap(option.doc, column, width) + "\n";
  }
  return out;
}

bool flush_output() {
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

int fail(const Error& error) {
  std::fprintf(stderr, "muster: %s\n", error.text().c_str());
  return exit_code::error;
}

int fail_usage(const Verb& verb, const Error& error) {
  std::fprintf(stderr, "muster %.*s: %s\nSee 'muster %.*s --help'.\n", static_cast<int>(verb.name.size()),
               verb.name.data(), error.text().c_str(), static_cast<int>(verb.name.size()), verb.name.data());
  return exit_code::usage;
}

}  // namespace muster::cmd
