// Real containers on one Docker Engine: Muster against the bare Engine API, in turns, in one run.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "api/base/text.h"
#include "api/types/kinds.h"
#include "runtime/base/loop.h"
#include "tests/bench/load/engine.h"
#include "tests/bench/load/figures.h"
#include "tests/bench/load/muster_process.h"
#include "tests/bench/load/options.h"
#include "tests/bench/load/task_watch.h"

namespace muster::bench {
namespace {

constexpr std::size_t many = 50;
constexpr std::size_t updated = 20;
constexpr Duration idle_time = std::chrono::seconds(20);
constexpr Duration poll_interval = std::chrono::milliseconds(5);

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

void print_spread(const std::string& name, std::vector<double> values) {
  print_figure(str(name, "_median").c_str(), quantile(values, 0.5));
  print_figure(str(name, "_min").c_str(), quantile(values, 0));
  print_figure(str(name, "_max").c_str(), quantile(values, 1));
}

// From the start of the process to its line "ready", each time with nothing kept from before.
Status measure_ready(const LoadOptions& options) {
  std::vector<double> taken;
  for (std::size_t i = 0; i < 2 * options.rounds; ++i) {
    const std::string folder = str(options.data_dir, "/ready-", i);
    std::filesystem::create_directory(folder);
    TRY(const auto process,
        MusterProcess::start(options.muster, {"dev", "--docker-host", options.docker_host}, folder));
    taken.push_back(milliseconds(process->ready_after()));
  }
  print_spread("dev_ready_ms", taken);
  return {};
}

class DockerLoad {
 public:
  DockerLoad(const LoadOptions& options, const MusterProcess& process, TaskWatch& watch)
      : options_(options),
        process_(process),
        watch_(watch),
        api_(process.url()),
        engine_(options.docker_host, options.image) {}

  // One task: what Muster adds to the engine's own create and start.
  Status one_task() {
    std::vector<double> bare;
    std::vector<double> ours;
    for (std::size_t i = 0; i < 4 * options_.rounds; ++i) {
      const std::string name = str("bare-", i);
      const Duration begin = system_monotonic();
      TRY_VOID(engine_.create_and_start(name));
      bare.push_back(milliseconds(system_monotonic() - begin));
      TRY_VOID(engine_.remove(name));
      TRY(const Duration taken, start_service(str("one-", i), 1));
      ours.push_back(milliseconds(taken));
      TRY_VOID(remove_service(str("one-", i)));
    }
    print_spread("bare_create_start_ms", bare);
    print_spread("apply_to_running_ms", ours);
    print_figure("apply_to_running_overhead_ms", quantile(ours, 0.5) - quantile(bare, 0.5));
    return {};
  }

  // Fifty tasks against a loop of two threads over the same API.
  Status many_tasks() {
    std::vector<double> bare;
    std::vector<double> ours;
    for (std::size_t i = 0; i < options_.rounds; ++i) {
      TRY(const Duration loop, bare_loop(i));
      bare.push_back(milliseconds(loop));
      TRY(const Duration taken, start_service(str("many-", i), many));
      ours.push_back(milliseconds(taken));
      TRY_VOID(remove_service(str("many-", i)));
    }
    print_spread("bare_loop_50_ms", bare);
    print_spread("tasks_50_ms", ours);
    print_figure("tasks_50_ratio", quantile(ours, 0.5) / quantile(bare, 0.5));
    return {};
  }

  // `docker kill`, until another task runs; each time in another slot, so that no back-off is measured.
  Status kills() {
    TRY_VOID(start_service("kills", updated));
    std::vector<double> taken;
    std::vector<std::string> victims;
    for (const auto& [name, task] : watch_.tasks()) {
      if (task.definition == "kills:1" && task.last_status == "RUNNING") victims.push_back(task.container);
    }
    victims.resize(std::min(victims.size(), 2 * options_.rounds));
    for (const std::string& victim : victims) {
      const TaskWatch::Tasks before = watch_.tasks();
      const Duration begin = system_monotonic();
      TRY_VOID(engine_.kill(victim));
      TRY(const Duration end, watch_.until("a replacement", options_.patience, [&](const TaskWatch::Tasks& tasks) {
        return std::any_of(tasks.begin(), tasks.end(), [&](const auto& entry) {
          return entry.second.last_status == "RUNNING" && before.count(entry.first) == 0;
        });
      }));
      taken.push_back(milliseconds(end - begin));
    }
    print_spread("kill_to_replacement_ms", taken);
    return remove_service("kills");
  }

  Status rolling_updates() {
    TRY_VOID(start_service("rolling", updated));
    std::vector<double> taken;
    for (std::size_t i = 0; i < options_.rounds; ++i) {
      const std::string revision = str("rolling:", i + 2);
      const Duration begin = system_monotonic();
      TRY_VOID(apply_definition("rolling", str(i)));
      TRY_VOID(watch_.until("the new revision runs", options_.patience,
                            [&](const TaskWatch::Tasks& tasks) { return running(tasks, revision) == updated; }));
      TRY_VOID(wait_for_rollout("rolling", revision));
      taken.push_back(milliseconds(system_monotonic() - begin));
    }
    print_spread("rolling_update_20_ms", taken);
    return remove_service("rolling");
  }

