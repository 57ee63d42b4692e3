// Folders for what must never reach a disk, and that nobody else may read.
#pragma once

#include <string>

#include "api/base/error.h"

namespace muster {

// Makes the folder and its parents, for this user alone. Fails when it, or the folder it is in, could be exchanged by
// another user than this one and root.
Status make_private_folder(const std::string& path);
// Whether what is written below the path, which need not exist yet, stays in memory: tmpfs or ramfs. Memory may still
// be swapped out.
bool is_in_memory(const std::string& path);
// Where a program of this user keeps such things: /run/muster for root, else $XDG_RUNTIME_DIR/muster; where that is not
// in memory, a folder of the user's own in /dev/shm.
std::string default_run_folder();

}  // namespace muster
