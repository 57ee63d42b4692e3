// N agents, M tasks: how long until all run, what one task waits, what the server pays.
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/kinds.h"
#include "runtime/base/loop.h"
#include "runtime/client/api_client.h"
#include "tests/bench/load/figures.h"
#include "tests/bench/load/fleet.h"
#include "tests/bench/load/muster_process.h"
#include "tests/bench/load/options.h"

namespace muster::bench {
namespace {

constexpr Duration look_interval = std::chrono::milliseconds(50);

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// Whether `reached` became true in time; asked again and again.
template <class Condition>
Result<Duration> time_until(Duration begin, Duration patience, std::string_view what, Condition reached) {
  while (true) {
    TRY(const bool there, reached());
    const Duration taken = system_monotonic() - begin;
    if (there) return taken;
    if (taken > patience)
      return Error{Code::timeout, str("not in ", patience / std::chrono::seconds(1), " s: ", what), {}};
    std::this_thread::sleep_for(look_interval);
  }
}

std::string definition(std::string_view version) {
  return str(R"({"apiVersion":"muster.dev/v1beta1","kind":"TaskDefinition","metadata":{"name":"load"},"spec":)",
             R"({"networkMode":"none","containerDefinitions":[{"name":"app","image":"load:1","cpu":16,"memory":16,)",
             R"("command":["serve","--quietly"],"environment":[{"name":"VERSION","value":")", version, R"("}]}]}})");
}

struct Counts {
  std::int64_t running = 0, pending = 0, desired = 0;
  std::size_t settled = 0;  // services with one deployment, of the wanted revision and completed
};

class TaskLoad {
 public:
  TaskLoad(const LoadOptions& options, MusterProcess& server, Fleet& fleet)
      : options_(options), server_(server), fleet_(fleet), api_(server.url()) {}

  Status start() {
    const Duration begin = system_monotonic();
    const double cpu = server_.cpu_seconds();
    TRY(const Duration joined, time_until(begin, options_.patience, "all agents joined",
                                          [&]() -> Result<bool> { return fleet_.totals().synced == options_.agents; }));
    print_figure("agents", static_cast<double>(options_.agents));
    print_figure("agents_joined_seconds", seconds(joined));
    print_figure("agents_joined_server_cpu_seconds", server_.cpu_seconds() - cpu);
    print_figure("agents_joined_server_rss_mib", server_.rss_mib());
    return {};
  }

  Status run_all() {
    const double server_cpu = server_.cpu_seconds();
    const double fleet_cpu = fleet_.cpu_seconds();
    const Duration begin = system_monotonic();
    applied_ = system_now();
    TRY_VOID(api_.json("POST", client::path_of(*find_kind("taskdefinitions"), "default"), definition("1")));
    const std::size_t share = options_.tasks / options_.services;
    for (std::size_t i = 0; i < options_.services; ++i) {
      const std::size_t rest = i == 0 ? options_.tasks % options_.services : 0;
      const std::string body = str(R"({"apiVersion":"muster.dev/v1beta1","kind":"Service","metadata":{"name":"load-)",
                                   i, R"("},"spec":{"taskDefinition":"load","desiredCount":)", share + rest,
                                   R"(,"deploymentConfiguration":{"minimumHealthyPercent":75,"maximumPercent":125}}})");
      TRY_VOID(api_.json("POST", client::path_of(*find_kind("services"), "default"), body));
    }
    const auto wanted = static_cast<std::int64_t>(options_.tasks);
    TRY(const Duration taken,
        until("all tasks running", begin, [&](const Counts& counts) { return counts.running >= wanted; }));
    print_figure("tasks", static_cast<double>(options_.tasks));
    print_figure("services", static_cast<double>(options_.services));
    print_figure("all_running_seconds", seconds(taken));
    print_figure("tasks_per_second", static_cast<double>(options_.tasks) / seconds(taken));
    print_figure("server_cpu_seconds", server_.cpu_seconds() - server_cpu);
    print_figure("agents_cpu_seconds", fleet_.cpu_seconds() - fleet_cpu);
    print_figure("server_rss_mib", server_.rss_mib());
    print_figure("server_peak_rss_mib", server_.peak_rss_mib());
    return latencies();
  }

  Status update() {
    const Duration begin = system_monotonic();
    const double cpu = server_.cpu_seconds();
    TRY_VOID(api_.json("PATCH", client::path_of(*find_kind("taskdefinitions"), "default", "load"),
                       R"({"spec":{"containerDefinitions":[{"name":"app","image":"load:2","cpu":16,"memory":16}]}})",
                       "application/merge-patch+json"));
    revision_ = "load:2";
    TRY(const Duration taken, until("all services updated", begin,
                                    [&](const Counts& counts) { return counts.settled == options_.services; }));
    print_figure("rolling_update_seconds", seconds(taken));
    print_figure("rolling_update_tasks_per_second", static_cast<double>(options_.tasks) / seconds(taken));
    print_figure("rolling_update_server_cpu_seconds", server_.cpu_seconds() - cpu);
    print_figure("rolling_update_server_rss_mib", server_.rss_mib());
    return {};
  }