  Status idle() {
    TRY_VOID(start_service("idle", many));
    std::this_thread::sleep_for(std::chrono::seconds(2));
    const double cpu = process_.cpu_seconds();
    std::this_thread::sleep_for(idle_time);
    print_figure("idle_50_cpu_percent",
                 (process_.cpu_seconds() - cpu) * 100 / std::chrono::duration<double>(idle_time).count());
    print_figure("idle_50_rss_mib", process_.rss_mib());
    return remove_service("idle");
  }

 private:
  Status apply_definition(const std::string& family, const std::string& version) {
    const std::string containers =
        str(R"({"spec":{"networkMode":"host","containerDefinitions":[{"name":"app","image":")", options_.image,
            R"(","memory":32,"command":)", command_json, R"(,"environment":[{"name":"VERSION","value":")", version,
            R"("}]}]}})");
    const std::string path = client::path_of(*find_kind("taskdefinitions"), "default");
    if (version != "first") {
      TRY_VOID(api_.json("PATCH", str(path, '/', family), containers, "application/merge-patch+json"));
      return {};
    }
    TRY_VOID(api_.json("POST", path,
                       str(R"({"apiVersion":"muster.dev/v1beta1","kind":"TaskDefinition","metadata":{"name":")", family,
                           R"("},)", containers.substr(1))));
    return {};
  }

  // Applies a definition and a service of it; the time from the first request until all its tasks run.
  Result<Duration> start_service(const std::string& name, std::size_t count) {
    const Duration begin = system_monotonic();
    TRY_VOID(apply_definition(name, "first"));
    TRY_VOID(api_.json("POST", client::path_of(*find_kind("services"), "default"),
                       str(R"({"apiVersion":"muster.dev/v1beta1","kind":"Service","metadata":{"name":")", name,
                           R"("},"spec":{"taskDefinition":")", name, R"(","desiredCount":)", count,
                           R"(,"deploymentConfiguration":{"minimumHealthyPercent":75,"maximumPercent":100}}})")));
    TRY(const Duration end, watch_.until(str(name, " runs"), options_.patience, [&](const TaskWatch::Tasks& tasks) {
      return running(tasks, name + ":1") == count;
    }));
    return end - begin;
  }

  Status remove_service(const std::string& name) {
    TRY_VOID(api_.json("DELETE", client::path_of(*find_kind("services"), "default", name)));
    TRY_VOID(watch_.until(str("nothing of ", name, " runs"), options_.patience, [&](const TaskWatch::Tasks& tasks) {
      return std::none_of(tasks.begin(), tasks.end(), [&](const auto& entry) {
        return entry.second.definition.compare(0, name.size() + 1, name + ":") == 0 &&
               entry.second.last_status != "STOPPED";
      });
    }));
    return {};
  }

  Status wait_for_rollout(const std::string& service, const std::string& revision) {
    const Duration begin = system_monotonic();
    while (system_monotonic() - begin < options_.patience) {
      TRY(const Node object, api_.get(client::path_of(*find_kind("services"), "default", service)));
      const Node* status = object.find("status");
      const Node* deployments = status == nullptr ? nullptr : status->find("deployments");
      if (deployments != nullptr && deployments->items.size() == 1 &&
          deployments->items[0].text_of("rolloutState") == "COMPLETED" &&
          deployments->items[0].text_of("taskDefinition") == revision) {
        return {};
      }
      std::this_thread::sleep_for(poll_interval);
    }
    return Error{Code::timeout, str("the rollout of ", revision, " did not complete"), {}};
  }

  Result<Duration> bare_loop(std::size_t round) {
    std::atomic<std::size_t> next{0};
    std::vector<Status> ends(2);
    const auto in_two_threads = [&](const std::function<Status(Engine&, const std::string&)>& work) {
      next = 0;
      std::vector<std::thread> threads;
      for (Status& end : ends) {
        threads.emplace_back([&] {
          Engine engine(options_.docker_host, options_.image);
          for (std::size_t i = next++; i < many && end.ok(); i = next++)
            end = work(engine, str("bare-", round, '-', i));
        });
      }
      for (std::thread& thread : threads) thread.join();
    };
    const Duration begin = system_monotonic();
    in_two_threads([](Engine& engine, const std::string& name) { return engine.create_and_start(name); });
    const Duration taken = system_monotonic() - begin;
    in_two_threads([](Engine& engine, const std::string& name) { return engine.remove(name); });
    for (const Status& end : ends) TRY_VOID(end);
    return taken;
  }

  const LoadOptions& options_;
  const MusterProcess& process_;
  TaskWatch& watch_;
  client::ApiClient api_;
  Engine engine_;
};

Status run_with(const LoadOptions& options, const MusterProcess& process, TaskWatch& watch) {
  DockerLoad load(options, process, watch);
  TRY_VOID(load.one_task());
  TRY_VOID(load.kills());
  TRY_VOID(load.rolling_updates());
  TRY_VOID(load.many_tasks());
  return load.idle();
}

}  // namespace

Status run_docker(const LoadOptions& options) {
  TRY_VOID(measure_ready(options));
  TRY(auto process,
      MusterProcess::start(options.muster, {"dev", "--docker-host", options.docker_host}, options.data_dir));
  TaskWatch watch(process->url());
  Status status = run_with(options, *process, watch);
  process.reset();
  return status;
}

}  // namespace muster::bench
