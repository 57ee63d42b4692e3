#include "api/state/indexes.h"

#include <algorithm>
#include <optional>

#include "api/base/text.h"
#include "api/state/keys.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/names.h"
#include "api/types/service.h"
#include "api/types/task_run.h"

namespace muster {

namespace {

// Collects entries one behind the other.
class Collector {
 public:
  Collector(std::string& bytes, std::vector<std::size_t>& ends, std::string_view object_key)
      : bytes_(bytes), ends_(ends), object_key_(object_key) {}

  // An empty value is no value.
  void add(Index index, std::string_view value) {
    if (value.empty()) return;
    append_index_prefix(bytes_, index, value);
    finish();
  }
  void add_ordered(Index index, std::string_view value, std::int64_t order) {
    append_index_prefix(bytes_, index, value);
    append_order(bytes_, order);
    finish();
  }

 private:
  void finish() {
    bytes_ += object_key_;
    ends_.push_back(bytes_.size());
  }

  std::string& bytes_;
  std::vector<std::size_t>& ends_;
  std::string_view object_key_;
};

std::string_view family_of(std::string_view task_definition) {
  return task_definition.substr(0, task_definition.find(':'));
}

void collect_task(const Task& task, Collector& out) {
  out.add(Index::instance, task.spec.container_instance);
  if (task.spec.container_instance.empty() && !wants_stop(task) && !is_stopped(task)) {
    out.add(Index::unplaced, task.spec.cluster);
  }
  if (!task.spec.group.empty()) out.add(Index::group, str(task.metadata.ns, '/', task.spec.group));
}

void collect_revision(const TaskDefinitionRevision& revision, Collector& out) {
  const std::optional<DefinitionReference> name = parse_definition_reference(revision.metadata.name);
  if (!name || name->revision == 0) return;
  out.add_ordered(Index::family, str(revision.metadata.ns, '/', name->family), name->revision);
}

void collect(const Object& object, Collector& out) {
  const Meta& metadata = object.metadata;
  if (const OwnerReference* owner = controller_of(metadata)) out.add(Index::owner, owner->uid);
  if (const auto* task = as<Task>(&object)) {
    collect_task(*task, out);
  } else if (const auto* revision = as<TaskDefinitionRevision>(&object)) {
    collect_revision(*revision, out);
  } else if (const auto* instance = as<ContainerInstance>(&object)) {
    out.add(Index::cluster, instance->spec.cluster);
  } else if (const auto* service = as<Service>(&object)) {
    out.add(Index::definition, str(metadata.ns, '/', family_of(service->spec.task_definition)));
  } else if (const auto* run = as<TaskRun>(&object)) {
    out.add(Index::definition, str(metadata.ns, '/', family_of(run->spec.task_definition)));
  } else if (const auto* event = as<Event>(&object)) {
    out.add(Index::involved, event->involved_object.uid);
  }
  for (const auto& [key, value] : metadata.labels) {
    out.add(Index::label, str(object.kind->plural, '\n', key, '=', value));
  }
}

}  // namespace

IndexEntries::IndexEntries(const Object& object, std::string_view object_key) {
  bytes_.reserve(512);
  ends_.reserve(8);
  Collector collector(bytes_, ends_, object_key);
  collect(object, collector);
}

std::vector<std::string_view> IndexEntries::sorted() const {
  std::vector<std::string_view> out;
  out.reserve(ends_.size());
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    out.push_back(std::string_view(bytes_).substr(begin, end - begin));
    begin = end;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace muster
