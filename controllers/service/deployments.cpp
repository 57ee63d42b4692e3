#include "controllers/service/deployments.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/types/configuration.h"
#include "controllers/base/health.h"
#include "controllers/base/naming.h"

namespace muster::service {

namespace {

constexpr std::size_t service_characters = 40;
constexpr std::uint64_t nineteen_digits = 10'000'000'000'000'000'000ULL;

std::string restarted_at(const Service& service) {
  const auto found = service.metadata.annotations.find(labels::restarted_at);
  return found == service.metadata.annotations.end() ? std::string() : found->second;
}

std::string identity(const Service& service, std::int64_t number) {
  return str(service.metadata.uid, "\n", number);
}

std::string set_name(const Service& service, std::int64_t number) {
  return str(service.metadata.name.substr(0, service_characters), "-", hex(stable_hash(identity(service, number)), 8));
}

std::string deployment_id(const Service& service, std::int64_t number) {
  std::string digits = std::to_string(stable_hash(identity(service, number), 1) % nineteen_digits);
  return str("ecs-svc/", std::string(19 - digits.size(), '0'), digits);
}

}  // namespace

std::int64_t rollout_number(const TaskSet& set) {
  const auto found = set.metadata.annotations.find(labels::rollout);
  if (found == set.metadata.annotations.end()) return 0;
  return parse_int(found->second).value_or(0);
}

std::vector<TaskSetPtr> task_sets_of(const State& state, const Service& service) {
  std::vector<TaskSetPtr> sets = state.list<TaskSet>(Index::owner, service.metadata.uid);
  std::stable_sort(sets.begin(), sets.end(),
                   [](const TaskSetPtr& a, const TaskSetPtr& b) { return rollout_number(*a) > rollout_number(*b); });
  return sets;
}

TaskSetPtr primary_of(const std::vector<TaskSetPtr>& sets) {
  for (const TaskSetPtr& each : sets) {
    if (!each->metadata.deleting()) return each;
  }
  return nullptr;
}

ConfigState config_state(const State& state, std::string_view ns, std::string_view definition) {
  ConfigState out;
  const auto revision = revision_of(state, ns, definition);
  if (revision == nullptr) return out;
  std::string facts;
  for (const ConfigReference& reference : config_references(revision->spec)) {
    const Kind& kind = reference.kind == ConfigKind::secret ? kind_of<Secret>() : kind_of<ConfigMap>();
    const ObjectPtr object = state.find(kind, ns, reference.name);
    out.references.push_back(config_text(reference));
    facts += out.references.back();
    if (object != nullptr) facts += str(' ', object->metadata.uid, ' ', object->metadata.generation);
    facts += '\n';
  }
  if (!facts.empty()) out.hash = str(hex(stable_hash(facts), 16), hex(stable_hash(facts, 1), 16));
  return out;
}

bool needs_rollout(const State& state, const Service& service, std::string_view definition, const TaskSet& primary) {
  if (primary.spec.task_definition != definition || primary.spec.cluster != service.spec.cluster ||
      primary.spec.restarted_at != restarted_at(service)) {
    return true;
  }
  return service.spec.deployment_configuration.rollout_on_config_change &&
         primary.spec.config_hash != config_state(state, service.metadata.ns, definition).hash;
}

TaskSet next_set(const State& state, const Service& service, std::string_view definition,
                 const std::vector<TaskSetPtr>& sets) {
  std::int64_t number = sets.empty() ? 1 : rollout_number(*sets.front()) + 1;
  while (state.get<TaskSet>(service.metadata.ns, set_name(service, number)) != nullptr) ++number;
  TaskSet set = make<TaskSet>();
  set.metadata.ns = service.metadata.ns;
  set.metadata.name = set_name(service, number);
  set.metadata.annotations.emplace(labels::rollout, std::to_string(number));
  if (labels::legal_value(service.metadata.name)) set.metadata.labels.emplace(labels::service, service.metadata.name);
  OwnerReference owner = owner_reference(service);
  owner.controller = true;
  owner.block_owner_deletion = true;
  set.metadata.owner_references.push_back(std::move(owner));
  set.spec.service = service.metadata.name;
  set.spec.task_definition = definition;
  set.spec.cluster = service.spec.cluster;
  set.spec.deployment_id = deployment_id(service, number);
  set.spec.restarted_at = restarted_at(service);
  ConfigState config = config_state(state, service.metadata.ns, definition);
  set.spec.config_references = std::move(config.references);
  set.spec.config_hash = std::move(config.hash);
  set.spec.placement_constraints = service.spec.placement_constraints;
  set.spec.placement_strategy = service.spec.placement_strategy;
  return set;
}

TaskSetPtr with_placement_of(const Service& service, const TaskSetPtr& set) {
  if (set->spec.placement_constraints == service.spec.placement_constraints &&
      set->spec.placement_strategy == service.spec.placement_strategy) {
    return nullptr;
  }
  auto next = std::make_shared<TaskSet>(*set);
  next->spec.placement_constraints = service.spec.placement_constraints;
  next->spec.placement_strategy = service.spec.placement_strategy;
  return next;
}

void prune_history(const std::vector<TaskSetPtr>& sets, Plan& plan) {
  std::size_t seen = 0;
  for (const TaskSetPtr& each : sets) {
    if (each->status.status != DeploymentStatus::inactive || each->metadata.deleting()) continue;
    if (++seen > kept_history) plan.actions.emplace_back(Delete{each});
  }
}

}  // namespace muster::service
