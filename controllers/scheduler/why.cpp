#include "controllers/scheduler/why.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "api/base/text.h"
#include "controllers/scheduler/model.h"

namespace muster::scheduler {
namespace {

std::string plural(std::int64_t count, std::string_view word) {
  return str(count, ' ', word, count == 1 ? "" : "s");
}

std::vector<Objection> objections(const Requirement& requirement, const Candidate& candidate) {
  std::vector<Objection> out;
  for (const Filter& filter : filters()) {
    if (filter.check(requirement, candidate)) continue;
    out.push_back(
        {std::string(filter.name), filter.reason(requirement, candidate), filter.detail(requirement, candidate)});
  }
  return out;
}

std::string asked_by(const Requirement& requirement) {
  const Resources& need = requirement.need;
  std::vector<std::string> parts;
  if (need.cpu > 0) parts.push_back(plural(need.cpu, "cpu unit"));
  if (need.memory_mib > 0) parts.push_back(str(need.memory_mib, " MiB"));
  if (need.gpus > 0) parts.push_back(plural(need.gpus, "GPU"));
  for (const auto port : need.tcp_ports) parts.push_back(str("port ", port, "/tcp"));
  for (const auto port : need.udp_ports) parts.push_back(str("port ", port, "/udp"));
  std::string out = parts.empty() ? "nothing that is counted" : join(parts, ", ");
  for (const auto& query : requirement.member_of) out += str("; ", query.text());
  if (requirement.distinct_instance) out += "; an instance without a task of its group";
  return out;
}

// ---- the order among those that could take it

struct Place {
  const Host* host = nullptr;
  Verdict* verdict = nullptr;
  std::vector<std::int64_t> key;  // lower is better, from left to right
};

class Standing {
 public:
  Standing(const Requirement& requirement, const Hosts& hosts, GroupId group)
      : requirement_(requirement), group_(group) {
    std::size_t depth = 0;
    for (const Level& level : requirement.ranking.levels) depth += level.kind == LevelKind::tasks_of_attribute ? 1 : 0;
    for (std::size_t i = 1; i <= depth; ++i) {
      auto& sums = sums_.emplace_back();
      for (const auto& [name, id] : hosts.by_name()) {
        if (hosts[id].object != nullptr) sums[values(hosts[id], i)] += hosts[id].count(group).live;
      }
    }
  }

  void describe(Place& place) const {
    const Host& host = *place.host;
    const bool soft =
        untolerated(host.object->spec.taints, requirement_.tolerations, TaintEffect::prefer_no_schedule) != nullptr;
    std::vector<std::string> texts;
    if (soft) texts.emplace_back("has a taint PreferNoSchedule");
    place.key.push_back(soft ? 1 : 0);
    std::size_t depth = 0;
    for (const Level& level : requirement_.ranking.levels) {
      switch (level.kind) {
        case LevelKind::tasks_of_attribute: {
          const auto path = values(host, ++depth);
          place.key.push_back(sums_[depth - 1].at(path));
          if (!path.back().empty()) {
            texts.push_back(str(plural(place.key.back(), "task"), " with ", level.attribute, "=", path.back()));
          }
          break;
        }
        case LevelKind::tasks_of_instance:
          place.key.push_back(host.count(group_).live);
          texts.push_back(str(plural(place.key.back(), "task"), " of the group here"));
          break;
        case LevelKind::free_cpu:
          place.key.push_back(std::max<std::int64_t>(host.free_cpu(), 0));
          texts.push_back(str(place.key.back(), " cpu units free"));
          break;
        case LevelKind::free_memory:
          place.key.push_back(std::max<std::int64_t>(host.free_memory(), 0));
          texts.push_back(str(place.key.back(), " MiB free"));
          break;
      }
    }
    place.verdict->standing = join(texts, ", ");
  }

 private:
  using Values = std::vector<std::string>;
  // Of the first attributes that are spread over.
  Values values(const Host& host, std::size_t depth) const {
    Values out;
    for (const Level& level : requirement_.ranking.levels) {
      if (level.kind != LevelKind::tasks_of_attribute || out.size() == depth) continue;
      const std::string* value = host.attribute(level.attribute);
      out.push_back(value != nullptr ? *value : std::string());
    }
    return out;
  }

  const Requirement& requirement_;
  GroupId group_;
  std::vector<std::map<Values, std::int64_t>> sums_;  // by depth
};

void rank(std::vector<Place>& places) {
  std::stable_sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.key < b.key; });
  for (std::size_t i = 0; i < places.size(); ++i) {
    const bool equal = i > 0 && places[i].key == places[i - 1].key;
    places[i].verdict->rank = equal ? places[i - 1].verdict->rank : i + 1;
  }
}

// ---- the smallest change

struct Remedy {
  double cost = 0;  // of a resource: the share of what is asked for that is missing
  std::string text;
};

