#include "controllers/scheduler/explain.h"

#include <algorithm>
#include <map>
#include <utility>

#include "api/base/text.h"

namespace muster::scheduler {
namespace {

constexpr std::size_t reasons_shown = 8;
constexpr std::size_t reason_bytes = 120;

std::string counted(const std::map<std::string, std::size_t>& counts, std::size_t instances) {
  std::vector<std::pair<std::string, std::size_t>> rows(counts.begin(), counts.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> parts;
  for (const auto& [reason, count] : rows) {
    if (parts.size() == reasons_shown) {
      parts.push_back(str(rows.size() - reasons_shown, " more reasons"));
      break;
    }
    parts.push_back(str(count, " ", reason));
  }
  return str("0/", instances, " instances: ", join(parts, ", "));
}

std::string shortened(std::string text) {
  if (text.size() > reason_bytes) text = text.substr(0, reason_bytes) + "...";
  return text;
}

}  // namespace

Refusal explain(const Requirement& requirement, const Hosts& hosts, GroupId group) {
  Refusal out;
  out.instances = hosts.instances();
  if (!requirement.problem.empty()) {
    out.message = requirement.problem;
    return out;
  }
  if (out.instances == 0) {
    out.message = "0/0 instances: the cluster has no container instances";
    return out;
  }
  std::map<std::string, std::size_t> counts;
  const auto blame = [&](HostId id) {
    const Host& host = hosts[id];
    if (host.object == nullptr) return;
    const Candidate candidate{host, hosts.groups(), group};
    if (const Filter* filter = refusing(requirement, candidate))
      ++counts[shortened(filter->reason(requirement, candidate))];
  };
  const std::string& only = requirement.only_instance;
  if (only.empty()) {
    for (const auto& [name, id] : hosts.by_name()) blame(id);
  } else {
    // Asked for by name: of the others it need not be known what else is wrong with them.
    const auto id = hosts.find(only);
    const bool exists = id != Hosts::npos && hosts[id].object != nullptr;
    if (exists) blame(id);
    const auto others = out.instances - (exists ? 1 : 0);
    if (others > 0) counts[shortened(str("not the instance asked for, ", only))] = others;
  }
  for (const auto& [reason, count] : counts) out.reasons.insert(reason);
  out.message = counted(counts, out.instances);
  return out;
}

}  // namespace muster::scheduler
