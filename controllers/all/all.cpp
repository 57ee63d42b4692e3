#include "controllers/all/all.h"

#include <algorithm>
#include <string_view>

#include "controllers/cleanup/cleanup.h"
#include "controllers/garbage/garbage.h"
#include "controllers/instance/instance.h"
#include "controllers/roles/roles.h"
#include "controllers/scheduler/scheduler.h"
#include "controllers/service/service.h"
#include "controllers/task_run/task_run.h"

namespace muster {

namespace {

struct Row {
  std::string_view name;
  std::unique_ptr<Controller> (*make)();
};

constexpr Row rows[] = {
    {"service", make_service_controller},   {"scheduler", make_scheduler},
    {"instance", make_instance_controller}, {"task-run", make_task_run_controller},
    {"cleanup", make_cleanup_controller},   {"garbage", make_garbage_controller},
    {"roles", make_roles_controller},
};

}  // namespace

std::vector<std::string> controller_names() {
  std::vector<std::string> names;
  for (const Row& row : rows) names.emplace_back(row.name);
  return names;
}

std::vector<std::unique_ptr<Controller>> make_controllers(const std::vector<std::string>& names) {
  std::vector<std::unique_ptr<Controller>> out;
  for (const Row& row : rows) {
    if (std::find(names.begin(), names.end(), row.name) != names.end()) out.push_back(row.make());
  }
  return out;
}

}  // namespace muster