Remedy shortage(const Host& host, std::int64_t need, std::int64_t free, std::string_view unit) {
  const std::int64_t there = std::max<std::int64_t>(free, 0);
  return {
      static_cast<double>(need - there) / static_cast<double>(need),
      str(host.name, " lacks ", need - there, ' ', unit, ": the task would fit with ", there, " instead of ", need)};
}

std::optional<Remedy> remedy(const Requirement& requirement, const Host& host, const Objection& objection) {
  constexpr double of_the_host = 1, of_its_tasks = 2, of_what_it_is = 3;
  const std::string& filter = objection.filter;
  if (filter == "cpu") return shortage(host, requirement.need.cpu, host.free_cpu(), "cpu units");
  if (filter == "memory") return shortage(host, requirement.need.memory_mib, host.free_memory(), "MiB");
  if (filter == "gpus") return shortage(host, requirement.need.gpus, host.free_gpus(), "GPUs");
  if (filter == "schedulable" || filter == "state") {
    if (host.object->metadata.deleting()) return std::nullopt;
    return Remedy{of_the_host, str("muster uncordon ", host.name, " (it is ", objection.reason, ")")};
  }
  if (filter == "taints") {
    const Taint* taint = forbidding(host.object->spec.taints, requirement.tolerations);
    return Remedy{of_the_host, str(host.name, " is ", objection.reason, ": a toleration of ",
                                   taint != nullptr ? taint->key : std::string("it"), " in the definition would do")};
  }
  if (filter == "ports" || filter == "distinctInstance" || filter == "tasks") {
    return Remedy{of_its_tasks, str(host.name, ": ", objection.reason, "; it would take the task but for that")};
  }
  if (filter == "attributes") {
    return Remedy{of_what_it_is, str(host.name, ": ", objection.reason, "; it would take the task but for that")};
  }
  return std::nullopt;  // its agent must come back
}

std::string smallest_remedy(const Requirement& requirement, const Hosts& hosts, const std::vector<Verdict>& verdicts) {
  std::optional<Remedy> best;
  for (const Verdict& each : verdicts) {
    if (each.objections.empty()) return {};
    if (each.objections.size() > 1) continue;
    auto found = remedy(requirement, hosts[hosts.find(each.instance)], each.objections.front());
    if (found && (!best || found->cost < best->cost)) best = std::move(found);
  }
  return best ? best->text : std::string();
}

}  // namespace

Answer why(const State& state, const Task& task) {
  State without = state;
  without.erase(key_of(task));
  Model model;
  model.build(without);
  const Requirement requirement = resolve(state, task);
  Answer out;
  out.problem = requirement.problem;
  if (out.problem.empty()) out.asked = asked_by(requirement);
  Hosts& hosts = model.pool(task.spec.cluster).hosts();
  const GroupId group = hosts.groups().take(requirement.group);
  for (const auto& [name, id] : hosts.by_name()) {
    const bool out_of_question = !requirement.only_instance.empty() && requirement.only_instance != name;
    if (hosts[id].object == nullptr) continue;
    Verdict& verdict = out.instances.emplace_back();
    verdict.instance = name;
    if (!out.problem.empty()) continue;
    if (out_of_question) {
      verdict.objections.push_back({"attributes", str("not the instance asked for, ", requirement.only_instance), {}});
    } else {
      verdict.objections = objections(requirement, Candidate{hosts[id], hosts.groups(), group});
    }
  }
  if (!out.problem.empty()) return out;
  const Standing standing(requirement, hosts, group);
  std::vector<Place> places;
  for (Verdict& each : out.instances) {
    if (!each.objections.empty()) continue;
    Place& place = places.emplace_back(Place{&hosts[hosts.find(each.instance)], &each, {}});
    standing.describe(place);
  }
  rank(places);
  if (places.empty()) out.remedy = smallest_remedy(requirement, hosts, out.instances);
  return out;
}

std::vector<Waiting> waiting_tasks(const State& state, const ContainerInstance& instance) {
  Model model;
  model.build(state);
  Pool& pool = model.pool(instance.spec.cluster);
  const HostId id = pool.hosts().find(instance.metadata.name);
  std::vector<Waiting> out;
  for (const auto& [key, demand] : pool.demands()) {
    const TaskPtr* example = demand.any_task();
    if (example == nullptr) continue;
    Waiting& row = out.emplace_back();
    row.ns = (*example)->metadata.ns;
    row.example = (*example)->metadata.name;
    row.tasks = demand.waiting.size() + demand.told.size();
    row.problem = demand.requirement.problem;
    if (!row.problem.empty() || id == Hosts::npos || pool.hosts()[id].object == nullptr) continue;
    row.objections = objections(demand.requirement, Candidate{pool.hosts()[id], pool.hosts().groups(), demand.group});
  }
  return out;
}

}  // namespace muster::scheduler
