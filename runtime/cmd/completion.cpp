// muster completion
#include <cstdio>
#include <map>

#include "api/base/text.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

std::string verb_words() {
  std::string out;
  std::string last;
  for (const Verb* verb : all_verbs()) {
    const std::string word(verb->name.substr(0, verb->name.find(' ')));
    if (word != last) out += (out.empty() ? "" : " ") + word;
    last = word;
  }
  return out;
}

// The cases of the verbs of two words: "    rollout) inner='status restart undo' ;;" each.
std::string inner_cases() {
  std::map<std::string_view, std::string> inner;
  for (const Verb* verb : all_verbs()) {
    const std::size_t space = verb->name.find(' ');
    if (space == std::string_view::npos) continue;
    std::string& words = inner[verb->name.substr(0, space)];
    words += str(words.empty() ? "" : " ", verb->name.substr(space + 1));
  }
  std::string out;
  for (const auto& [word, words] : inner) out += str("    ", word, ") inner='", words, "' ;;\n");
  return out;
}

std::string kind_words() {
  std::string out;
  for (const Kind& kind : all_kinds()) out += str(out.empty() ? "" : " ", kind.plural);
  return out;
}

std::string bash() {
  std::string options;
  for (const Verb* verb : all_verbs()) {
    std::string names;
    for (const Option& option : verb->options) names += str(names.empty() ? "--" : " --", option.name);
    options += str("    '", verb->name, "') options='", names, "' ;;\n");
  }
  return str(
      "# bash completion of muster: source <(muster completion bash)\n"
      "_muster() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} options= inner=\n"
      "  if ((COMP_CWORD == 1)); then COMPREPLY=($(compgen -W '",
      verb_words(),
      "' -- \"$word\")); return; fi\n"
      "  case $verb in\n",
      inner_cases(),
      "  esac\n"
      "  if [[ -n $inner ]]; then\n"
      "    if ((COMP_CWORD == 2)); then COMPREPLY=($(compgen -W \"$inner\" -- \"$word\")); return; fi\n"
      "    verb=\"$verb ${COMP_WORDS[2]}\"\n"
      "  fi\n"
      "  case $verb in\n",
      options,
      "  esac\n"
      "  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W \"$options --help\" -- \"$word\"));\n"
      "  elif [[ ${COMP_WORDS[COMP_CWORD-1]} == -f ]]; then COMPREPLY=($(compgen -f -- \"$word\"));\n"
      "  elif [[ $word == */* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$(muster get \"${word%%/*}\" -o name 2>/dev/null)\" -- \"$word\"));\n"
      "  else COMPREPLY=($(compgen -W '",
      kind_words(),
      "' -- \"$word\")); fi\n"
      "}\n"
      "complete -o default -F _muster muster\n");
}

std::string zsh() {
  return str(
      "#compdef muster\n# zsh completion of muster: source <(muster completion zsh)\nautoload -U +X bashcompinit && "
      "bashcompinit\n",
      bash());
}

// The text between single quotes of fish.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish() {
  std::string out = "# fish completion of muster: muster completion fish | source\ncomplete -c muster -f\n";
  for (const Verb* verb : all_verbs()) {
    const std::string word(verb->name.substr(0, verb->name.find(' ')));
    out += str("complete -c muster -n __fish_use_subcommand -a ", word, " -d ", quoted(verb->summary), "\n");
    for (const Option& option : verb->options)
      out += str("complete -c muster -n '__fish_seen_subcommand_from ", word, "' -l ", option.name, "\n");
  }
  return out;
}

int run(const Arguments& arguments) {
  const std::string shell = arguments.words.size() == 1 ? arguments.words[0] : std::string();
  if (shell != "bash" && shell != "zsh" && shell != "fish")
    return fail_usage(completion_verb(), Error{Code::malformed, "name a shell: bash, zsh or fish", {}});
  std::printf("%s", (shell == "bash" ? bash() : shell == "zsh" ? zsh() : fish()).c_str());
  return exit_code::ok;
}

}  // namespace

const Verb& completion_verb() {
  static const Verb verb{"completion",
                         "bash|zsh|fish",
                         "print a completion script for a shell",
                         "Prints a script that makes the shell complete verbs, kinds, names and options.\n\n"
                         "  source <(muster completion bash)\n",
                         {},
                         &run};
  return verb;
}

}  // namespace muster::cmd
