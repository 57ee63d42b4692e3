// The cleanup controller: how long what is over stays visible. Stopped tasks, events and tokens go oldest
// first.
#pragma once

#include <cstddef>
#include <memory>

#include "controllers/base/controller.h"

namespace muster {

namespace retention {
// ECS: a stopped task stays describable for an hour; of one owner at most so many that have a successor.
inline constexpr Duration stopped_task = std::chrono::hours(1);
inline constexpr std::size_t stopped_tasks_per_owner = 100;
inline constexpr Duration event = std::chrono::hours(24 * 7);
inline constexpr std::size_t events = 10'000;
// Once it has expired.
inline constexpr Duration token = std::chrono::hours(24);
// What one plan deletes at most.
inline constexpr std::size_t batch = 500;
}  // namespace retention

std::unique_ptr<Controller> make_cleanup_controller();

}  // namespace muster
