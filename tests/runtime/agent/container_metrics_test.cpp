#include "runtime/agent/container_metrics.h"

#include <gtest/gtest.h>

#include <set>

#include "api/base/text.h"

namespace muster::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ContainerSample sample(const std::string& task) {
  ContainerSample out;
  out.container = {"uid", "app", "muster-app", "default", task, "web", "busybox:1", "id1"};
  out.container.started_at = Time(seconds(1000));
  out.container.restarts = 2;
  out.usage.cpu = milliseconds(1500);
  out.usage.memory_bytes = 4096;
  out.measured_at = Time(milliseconds(2000250));
  return out;
}
ContainerSample full(const std::string& task) {
  ContainerSample out = sample(task);
  out.usage.quota = {milliseconds(50), milliseconds(100), 481, 17, milliseconds(930)};
  out.usage.memory = {5000, 11, 12, 13, 6000, 7000};
  out.usage.network = {{"eth0", {1, 2, 3, 4}, {5, 6, 7, 8}}, {"eth1", {9, 0, 0, 0}, {}}};
  out.usage.disk = {21, 22, 23, 24};
  out.usage.processes = 31;
  out.usage.out_of_memory_kills = 32;
  return out;
}

std::string page(const std::vector<ContainerSample>& samples) {
  return container_metrics({{"prod", samples}});
}
const std::string labels =
    R"(container="app",ecs_cluster="prod",id="id1",image="busybox:1",name="muster-app",namespace="default",service="web",task="t1")";

// The value of the series with these labels and, behind them, those.
std::string value(const std::string& text, const std::string& name, const std::string& more = "") {
  const std::string series = str('\n', name, '{', labels, more, "} ");
  const std::size_t at = text.find(series);
  if (at == std::string::npos) return "none";
  const std::size_t from = at + series.size();
  return text.substr(from, text.find('\n', from) - from);
}

TEST(ContainerMetrics, HaveTheNamesThatDashboardsAskFor) {
  const std::string text = page({full("t1")});
  const std::map<std::string, std::string> expected{{"container_cpu_cfs_periods_total", "481"},
                                                    {"container_cpu_cfs_throttled_periods_total", "17"},
                                                    {"container_cpu_cfs_throttled_seconds_total", "0.930000000"},
                                                    {"container_spec_cpu_quota", "50000"},
                                                    {"container_spec_cpu_period", "100000"},
                                                    {"container_memory_working_set_bytes", "4096"},
                                                    {"container_memory_usage_bytes", "5000"},
                                                    {"container_memory_max_usage_bytes", "7000"},
                                                    {"container_memory_rss", "11"},
                                                    {"container_memory_cache", "12"},
                                                    {"container_memory_swap", "13"},
                                                    {"container_spec_memory_limit_bytes", "6000"},
                                                    {"container_fs_reads_bytes_total", "21"},
                                                    {"container_fs_writes_bytes_total", "22"},
                                                    {"container_fs_reads_total", "23"},
                                                    {"container_fs_writes_total", "24"},
                                                    {"container_processes", "31"},
                                                    {"container_oom_events_total", "32"},
                                                    {"container_start_time_seconds", "1000.000000000"},
                                                    {"container_last_seen", "2000.250000000"},
                                                    {"muster_task_container_restarts_total", "2"}};
  for (const auto& [name, number] : expected) EXPECT_EQ(value(text, name), number) << name;
  EXPECT_EQ(value(text, "container_cpu_usage_seconds_total", ",cpu=\"total\""), "1.500000000");
  const std::string eth0 = ",interface=\"eth0\"";
  EXPECT_EQ(value(text, "container_network_receive_bytes_total", eth0), "1");
  EXPECT_EQ(value(text, "container_network_receive_packets_total", eth0), "2");
  EXPECT_EQ(value(text, "container_network_receive_errors_total", eth0), "3");
  EXPECT_EQ(value(text, "container_network_receive_packets_dropped_total", eth0), "4");
  EXPECT_EQ(value(text, "container_network_transmit_bytes_total", eth0), "5");
  EXPECT_EQ(value(text, "container_network_transmit_packets_total", eth0), "6");
  EXPECT_EQ(value(text, "container_network_transmit_errors_total", eth0), "7");
  EXPECT_EQ(value(text, "container_network_transmit_packets_dropped_total", eth0), "8");
  EXPECT_EQ(value(text, "container_network_receive_bytes_total", ",interface=\"eth1\""), "9");
}

TEST(ContainerMetrics, OfWhatIsNotKnownAreNotThere) {
  const std::string text = page({sample("t1")});
  EXPECT_EQ(value(text, "container_memory_working_set_bytes"), "4096");
  for (const char* name : {"container_memory_rss", "container_network", "container_fs", "container_oom", "cfs"}) {
    EXPECT_EQ(text.find(name), std::string::npos) << name;
  }
}

TEST(ContainerMetrics, NameEachFamilyOnce) {
  const std::string text = page({full("t1"), full("t2")});
  std::set<std::string> seen;
  std::size_t rows = 0;
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with("# TYPE ")) {
      EXPECT_TRUE(seen.insert(std::string(line)).second) << line;
    }
    if (line.find("task=\"t2\"") != std::string_view::npos) ++rows;
  }
  EXPECT_EQ(seen.size(), 31U);
  EXPECT_EQ(rows, 38U);
}

TEST(ContainerMetrics, EscapeWhatLabelsCannotHold) {
  ContainerSample odd = sample("t1");
  odd.container.image = "a\"b\\c\nd";
  EXPECT_NE(page({odd}).find(R"(image="a\"b\\c\nd",)"), std::string::npos);
}

TEST(ContainerMetrics, AreBounded) {
  const std::vector<ContainerSample> many(most_exposed + 7, full("t1"));
  const std::string text = page(many);
  EXPECT_NE(text.find("\nmuster_agent_containers_left_out 7\n"), std::string::npos);
  EXPECT_LT(text.size(), 16U << 20U);
  EXPECT_NE(page({}).find("\nmuster_agent_containers_left_out 0\n"), std::string::npos);
}

}  // namespace
}  // namespace muster::agent
