#include "api/projection/container_state.h"

#include "api/base/text.h"

namespace muster::projection {
namespace {

// Kubernetes: the exit code of a container that was never begun.
constexpr std::int32_t never_begun = 128;

// ECS's names of errors, and what Kubernetes says for the same.
struct Word {
  std::string_view ours, theirs;
};
constexpr Word of_waiting[] = {{"CannotPullContainerError", "ErrImagePull"}};
constexpr Word of_terminated[] = {{"OutOfMemoryError", "OOMKilled"},
                                  {"CannotStartContainerError", "StartError"},
                                  {"CannotCreateContainerError", "ContainerCannotRun"},
                                  {"ContainerVanishedError", "ContainerStatusUnknown"},
                                  {"DockerTimeoutError", "DeadlineExceeded"}};

template <std::size_t N>
std::string_view translated(const Word (&words)[N], std::string_view name) {
  for (const Word& each : words) {
    if (each.ours == name) return each.theirs;
  }
  return {};
}

view::ContainerState waiting(std::string_view reason, std::string message) {
  view::ContainerState state;
  state.waiting = view::ContainerStateWaiting{std::string(reason), std::move(message)};
  return state;
}

view::ContainerState stopped(const Task& task, const ContainerStatus& container) {
  const std::string_view name = error_name(container.reason);
  if (const auto word = translated(of_waiting, name); !word.empty()) return waiting(word, container.reason);
  view::ContainerStateTerminated end;
  end.message = container.reason;
  end.started_at = container.started_at;
  end.finished_at = is_set(container.finished_at) ? container.finished_at : task.status.stopped_at;
  if (!container.runtime_id.empty()) end.container_id = str("muster://", container.runtime_id);
  end.exit_code = container.exit_code.value_or(never_begun);
  end.reason = translated(of_terminated, name);
  if (end.reason.empty() && !name.empty()) end.reason = name;
  if (end.reason.empty() && !container.exit_code) end.reason = "ContainerStatusUnknown";
  if (end.reason.empty()) end.reason = end.exit_code == 0 ? "Completed" : "Error";
  view::ContainerState state;
  state.terminated = std::move(end);
  return state;
}

}  // namespace

std::string_view error_name(std::string_view reason) {
  const std::string_view name = reason.substr(0, reason.find(':'));
  return name.find(' ') == std::string_view::npos && name.ends_with("Error") ? name : std::string_view();
}

view::ContainerState state_of(const Task& task, const ContainerStatus& container) {
  switch (container.last_status) {
    case ContainerLastStatus::stopped: return stopped(task, container);
    case ContainerLastStatus::running: {
      view::ContainerState state;
      state.running =
          view::ContainerStateRunning{is_set(container.started_at) ? container.started_at : task.status.started_at};
      return state;
    }
    case ContainerLastStatus::pending: break;
  }
  // It will not begin any more.
  if (is_stopped(task)) return stopped(task, container);
  const std::string_view word = translated(of_waiting, error_name(container.reason));
  return waiting(word.empty() ? "ContainerCreating" : word, container.reason);
}

}  // namespace muster::projection
