// The user's editor on a text.
#pragma once

#include <string>

#include "api/base/error.h"

namespace muster::cmd {

// Hands the text over in a file that only this user can read, and answers what has become of it. The editor is that of
// MUSTER_EDITOR, VISUAL or EDITOR, a command line of the shell; else vi. An Error when it does not end well; it then
// says where the text is.
Result<std::string> edited(const std::string& text);

// Leaves the text in a file that only this user can read; answers its path.
Result<std::string> kept(const std::string& text);

}  // namespace muster::cmd
