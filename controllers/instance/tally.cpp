#include "controllers/instance/tally.h"

#include <algorithm>

#include "api/base/text.h"
#include "controllers/base/health.h"

namespace muster::instance {
namespace {

constexpr Duration settle_time = std::chrono::milliseconds(200);
constexpr Duration interval_least = std::chrono::seconds(2);
constexpr Duration interval_per_instance = std::chrono::milliseconds(2);

struct Held {
  std::int64_t cpu = 0, memory = 0;
  std::int64_t gpus = 0;
  std::set<std::int32_t> tcp, udp;
  std::set<std::string, std::less<>> gpu_ids;
};

// Which ones its agent says only when it makes the container; so many are spoken for before.
void take_gpus(InstanceResource& free, const Held& held) {
  const auto before = static_cast<std::int64_t>(free.string_set_value.size());
  std::erase_if(free.string_set_value, [&](const std::string& id) { return held.gpu_ids.contains(id); });
  const auto left = static_cast<std::size_t>(std::max<std::int64_t>(before - held.gpus, 0));
  if (left < free.string_set_value.size()) free.string_set_value.resize(left);
}

InstanceResource remaining(const InstanceResource& registered, const Held& held) {
  InstanceResource out = registered;
  if (out.name == "CPU") out.integer_value -= held.cpu;
  if (out.name == "MEMORY") out.integer_value -= held.memory;
  if (out.name == "GPU") take_gpus(out, held);
  if (out.name != "PORTS" && out.name != "PORTS_UDP") return out;
  // ECS lists the ports that are taken.
  std::set<std::int32_t> ports = out.name == "PORTS" ? held.tcp : held.udp;
  for (const auto& text : registered.string_set_value) {
    if (const auto port = parse_int(text)) ports.insert(static_cast<std::int32_t>(*port));
  }
  out.string_set_value.clear();
  for (const auto port : ports) out.string_set_value.push_back(std::to_string(port));
  return out;
}

void add_missing(std::vector<InstanceResource>& resources, std::string_view name, const Held& held) {
  const bool there =
      std::any_of(resources.begin(), resources.end(), [&](const auto& each) { return each.name == name; });
  const auto& ports = name == "PORTS" ? held.tcp : held.udp;
  if (there || ports.empty()) return;
  InstanceResource none;
  none.name = std::string(name);
  none.type = "STRINGSET";
  resources.push_back(remaining(none, held));
}

bool is_vanished(const ContainerInstance& instance) {
  return instance.status.connection == Connection::suspect || instance.status.connection == Connection::lost;
}

}  // namespace

TaskPhase phase_of(const Task& task) {
  if (is_lost(task)) return TaskPhase::none;
  switch (task.status.last_status) {
    case LastStatus::provisioning:
    case LastStatus::pending:
    case LastStatus::activating: return TaskPhase::pending;
    case LastStatus::running: return TaskPhase::running;
    case LastStatus::deactivating:
    case LastStatus::stopping:
    case LastStatus::deprovisioning:
    case LastStatus::stopped: break;
  }
  return TaskPhase::none;
}

void fill_numbers(const State& state, ContainerInstance& instance) {
  Held held;
  auto& status = instance.status;
  status.running_tasks_count = status.pending_tasks_count = 0;
  state.each(Index::instance, instance.metadata.name, [&](const ObjectPtr& object) {
    const Task* task = as<Task>(object.get());
    if (task == nullptr || !holds_resources(*task)) return true;
    const auto revision = revision_of(state, task->metadata.ns, task->spec.task_definition);
    const Resources resources = resources_of_task(*task, revision.get());
    held.cpu += resources.cpu;
    held.memory += resources.memory_mib;
    held.gpus += resources.gpus;
    for (const ContainerStatus& each : task->status.containers) {
      held.gpu_ids.insert(each.gpu_ids.begin(), each.gpu_ids.end());
    }
    held.tcp.insert(resources.tcp_ports.begin(), resources.tcp_ports.end());
    held.udp.insert(resources.udp_ports.begin(), resources.udp_ports.end());
    const TaskPhase phase = phase_of(*task);
    status.running_tasks_count += phase == TaskPhase::running ? 1 : 0;
    status.pending_tasks_count += phase == TaskPhase::pending ? 1 : 0;
    return true;
  });
  status.remaining_resources.clear();
  for (const auto& each : status.registered_resources) status.remaining_resources.push_back(remaining(each, held));
  add_missing(status.remaining_resources, "PORTS", held);
  add_missing(status.remaining_resources, "PORTS_UDP", held);
}

void Tallies::add(const Object* object, std::int32_t sign, std::set<std::string>& touched) {
  if (const auto* task = as<Task>(object)) {
    const TaskPhase phase = phase_of(*task);
    if (phase == TaskPhase::none) return;
    auto& tally = tallies_[task->spec.cluster];
    (phase == TaskPhase::running ? tally.running : tally.pending) += sign;
    touched.insert(task->spec.cluster);
  } else if (const auto* instance = as<ContainerInstance>(object)) {
    auto& tally = tallies_[instance->spec.cluster];
    tally.instances += sign;
    tally.vanished += is_vanished(*instance) ? sign : 0;
    touched.insert(instance->spec.cluster);
  } else if (const auto* service = as<Service>(object)) {
    tallies_[service->spec.cluster].services += sign;
    touched.insert(service->spec.cluster);
  }
}

std::set<std::string> Tallies::observe(const Change& change) {
  std::set<std::string> touched;
  const auto* before = as<Task>(change.before.get());
  const auto* after = as<Task>(change.after.get());
  const bool same = before != nullptr && after != nullptr && phase_of(*before) == phase_of(*after) &&
                    before->spec.cluster == after->spec.cluster;
  if (same) return touched;
  add(change.before.get(), -1, touched);
  add(change.after.get(), 1, touched);
  return touched;
}

bool Refresh::soil() {
  const bool was_clean = state_ == State::clean;
  if (was_clean) noticed_ = Time{};
  state_ = State::dirty;
  return was_clean;
}

Duration Refresh::wait(Time now, Duration interval) {
  if (!is_set(noticed_)) noticed_ = now;
  return std::max({noticed_ + settle_time - now, written_ + interval - now, Duration::zero()});
}

void Refresh::written(Time now) {
  written_ = now;
  noticed_ = Time{};
}

Duration refresh_interval(std::int32_t instances) {
  return std::max(interval_least, interval_per_instance * instances);
}

}  // namespace muster::instance
