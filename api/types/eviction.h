// What an eviction leaves on a task.
#pragma once

#include <string_view>

namespace muster {

// Annotation of a Task: somebody asked at this time that it leave its host, and its service could not spare it. The
// service controller replaces it as if its host were DRAINING: the new task first, where maximumPercent has room.
inline constexpr std::string_view evicted_annotation = "muster.dev/evicted";

}  // namespace muster
