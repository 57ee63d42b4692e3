#include "api/projection/projection.h"

#include <algorithm>

#include "api/projection/endpoint_slice.h"
#include "api/projection/metadata.h"
#include "api/projection/node.h"
#include "api/projection/pod.h"
#include "api/projection/traffic.h"
#include "api/types/usage.h"

namespace muster::projection {
namespace {

template <class T>
std::shared_ptr<Object> shared(T object) {
  return std::make_shared<T>(std::move(object));
}

// What a view of a task is made of beside the task.
struct Around {
  std::shared_ptr<const TaskDefinitionRevision> revision;
  std::shared_ptr<const ContainerInstance> instance;
  const TaskDefinitionSpec* definition() const { return revision == nullptr ? nullptr : &revision->spec; }
};

Around around(const State& state, const Task& task) {
  Around out;
  out.revision = state.get<TaskDefinitionRevision>(task.metadata.ns, task.spec.task_definition);
  if (!task.spec.container_instance.empty()) {
    out.instance = state.get<ContainerInstance>({}, task.spec.container_instance);
  }
  return out;
}

std::shared_ptr<Object> pod(const State& state, const Task& task) {
  const Around parts = around(state, task);
  return shared(pod_of(task, parts.definition(), parts.instance.get()));
}

std::shared_ptr<Object> slice(const State& state, const Task& task) {
  const Around parts = around(state, task);
  auto made = slice_of(task, parts.definition(), parts.instance.get());
  return made ? shared(std::move(*made)) : nullptr;
}

// Whether the change of an instance can change the slices of its tasks. Its counts change all the time.
bool moves_traffic(const Change& change) {
  const auto* before = as<ContainerInstance>(change.before.get());
  const auto* after = as<ContainerInstance>(change.after.get());
  if (before == nullptr || after == nullptr) return before != after;
  return is_reachable(*before) != is_reachable(*after) || before->status.address != after->status.address;
}

ObjectPtr revised(std::shared_ptr<Object> object, std::int64_t revision) {
  if (object != nullptr) object->metadata.resource_version = revision;
  return object;
}

class Follower {
 public:
  Follower(const Kind& view, State state) : view_(view), state_(std::move(state)) {}

  void take(const Change& change, std::int64_t revision) {
    const Object& object = change.object();
    const bool is_source = object.kind == &view_.source();
    if (!follows_others(view_)) {
      // What else such a view is made of does not change while the source exists.
      if (is_source) add(projected(change.before), projected(change.after), revision);
      return;
    }
    const bool concerns = is_source || (object.kind == &kind_of<ContainerInstance>() && moves_traffic(change));
    if (concerns && !is_source) return move_instance(change, revision);
    std::shared_ptr<Object> before = is_source ? projected(change.before) : nullptr;
    apply(change);
    if (is_source) add(std::move(before), projected(change.after), revision);
  }

  std::vector<ViewChange> out;

 private:
  std::shared_ptr<Object> projected(const ObjectPtr& source) const {
    return source == nullptr ? nullptr : project(view_, state_, *source);
  }

  void apply(const Change& change) {
    if (change.after != nullptr) {
      state_.put(change.after);
    } else {
      state_.erase(key_of(*change.before));
    }
  }

  // All views of the tasks there may come or go.
  void move_instance(const Change& change, std::int64_t revision) {
    std::vector<std::pair<ObjectPtr, std::shared_ptr<Object>>> views;
    state_.each(Index::instance, change.object().metadata.name, [&](const ObjectPtr& task) {
      if (task->kind == &view_.source()) views.emplace_back(task, projected(task));
      return true;
    });
    apply(change);
    for (auto& [task, before] : views) add(std::move(before), projected(task), revision);
  }

  void add(std::shared_ptr<Object> before, std::shared_ptr<Object> after, std::int64_t revision) {
    if (before == nullptr && after == nullptr) return;
    ViewChange made;
    made.revision = revision;
    const bool gone = after == nullptr;
    made.change.after = revised(std::move(after), revision);
    // Kubernetes: the event of a deletion carries the last state with the deletion's revision.
    made.change.before = gone ? revised(std::move(before), revision) : ObjectPtr(std::move(before));
    out.push_back(std::move(made));
  }

  const Kind& view_;
  State state_;
};

// The first digit says what it is the uid of.
char marked(const Kind& view, char digit) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto value = digits.find(digit);
  if (value == std::string_view::npos) return digit;
  return digits[value ^ (&view == &kind_of<view::EndpointSlice>() ? 4U : 8U)];
}

}  // namespace

std::shared_ptr<Object> project(const Kind& view, const State& state, const Object& source) {
  if (&view == &kind_of<view::Pod>()) return pod(state, static_cast<const Task&>(source));
  if (&view == &kind_of<view::Node>()) return shared(node_of(static_cast<const ContainerInstance&>(source)));
  if (&view == &kind_of<view::EndpointSlice>()) return slice(state, static_cast<const Task&>(source));
  // What was measured is no part of the state: whoever has it fills it in (metrics.h).
  std::shared_ptr<Object> metrics = view.make();
  metrics->metadata = metadata_of(view, source);
  return metrics;
}

bool follows_others(const Kind& view) {
  return &view == &kind_of<view::EndpointSlice>();
}

std::vector<ViewChange> follow(const Kind& view, State state, const std::vector<Change>& changes,
                               const std::vector<std::int64_t>& revisions) {
  Follower follower(view, std::move(state));
  for (std::size_t i = 0; i < changes.size(); ++i) follower.take(changes[i], revisions[i]);
  return std::move(follower.out);
}

// A task's uid is 32 digits, an instance's is written with dashes.
std::string uid_of(const Kind& view, std::string_view source_uid) {
  std::string out(source_uid);
  if (out.size() == 32) {
    for (const std::size_t at : {8U, 13U, 18U, 23U}) out.insert(at, 1, '-');
  }
  if (!out.empty()) out.front() = marked(view, out.front());
  return out;
}

std::string source_uid(const Kind& view, std::string_view uid) {
  std::string out(uid);
  if (out.size() != 36) return out;
  out.front() = marked(view, out.front());
  if (&view.source() == &kind_of<Task>()) std::erase(out, '-');
  return out;
}

}  // namespace muster::projection
