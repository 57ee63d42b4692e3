// How long-running verbs end: blocked signals that a thread waits for.
#pragma once

#include "api/base/time.h"

namespace muster::cmd {

// Blocks SIGTERM and SIGINT in this thread and all that it starts. Before any thread is started.
void block_end_signals();
// Waits for one of them; answers its number.
int wait_for_end_signal();
// The same for at most so long; false when none came.
bool wait_for_end_signal(Duration limit);

}  // namespace muster::cmd
