// What a run prints: one line a figure, `name value`, so that scripts can pick figures out by name.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <vector>

namespace muster::bench {

inline void print_figure(const char* name, double value) {
  std::printf("%-40s %.3f\n", name, value);
  std::fflush(stdout);
}

// The value below which `part` (0 to 1) of the values lie; 0 of none. Reorders them.
inline double quantile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  const auto last = static_cast<double>(values.size() - 1);
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(part * last + 0.5);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace muster::bench
