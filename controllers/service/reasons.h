// Why a service is not as it should be, in sentences for people.
#pragma once

#include <string>
#include <string_view>

#include "controllers/service/work.h"

namespace muster::service {

// What people would ask first: why a task is not placed, or why tasks stop. "; task web-1-2: 0/3 instances: ..."; empty
// when nothing is in the way.
std::string hindrance(const Work& work);

// Why the newest task of the set that has failed did. "; task web-1-2 stopped: ..."; empty when none is left that has.
std::string last_failure(const SetView& set);

inline constexpr std::string_view try_again = "; another definition or a restart is tried again.";

// A reason is told as it was when it came up: the tasks that it speaks of are forgotten before it is. `text`, or what
// the service's condition Stalled of that reason says already when it begins with `told`.
std::string first_told(const Service& service, std::string_view reason, std::string_view told, const std::string& text);

}  // namespace muster::service
