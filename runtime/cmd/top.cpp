// muster top
#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/base/text.h"
#include "api/types/cluster.h"
#include "api/types/names.h"
#include "api/types/service.h"
#include "api/types/task.h"
#include "api/types/usage.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/table_printer.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

constexpr std::int64_t kib = 1024, mib = 1024 * kib;

struct Usage {
  std::int64_t nanocores = 0, bytes = 0;
  std::int64_t tasks = 0;
  Usage& operator+=(const Usage& other) {
    nanocores += other.nanocores;
    bytes += other.bytes;
    tasks += other.tasks;
    return *this;
  }
};

// A quantity as the server writes them: "0", "1234n", "20Ki".
std::int64_t read_quantity(const Labels& usage, const std::string& name, std::string_view unit, std::int64_t factor) {
  const auto found = usage.find(name);
  if (found == usage.end()) return 0;
  std::string_view text = found->second;
  if (!text.ends_with(unit)) return parse_int(text).value_or(0);
  text.remove_suffix(unit.size());
  return parse_int(text).value_or(0) * factor;
}
Usage usage_of(const Labels& quantities) {
  return {read_quantity(quantities, "cpu", "n", 1), read_quantity(quantities, "memory", "Ki", kib), 0};
}

// In ECS's units: 1024 are a core.
std::string cpu_text(std::int64_t nanocores) {
  constexpr std::int64_t units = 1024, core = 1'000'000'000;
  return std::to_string((nanocores * units + core / 2) / core);
}
std::string memory_text(std::int64_t bytes) {
  return std::to_string((bytes + mib / 2) / mib);
}
std::string share_text(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return "<none>";
  return str((part * 100 + whole / 2) / whole, "%");
}

struct Row {
  std::vector<std::string> names;
  Usage usage;
  std::vector<std::string> rest;
};

// The thirstiest first.
int print(std::vector<std::string> headers, std::vector<Row> rows, const Arguments& arguments) {
  const bool by_memory = arguments.get("sort-by", "cpu") == "memory";
  std::ranges::sort(rows, [&](const Row& left, const Row& right) {
    const std::int64_t l = by_memory ? left.usage.bytes : left.usage.nanocores;
    const std::int64_t r = by_memory ? right.usage.bytes : right.usage.nanocores;
    return l != r ? l > r : left.names < right.names;
  });
  TableLayout layout;
  layout.width = output_columns();
  layout.names = rows.empty() ? 0 : rows.front().names.size() - 1;
  TablePrinter table(std::move(headers), layout);
  for (Row& row : rows) {
    std::vector<std::string> cells = std::move(row.names);
    cells.push_back(cpu_text(row.usage.nanocores));
    cells.push_back(memory_text(row.usage.bytes));
    for (std::string& each : row.rest) cells.push_back(std::move(each));
    table.add(std::move(cells));
  }
  if (table.empty()) {
    std::fprintf(stderr, "Nothing has been measured yet; agents tell every 10 s.\n");
    return exit_code::ok;
  }
  std::printf("%s", table.text().c_str());
  return exit_code::ok;
}

using Measured = std::vector<std::shared_ptr<Object>>;

int top_tasks(Session& session, const Arguments& arguments) {
  const auto objects = fetch_all(session, kind_of<view::PodMetrics>(), "");
  if (!objects.ok()) return fail(objects.error());
  const bool everywhere = session.ns.empty();
  const bool apart = arguments.has("containers");
  std::vector<std::string> headers;
  if (everywhere) headers.emplace_back("NAMESPACE");
  headers.emplace_back("TASK");
  if (apart) headers.emplace_back("CONTAINER");
  headers.insert(headers.end(), {"CPU UNITS", "MEMORY MIB"});
  std::vector<Row> rows;
  for (const auto& object : *objects) {
    const auto& metrics = static_cast<const view::PodMetrics&>(*object);
    Row row;
    if (everywhere) row.names.push_back(metrics.metadata.ns);
    row.names.push_back(metrics.metadata.name);
    for (const auto& container : metrics.containers) {
      if (!apart) {
        row.usage += usage_of(container.usage);
        continue;
      }
      Row one = row;
      one.names.push_back(container.name);
      one.usage = usage_of(container.usage);
      rows.push_back(std::move(one));
    }
    if (!apart) rows.push_back(std::move(row));
  }
  return print(std::move(headers), std::move(rows), arguments);
}

