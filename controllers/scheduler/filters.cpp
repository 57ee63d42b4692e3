#include "controllers/scheduler/filters.h"

#include <algorithm>
#include <array>

#include "api/base/text.h"
#include "controllers/base/instance_subject.h"
#include "controllers/scheduler/host_subject.h"

namespace muster::scheduler {
namespace {

const ContainerInstance& instance(const Candidate& candidate) {
  return *candidate.host.object;
}

bool is_active(const Requirement&, const Candidate& candidate) {
  return instance(candidate).spec.status == InstanceState::active && !instance(candidate).metadata.deleting();
}
std::string inactive_reason(const Requirement&, const Candidate& candidate) {
  return instance(candidate).metadata.deleting() ? "being deleted" : "draining";
}

bool is_schedulable(const Requirement&, const Candidate& candidate) {
  return !instance(candidate).spec.unschedulable;
}
std::string unschedulable_reason(const Requirement&, const Candidate&) {
  return "unschedulable";
}

bool is_connected(const Requirement&, const Candidate& candidate) {
  return effective_connection(instance(candidate)) == Connection::connected;
}
std::string connection_reason(const Requirement&, const Candidate& candidate) {
  switch (effective_connection(instance(candidate))) {
    case Connection::connected: break;
    case Connection::lost: return "lost";
    case Connection::suspect: return "suspect";
    case Connection::away: return "away";
    case Connection::returning: return "returning";
  }
  return "not connected";
}

bool tolerates_taints(const Requirement& requirement, const Candidate& candidate) {
  return forbidding(instance(candidate).spec.taints, requirement.tolerations) == nullptr;
}
std::string taint_reason(const Requirement& requirement, const Candidate& candidate) {
  const Taint* taint = forbidding(instance(candidate).spec.taints, requirement.tolerations);
  if (taint == nullptr) return "tainted";
  return str("tainted ", taint->key, taint->value.empty() ? "" : "=", taint->value);
}

// An expression over tasks is asked again whenever tasks come and go; the others when the instance itself changes.
const query::Query* refusing_query(const Requirement& requirement, const Candidate& candidate, Depth depth) {
  const HostSubject subject(candidate.host, candidate.groups, requirement.ns);
  for (const auto& query : requirement.member_of) {
    if ((query.reads_tasks() ? Depth::tasks : Depth::facts) == depth && !query.matches(subject)) return &query;
  }
  return nullptr;
}
std::string query_reason(const Requirement& requirement, const Candidate& candidate, Depth depth) {
  const query::Query* query = refusing_query(requirement, candidate, depth);
  if (query == nullptr) return "constraint not satisfied";
  const HostSubject subject(candidate.host, candidate.groups, requirement.ns);
  if (const auto missing = query->missing_attribute(subject); !missing.empty())
    return str("missing attribute ", missing);
  return str("not matching ", query->text());
}
bool matches_facts(const Requirement& requirement, const Candidate& candidate) {
  return refusing_query(requirement, candidate, Depth::facts) == nullptr;
}
std::string facts_reason(const Requirement& requirement, const Candidate& candidate) {
  return query_reason(requirement, candidate, Depth::facts);
}
bool matches_tasks(const Requirement& requirement, const Candidate& candidate) {
  return !requirement.reads_tasks || refusing_query(requirement, candidate, Depth::tasks) == nullptr;
}
std::string tasks_reason(const Requirement& requirement, const Candidate& candidate) {
  return query_reason(requirement, candidate, Depth::tasks);
}

bool is_distinct(const Requirement& requirement, const Candidate& candidate) {
  return !requirement.distinct_instance || candidate.host.count(candidate.group).holding == 0;
}
std::string distinct_reason(const Requirement&, const Candidate&) {
  return "already with a task of the group";
}

bool has_cpu(const Requirement& requirement, const Candidate& candidate) {
  return requirement.need.cpu <= candidate.host.free_cpu() || requirement.need.cpu == 0;
}
std::string cpu_reason(const Requirement&, const Candidate&) {
  return "insufficient cpu";
}
std::string cpu_detail(const Requirement& requirement, const Candidate& candidate) {
  return str("needs ", requirement.need.cpu, " cpu units, ", candidate.host.free_cpu(), " of ", candidate.host.cpu,
             " are free");
}

bool has_memory(const Requirement& requirement, const Candidate& candidate) {
  return requirement.need.memory_mib <= candidate.host.free_memory() || requirement.need.memory_mib == 0;
}
std::string memory_reason(const Requirement&, const Candidate&) {
  return "insufficient memory";
}
std::string memory_detail(const Requirement& requirement, const Candidate& candidate) {
  return str("needs ", requirement.need.memory_mib, " MiB, ", candidate.host.free_memory(), " of ",
             candidate.host.memory, " MiB are free");
}

bool has_gpus(const Requirement& requirement, const Candidate& candidate) {
  return requirement.need.gpus <= candidate.host.free_gpus() || requirement.need.gpus == 0;
}
std::string gpus_reason(const Requirement&, const Candidate&) {
  return "insufficient gpus";
}
std::string gpus_detail(const Requirement& requirement, const Candidate& candidate) {
  return str("needs ", requirement.need.gpus, " GPUs, ", std::max<std::int64_t>(candidate.host.free_gpus(), 0), " of ",
             candidate.host.gpus, " are free");
}

// The first that is taken, or 0.
std::int32_t taken(const std::vector<std::int32_t>& wanted, const std::vector<std::int32_t>& reserved,
                   const std::vector<std::int32_t>& held) {
  for (const auto port : wanted) {
    if (std::binary_search(reserved.begin(), reserved.end(), port) ||
        std::binary_search(held.begin(), held.end(), port)) {
      return port;
    }
  }
  return 0;
}
bool has_ports(const Requirement& requirement, const Candidate& candidate) {
  const auto& host = candidate.host;
  return taken(requirement.need.tcp_ports, host.reserved_tcp, host.tcp) == 0 &&
         taken(requirement.need.udp_ports, host.reserved_udp, host.udp) == 0;
}
std::string ports_reason(const Requirement& requirement, const Candidate& candidate) {
  const auto& host = candidate.host;
  const auto tcp = taken(requirement.need.tcp_ports, host.reserved_tcp, host.tcp);
  if (tcp != 0) return str("port ", tcp, "/tcp in use");
  return str("port ", taken(requirement.need.udp_ports, host.reserved_udp, host.udp), "/udp in use");
}

std::string no_detail(const Requirement&, const Candidate&) {
  return {};
}

constexpr std::array<Filter, 11> all_filters{{
    {"state", Depth::facts, is_active, inactive_reason, no_detail},
    {"schedulable", Depth::facts, is_schedulable, unschedulable_reason, no_detail},
    {"connection", Depth::facts, is_connected, connection_reason, no_detail},
    {"taints", Depth::facts, tolerates_taints, taint_reason, no_detail},
    {"attributes", Depth::facts, matches_facts, facts_reason, no_detail},
    {"tasks", Depth::tasks, matches_tasks, tasks_reason, no_detail},
    {"distinctInstance", Depth::tasks, is_distinct, distinct_reason, no_detail},
    {"cpu", Depth::tasks, has_cpu, cpu_reason, cpu_detail},
    {"memory", Depth::tasks, has_memory, memory_reason, memory_detail},
    {"gpus", Depth::tasks, has_gpus, gpus_reason, gpus_detail},
    {"ports", Depth::tasks, has_ports, ports_reason, no_detail},
}};

}  // namespace

std::span<const Filter> filters() {
  return all_filters;
}

const Filter* refusing(const Requirement& requirement, const Candidate& candidate) {
  const auto found = std::find_if(all_filters.begin(), all_filters.end(),
                                  [&](const Filter& filter) { return !filter.check(requirement, candidate); });
  return found != all_filters.end() ? &*found : nullptr;
}

bool passes(const Requirement& requirement, const Candidate& candidate, Depth depth) {
  return std::all_of(all_filters.begin(), all_filters.end(), [&](const Filter& filter) {
    return filter.depth != depth || filter.check(requirement, candidate);
  });
}

}  // namespace muster::scheduler
