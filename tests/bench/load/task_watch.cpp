#include "tests/bench/load/task_watch.h"

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/kinds.h"
#include "runtime/base/loop.h"
#include "runtime/client/api_client.h"

namespace muster::bench {

TaskWatch::TaskWatch(const std::string& url)
    : thread_([this, url] {
        client::ApiClient api(url);
        const Status ended = api.lines(client::path_of(*find_kind("tasks"), "default") + "?watch=true", {},
                                       [this](std::string_view line) {
                                         take(line);
                                         return true;
                                       });
        static_cast<void>(ended);  // the server has ended
      }) {}

TaskWatch::~TaskWatch() {
  thread_.join();
}

void TaskWatch::take(std::string_view line) {
  const auto event = parse_json(line);
  const Node* object = event.ok() ? event->find("object") : nullptr;
  const Node* metadata = object == nullptr ? nullptr : object->find("metadata");
  if (metadata == nullptr) return;
  const std::string name(metadata->text_of("name"));
  Seen seen;
  if (const Node* spec = object->find("spec")) seen.definition = spec->text_of("taskDefinition");
  if (const Node* status = object->find("status")) {
    seen.last_status = status->text_of("lastStatus");
    const Node* containers = status->find("containers");
    if (containers != nullptr && !containers->items.empty())
      seen.container = containers->items.front().text_of("runtimeId");
  }
  const std::lock_guard lock(mutex_);
  changed_at_ = system_monotonic();
  if (event->text_of("type") == "DELETED") {
    tasks_.erase(name);
  } else {
    tasks_[name] = std::move(seen);
  }
  changed_.notify_all();
}

Result<Duration> TaskWatch::until(std::string_view what, Duration patience,
                                  const std::function<bool(const Tasks&)>& condition) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return condition(tasks_); })) {
    std::string states;
    for (const auto& [name, task] : tasks_) states += str(' ', name, '=', task.last_status);
    return Error{Code::timeout, str("not in time: ", what, "; tasks:", states.substr(0, 2'000)), {}};
  }
  return changed_at_;
}

TaskWatch::Tasks TaskWatch::tasks() const {
  const std::lock_guard lock(mutex_);
  return tasks_;
}

std::size_t running(const TaskWatch::Tasks& tasks, std::string_view definition) {
  std::size_t count = 0;
  for (const auto& [name, task] : tasks)
    count += task.definition == definition && task.last_status == "RUNNING" ? 1 : 0;
  return count;
}

}  // namespace muster::bench
