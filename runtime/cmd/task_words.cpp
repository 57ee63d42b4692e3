#include "runtime/cmd/task_words.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "api/base/text.h"
#include "api/types/service.h"
#include "api/types/task_run.h"
#include "controllers/base/naming.h"

namespace muster::cmd {
namespace {

// Selects the tasks of a service or a run.
std::string query_of(const Reference& reference) {
  if (reference.kind == &kind_of<Service>())
    return "fieldSelector=" + http::percent_encode("spec.group=service:" + reference.name);
  return "labelSelector=" + http::percent_encode("muster.dev/task-run=" + reference.name);
}

Result<std::vector<std::shared_ptr<Object>>> tasks_of(Session& session, const Reference& reference) {
  TRY(auto tasks, fetch_all(session, kind_of<Task>(), query_of(reference)));
  std::ranges::sort(tasks, [](const auto& left, const auto& right) {
    return std::pair(left->metadata.creation_timestamp, left->metadata.name) <
           std::pair(right->metadata.creation_timestamp, right->metadata.name);
  });
  return tasks;
}

// A place of a service or of a run: the owner's uid, of a DAEMON the instance's, and the number. A task by itself has
// one that is its own.
using Slot = std::tuple<std::string, std::string, std::int32_t>;
Slot slot_of(const Task& task) {
  const OwnerReference* owner = controller_of(task.metadata);
  if (owner == nullptr) return {"", task.metadata.name, 0};
  const auto instance = task.metadata.annotations.find(std::string(labels::daemon_instance));
  return {owner->uid, instance == task.metadata.annotations.end() ? "" : instance->second, task.spec.slot};
}

// Why there is none: because its owner is not there, where that is so.
Error no_task(Session& session, const Reference& reference, std::string_view what) {
  const auto owner = fetch(session, *reference.kind, reference.name);
  if (!owner.ok()) return owner.error();
  return Error{Code::not_found, str(reference.kind->singular, "/", reference.name, " has no task ", what), {}};
}

}  // namespace

Result<Reference> parse_task_word(const std::string& word) {
  TRY(Reference reference, parse_reference({word.find('/') == std::string::npos ? "task/" + word : word}));
  if (reference.kind == &kind_of<Task>() || reference.kind == &kind_of<Service>() ||
      reference.kind == &kind_of<TaskRun>()) {
    return reference;
  }
  return Error{Code::malformed,
               str(reference.kind->plural, " have no containers; name a task, or service/NAME or taskrun/NAME"),
               {}};
}

Result<std::vector<std::string>> task_names(Session& session, const Reference& reference) {
  if (reference.kind == &kind_of<Task>()) return std::vector<std::string>{reference.name};
  TRY(const auto tasks, tasks_of(session, reference));
  std::vector<std::string> names;
  for (const auto& object : tasks) {
    const auto& task = static_cast<const Task&>(*object);
    const bool over = reference.kind == &kind_of<Service>() && is_stopped(task);
    if (!over && !task.spec.container_instance.empty()) names.push_back(task.metadata.name);
  }
  if (!names.empty()) return names;
  return no_task(session, reference, "with a log");
}

Result<std::vector<std::string>> previous_tasks(Session& session, const Reference& reference) {
  std::string query;
  const Task* before = nullptr;
  std::shared_ptr<Object> held;
  if (reference.kind == &kind_of<Task>()) {
    TRY(held, fetch(session, kind_of<Task>(), reference.name));
    before = static_cast<const Task*>(held.get());
    query = "fieldSelector=" + http::percent_encode("spec.group=" + before->spec.group);
  } else {
    query = query_of(reference);
  }
  TRY(const auto objects, fetch_all(session, kind_of<Task>(), query));
  std::map<Slot, const Task*> last;
  for (const auto& object : objects) {
    const auto& task = static_cast<const Task&>(*object);
    if (!is_stopped(task) || task.spec.container_instance.empty()) continue;
    if (before != nullptr && (slot_of(task) != slot_of(*before) || task.spec.attempt >= before->spec.attempt)) continue;
    const Task*& found = last[slot_of(task)];
    if (found == nullptr || found->spec.attempt < task.spec.attempt) found = &task;
  }
  std::vector<std::string> names;
  names.reserve(last.size());
  for (const auto& [slot, task] : last) names.push_back(task->metadata.name);
  if (!names.empty()) return names;
  return no_task(session, reference, "before");
}

Result<std::string> running_task(Session& session, const std::string& word) {
  TRY(const Reference reference, parse_task_word(word));
  if (reference.kind == &kind_of<Task>()) return reference.name;
  TRY(const auto tasks, tasks_of(session, reference));
  for (const auto& object : tasks) {
    const auto& task = static_cast<const Task&>(*object);
    if (task.status.last_status == LastStatus::running) return task.metadata.name;
  }
  return no_task(session, reference, "that is RUNNING");
}

std::string task_path(const Session& session, const std::string& name, std::string_view subresource) {
  return str(client::path_of(kind_of<Task>(), session.ns, name), "/", subresource);
}

}  // namespace muster::cmd
