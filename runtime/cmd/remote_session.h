// exec, attach and cp: a program in a container, talked to until it ends.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/cmd/client_verb.h"

namespace muster::cmd {

struct RemoteSession {
  std::string path;       // of the subresource, with its query less what follows here
  int input = -1;         // the descriptor whose bytes are its standard input; -1: none
  bool terminal = false;  // it has one, which follows the user's
  // What it writes; false ends the conversation.
  std::function<bool(std::string_view bytes)> on_output, on_errors;
};

// "command=ls&command=-l"
std::string command_query(std::span<const std::string> command);

// Blocks. The exit code, or why there is none.
Result<int> converse(Session& session, const RemoteSession& remote);

// Writes all of it to this process's standard output or error; false when nobody reads.
bool write_output(std::string_view bytes);
bool write_errors(std::string_view bytes);

}  // namespace muster::cmd