int top_services(Session& session, const Arguments& arguments) {
  const auto services = fetch_all(session, kind_of<Service>(), "");
  if (!services.ok()) return fail(services.error());
  const auto objects = fetch_all(session, kind_of<view::PodMetrics>(), "");
  if (!objects.ok()) return fail(objects.error());
  const bool everywhere = session.ns.empty();
  std::map<std::pair<std::string, std::string>, Usage> sums;
  for (const auto& service : *services) sums[{service->metadata.ns, service->metadata.name}];
  for (const auto& object : *objects) {
    const auto& metrics = static_cast<const view::PodMetrics&>(*object);
    const auto name = metrics.metadata.labels.find("muster.dev/service");
    if (name == metrics.metadata.labels.end()) continue;
    const auto found = sums.find({metrics.metadata.ns, name->second});
    if (found == sums.end()) continue;
    for (const auto& container : metrics.containers) found->second += usage_of(container.usage);
    ++found->second.tasks;
  }
  std::vector<std::string> headers;
  if (everywhere) headers.emplace_back("NAMESPACE");
  headers.insert(headers.end(), {"SERVICE", "CPU UNITS", "MEMORY MIB", "MEASURED TASKS"});
  std::vector<Row> rows;
  for (const auto& [key, usage] : sums) {
    Row row;
    if (everywhere) row.names.push_back(key.first);
    row.names.push_back(key.second);
    row.usage = usage;
    row.rest.push_back(std::to_string(usage.tasks));
    rows.push_back(std::move(row));
  }
  return print(std::move(headers), std::move(rows), arguments);
}

std::int64_t registered(const ContainerInstance& instance, std::string_view resource) {
  for (const InstanceResource& each : instance.status.registered_resources) {
    if (each.name == resource) return each.integer_value;
  }
  return 0;
}

int top_instances(Session& session, const Arguments& arguments) {
  const auto instances = fetch_all(session, kind_of<ContainerInstance>(), "");
  if (!instances.ok()) return fail(instances.error());
  const auto objects = fetch_all(session, kind_of<view::NodeMetrics>(), "");
  if (!objects.ok()) return fail(objects.error());
  constexpr std::int64_t unit = 1'000'000'000 / 1024;
  std::vector<Row> rows;
  for (const auto& object : *objects) {
    const auto& metrics = static_cast<const view::NodeMetrics&>(*object);
    Row row{{metrics.metadata.name}, usage_of(metrics.usage), {}};
    const auto found = std::ranges::find_if(
        *instances, [&](const auto& each) { return each->metadata.name == metrics.metadata.name; });
    if (found != instances->end()) {
      const auto& instance = static_cast<const ContainerInstance&>(**found);
      row.rest = {share_text(row.usage.nanocores, registered(instance, "CPU") * unit),
                  share_text(row.usage.bytes, registered(instance, "MEMORY") * mib),
                  std::to_string(instance.status.running_tasks_count)};
    }
    rows.push_back(std::move(row));
  }
  return print({"CONTAINERINSTANCE", "CPU UNITS", "MEMORY MIB", "CPU%", "MEMORY%", "TASKS"}, std::move(rows),
               arguments);
}

int run(const Arguments& arguments) {
  if (arguments.words.size() != 1) {
    return fail_usage(top_verb(), Error{Code::malformed, "say what: top tasks, top services or top instances", {}});
  }
  const std::string by = arguments.get("sort-by", "cpu");
  if (by != "cpu" && by != "memory") {
    return fail_usage(top_verb(), Error{Code::malformed, str("--sort-by ", by, ": must be cpu or memory"), {}});
  }
  const std::string& what = arguments.words[0];
  const Kind* kind = find_kind(what == "instance" || what == "instances" ? "containerinstances" : what);
  if (kind != &kind_of<Task>() && kind != &kind_of<Service>() && kind != &kind_of<ContainerInstance>()) {
    return fail_usage(top_verb(),
                      Error{Code::malformed, str("\"", what, "\" is not tasks, services or instances"), {}});
  }
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  if (arguments.has("all-namespaces")) session->ns.clear();
  if (kind == &kind_of<Task>()) return top_tasks(*session, arguments);
  if (kind == &kind_of<Service>()) return top_services(*session, arguments);
  return top_instances(*session, arguments);
}

}  // namespace

const Verb& top_verb() {
  static const Verb verb{"top",
                         "tasks|services|instances",
                         "show what uses CPU and memory",
                         "What was used over the last ten seconds, the thirstiest first: CPU in units\n"
                         "(1024 are a core), memory in MiB without what the kernel could drop at once.\n"
                         "The share of an instance is of what it has registered.\n\n"
                         "  muster top tasks --containers\n"
                         "  muster top services --sort-by memory\n"
                         "  muster top instances\n",
                         client_options({{"all-namespaces", 'A', "", "Of all namespaces."},
                                         {"containers", 0, "", "Each container of a task by itself."},
                                         {"sort-by", 0, "KEY", "cpu or memory (default cpu)."}}),
                         &run};
  return verb;
}

}  // namespace muster::cmd
