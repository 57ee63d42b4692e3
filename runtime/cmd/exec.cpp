// muster exec, muster attach
#include <unistd.h>

#include <cstdio>

#include "api/base/text.h"
#include "runtime/cmd/remote_session.h"
#include "runtime/cmd/task_words.h"
#include "runtime/cmd/terminal.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

int talk(const Arguments& arguments, const Verb& verb, const std::string& word, std::string_view subresource,
         const std::string& query) {
  if (const auto reference = parse_task_word(word); !reference.ok()) return fail_usage(verb, reference.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const auto name = running_task(*session, word);
  if (!name.ok()) return fail(name.error());
  RemoteSession remote;
  remote.path = str(task_path(*session, *name, subresource), "?", query);
  if (arguments.has("container")) remote.path += "&container=" + http::percent_encode(arguments.get("container"));
  if (arguments.has("stdin")) remote.input = STDIN_FILENO;
  remote.terminal = arguments.has("tty");
  if (remote.terminal && !(arguments.has("stdin") && input_is_terminal())) {
    std::fprintf(stderr, "muster: no terminal is given to the container: %s\n",
                 arguments.has("stdin") ? "standard input is none" : "-t needs -i as well");
    remote.terminal = false;
  }
  remote.on_output = &write_output;
  remote.on_errors = &write_errors;
  const auto code = converse(*session, remote);
  if (!code.ok()) return fail(code.error());
  return *code;
}

int run_exec(const Arguments& arguments) {
  if (arguments.words.size() < 2) {
    return fail_usage(exec_verb(), Error{Code::malformed, "name a task and a command: exec TASK -- COMMAND", {}});
  }
  const std::span<const std::string> command = std::span(arguments.words).subspan(1);
  return talk(arguments, exec_verb(), arguments.words[0], "exec", command_query(command));
}

int run_attach(const Arguments& arguments) {
  if (arguments.words.size() != 1) {
    return fail_usage(attach_verb(), Error{Code::malformed, "name one task: attach TASK", {}});
  }
  return talk(arguments, attach_verb(), arguments.words[0], "attach", "");
}

std::vector<Option> stream_options() {
  return client_options({{"container", 'c', "NAME", "Which container, when the task has several."},
                         {"stdin", 'i', "", "Pass on what is typed or piped in."},
                         {"tty", 't', "", "Give it a terminal, which follows this one; with -i."}});
}

}  // namespace

const Verb& exec_verb() {
  static const Verb verb{"exec",
                         "TASK | service/NAME -- COMMAND [ARG ...]",
                         "run a command in a container",
                         "Runs the command beside what runs in the container, and ends with its exit\n"
                         "code. Of a service or a run one task is taken that is RUNNING.\n\n"
                         "  muster exec -it service/web -- sh\n"
                         "  muster exec task/web-0-0-1a2b3c4d -- cat /etc/hostname\n",
                         stream_options(),
                         &run_exec};
  return verb;
}

const Verb& attach_verb() {
  static const Verb verb{"attach",
                         "TASK | service/NAME",
                         "talk to what runs in a container",
                         "Prints what the container's first process writes from now on; with -i passes on\n"
                         "input, where its definition says `interactive: true`. Ends when the process\n"
                         "ends; interrupting it (ctrl-C) leaves the container as it is, but with -t the\n"
                         "key goes to the container.\n\n"
                         "  muster attach task/web-0-0-1a2b3c4d\n",
                         stream_options(),
                         &run_attach};
  return verb;
}

}  // namespace muster::cmd
