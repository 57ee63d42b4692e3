// Programmer errors stop the process at once, in every build: going on would act on a wrong state.
#pragma once

namespace muster {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}

#define MUSTER_ASSERT(expression) \
  (static_cast<bool>(expression) ? static_cast<void>(0) : ::muster::assertion_failed(#expression, __FILE__, __LINE__))
