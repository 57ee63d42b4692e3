// The pages of the program's own file and of its libraries, as far as they are in this process's memory.
#pragma once

namespace muster {

// Takes all of them out of it that nothing has been written to: most were needed to start and are not again. What is
// needed again comes from the page cache by itself, 64 KiB at a time. For a process that is idle from now on; a
// debugger's breakpoints go as well.
void drop_program_pages();

}  // namespace muster