  Status kill() {
    const Duration begin = system_monotonic();
    const auto wanted = static_cast<std::int64_t>(options_.tasks);
    fleet_.kill(options_.kill);
    // The server counts the lost tasks as running until it notices: the living agents must have them all.
    TRY(const Duration taken, until("lost tasks replaced", begin, [&](const Counts& counts) {
          return counts.running >= wanted && fleet_.totals().running >= options_.tasks;
        }));
    print_figure("killed_agents", static_cast<double>(options_.kill));
    print_figure("killed_agents_replaced_seconds", seconds(taken));
    return {};
  }

  Status scale_down() {
    const Duration begin = system_monotonic();
    const double cpu = server_.cpu_seconds();
    for (std::size_t i = 0; i < options_.services; ++i) {
      TRY_VOID(api_.json("PATCH", client::path_of(*find_kind("services"), "default", str("load-", i)),
                         R"({"spec":{"desiredCount":0}})", "application/merge-patch+json"));
    }
    TRY(const Duration taken, until("all tasks stopped", begin, [&](const Counts& counts) {
          return counts.desired == 0 && counts.running == 0 && counts.pending == 0;
        }));
    print_figure("scale_down_seconds", seconds(taken));
    print_figure("scale_down_tasks_per_second", static_cast<double>(options_.tasks) / seconds(taken));
    print_figure("scale_down_server_cpu_seconds", server_.cpu_seconds() - cpu);
    print_figure("scale_down_server_rss_mib", server_.rss_mib());
    return {};
  }

 private:
  Result<Counts> look() {
    TRY(const Node list, api_.get(client::path_of(*find_kind("services"), "default")));
    Counts counts;
    const Node* items = list.find("items");
    if (items == nullptr) return counts;
    for (const Node& service : items->items) {
      const Node* status = service.find("status");
      if (status == nullptr) continue;
      const auto number = [&](std::string_view name) {
        const Node* found = status->find(name);
        return found == nullptr ? 0 : found->integer;
      };
      counts.running += number("runningCount");
      counts.pending += number("pendingCount");
      counts.desired += number("desiredCount");
      const Node* deployments = status->find("deployments");
      if (deployments == nullptr || deployments->items.size() != 1) continue;
      const Node& deployment = deployments->items.front();
      if (deployment.text_of("rolloutState") == "COMPLETED" && deployment.text_of("taskDefinition") == revision_)
        ++counts.settled;
    }
    return counts;
  }

  template <class Condition>
  Result<Duration> until(std::string_view what, Duration begin, Condition reached) {
    Counts last;
    auto taken = time_until(begin, options_.patience, what, [&]() -> Result<bool> {
      TRY(last, look());
      return reached(last);
    });
    if (taken.ok()) return taken;
    return std::move(taken).error().under(str("running ", last.running, ", pending ", last.pending, ", desired ",
                                              last.desired, ", settled services ", last.settled));
  }

  // From the times that the tasks themselves carry.
  Status latencies() {
    std::vector<double> since_creation;
    std::vector<double> since_apply;
    const std::string path = client::path_of(*find_kind("tasks"), "default") + "?limit=1000";
    std::string next;
    do {
      TRY(const Node page, api_.get(next.empty() ? path : path + "&continue=" + http::percent_encode(next)));
      const Node* metadata = page.find("metadata");
      next = metadata == nullptr ? std::string() : std::string(metadata->text_of("continue"));
      const Node* items = page.find("items");
      for (const Node& task : items->items) {
        const Node* status = task.find("status");
        if (status == nullptr || status->text_of("startedAt").empty()) continue;
        TRY(const Time started, parse_time(status->text_of("startedAt")));
        TRY(const Time created, parse_time(status->text_of("createdAt")));
        since_creation.push_back(milliseconds(started - created));
        since_apply.push_back(milliseconds(started - applied_));
      }
    } while (!next.empty());
    print_figure("created_to_started_p50_ms", quantile(since_creation, 0.5));
    print_figure("created_to_started_p99_ms", quantile(since_creation, 0.99));
    print_figure("apply_to_started_p50_ms", quantile(since_apply, 0.5));
    print_figure("apply_to_started_p99_ms", quantile(since_apply, 0.99));
    print_figure("apply_to_started_max_ms", quantile(since_apply, 1));
    return {};
  }

  const LoadOptions& options_;
  MusterProcess& server_;
  Fleet& fleet_;
  client::ApiClient api_;
  std::string revision_ = "load:1";
  Time applied_{};
};

}  // namespace

Status run_tasks(const LoadOptions& options) {
  TRY(const auto server, MusterProcess::start(options.muster, {"server"}, options.data_dir));
  Fleet fleet(server->url(), options.agents);
  TaskLoad load(options, *server, fleet);
  TRY_VOID(load.start());
  TRY_VOID(load.run_all());
  if (options.phases.count(Phase::rolling_update) > 0) TRY_VOID(load.update());
  if (options.phases.count(Phase::kill_agents) > 0) TRY_VOID(load.kill());
  if (options.phases.count(Phase::scale_down) > 0) TRY_VOID(load.scale_down());
  print_figure("total_server_peak_rss_mib", server->peak_rss_mib());
  print_figure("total_server_cpu_seconds", server->cpu_seconds());
  return {};
}

}  // namespace muster::bench
