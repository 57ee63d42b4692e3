#include "runtime/agent/usage_sampler.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "runtime/agent/capacity.h"
#include "runtime/base/file.h"

namespace muster::agent {
namespace {

constexpr std::size_t max_file_bytes = 1U << 20U;

}  // namespace

std::optional<MachineUsage> parse_machine_usage(const std::string& stat, const std::string& meminfo,
                                                Duration clock_tick) {
  // "cpu  user nice system idle iowait irq softirq steal ...": proc(5). Guests are within user and nice.
  constexpr std::size_t idle = 3, waiting = 4, last = 7;
  const std::string_view first = std::string_view(stat).substr(0, stat.find('\n'));
  if (!first.starts_with("cpu ")) return std::nullopt;
  std::int64_t ticks = 0;
  std::size_t at = 0;
  for (const std::string_view word : split(trim(first.substr(4)), ' ')) {
    if (word.empty() || at > last) continue;
    const auto number = parse_int(word);
    if (!number) return std::nullopt;
    if (at != idle && at != waiting) ticks += *number;
    ++at;
  }
  const auto total = memory_field(meminfo, "MemTotal"), available = memory_field(meminfo, "MemAvailable");
  if (!total || !available) return std::nullopt;
  return MachineUsage{clock_tick * ticks, *total - *available};
}

std::optional<MachineUsage> machine_usage() {
  const auto stat = read_file("/proc/stat", max_file_bytes), meminfo = read_file("/proc/meminfo", max_file_bytes);
  if (!stat.ok() || !meminfo.ok()) return std::nullopt;
  const Duration second = std::chrono::seconds(1);
  return parse_machine_usage(*stat, *meminfo, second / std::max(1L, ::sysconf(_SC_CLK_TCK)));
}

UsageSampler::UsageSampler(Loop& loop, drivers::Driver& driver, UsageCallbacks callbacks)
    : loop_(loop), driver_(driver), callbacks_(std::move(callbacks)) {}

UsageSampler::~UsageSampler() {
  loop_.cancel(timer_);
}

void UsageSampler::start() {
  if (std::exchange(on_, true)) return;
  begin();
}

void UsageSampler::stop() {
  on_ = false;
  measuring_ = false;
  ++round_;
  loop_.cancel(timer_);
}

void UsageSampler::hurry() {
  if (!on_ || measuring_) return;
  loop_.cancel(timer_);
  timer_ = loop_.after(first_interval, life_.guard([this] {
    if (on_) begin();
  }));
}

void UsageSampler::begin() {
  ++round_;
  measuring_ = true;
  taken_.clear();
  const auto running = callbacks_.running();
  queue_.assign(running.begin(), running.end());
  next();
}

void UsageSampler::next() {
  if (queue_.empty()) return end();
  Measured measured = std::move(queue_.front());
  queue_.pop_front();
  const std::string name = measured.host_name;
  driver_.usage(name, life_.guard([this, round = round_, measured](Result<drivers::Usage> usage) {
    if (round != round_) return;
    // What has ended meanwhile, or cannot be measured, is left out.
    if (usage.ok()) taken_.push_back({measured, std::move(*usage), loop_.monotonic(), loop_.now()});
    next();
  }));
}

std::optional<UsageSampler::Rate> UsageSampler::rate(const Sample& before, const Sample& now) {
  const Duration window = now.at - before.at;
  if (window <= Duration::zero() || now.cpu < before.cpu) return std::nullopt;
  const double cores = std::chrono::duration<double>(now.cpu - before.cpu) / std::chrono::duration<double>(window);
  constexpr double billion = 1e9;
  return Rate{static_cast<std::int64_t>(cores * billion), window};
}

void UsageSampler::end() {
  measuring_ = false;
  InstanceUsage told;
  std::map<std::string, Sample> samples;
  std::map<std::string, TaskUsage> tasks;
  bool soon = false;
  for (const ContainerSample& one : taken_) {
    const Measured& measured = one.container;
    const Sample sample{one.at, one.usage.cpu, one.usage.memory_bytes};
    const auto before = before_.find(measured.host_name);
    const auto used = before == before_.end() ? std::nullopt : rate(before->second, sample);
    samples.emplace(measured.host_name, sample);
    if (!used) {
      soon = true;
      continue;
    }
    TaskUsage& task = tasks[measured.task_uid];
    task.uid = measured.task_uid;
    task.containers.push_back({measured.container, used->nanocores, sample.memory_bytes});
    told.window = std::max(told.window, used->window);
    told.cpu_nanocores += used->nanocores;
    told.memory_bytes += sample.memory_bytes;
  }
  before_ = std::move(samples);
  std::map<std::string_view, const ContainerSample*> earlier;
  for (const ContainerSample& one : last_) earlier[one.container.host_name] = &one;
  for (ContainerSample& one : taken_) {
    const auto at = earlier.find(one.container.host_name);
    if (at == earlier.end()) continue;
    one.before = metadata::moment_of(at->second->usage, at->second->measured_at, at->second->at);
  }
  last_ = std::move(taken_);
  bool whole = true;
  if (callbacks_.machine != nullptr) {
    const auto machine = callbacks_.machine();
    whole = false;
    if (machine) {
      const Sample now{loop_.monotonic(), machine->cpu, machine->memory_bytes};
      const auto used = machine_before_ ? rate(*machine_before_, now) : std::nullopt;
      if (used) {
        whole = true;
        told.cpu_nanocores = used->nanocores;
        told.memory_bytes = now.memory_bytes;
        if (told.window == Duration::zero()) told.window = used->window;
      }
      machine_before_ = now;
    }
    soon = soon || !whole;
  }
  for (auto& [uid, task] : tasks) told.tasks.push_back(std::move(task));
  if (whole) callbacks_.tell(std::move(told));
  timer_ = loop_.after(soon ? first_interval : interval, life_.guard([this] {
    if (on_) begin();
  }));
}

}  // namespace muster::agent
