// metav1.Condition, as kstatus and `kubectl wait` read it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/time.h"

namespace muster {

struct Condition {
  std::string type;    // "Ready"
  std::string status;  // "True", "False", "Unknown"
  std::int64_t observed_generation = 0;
  Time last_transition_time{};
  std::string reason;  // CamelCase
  std::string message;
  bool operator==(const Condition&) const = default;
};
using Conditions = std::vector<Condition>;

const Condition* find_condition(const Conditions& conditions, std::string_view type);
bool is_true(const Conditions& conditions, std::string_view type);
// Sets or adds; last_transition_time becomes `now` only when the status changes.
void set_condition(Conditions& conditions, Condition condition, Time now);
void remove_condition(Conditions& conditions, std::string_view type);

}  // namespace muster
