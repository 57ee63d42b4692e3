#include "runtime/base/metrics.h"

#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "api/base/text.h"

namespace muster::metrics {
namespace {

bool has_line(const std::string& text, std::string_view line) {
  for (const std::string_view each : split(text, '\n')) {
    if (each == line) return true;
  }
  return false;
}

// The value of a metric without labels.
double value_of(const std::string& text, std::string_view name) {
  for (const std::string_view line : split(text, '\n')) {
    if (line.substr(0, name.size() + 1) == str(name, ' ')) return std::stod(std::string(line.substr(name.size() + 1)));
  }
  ADD_FAILURE() << name << " is missing in\n" << text;
  return 0;
}

TEST(metrics, are_exposed_as_text) {
  Registry registry;
  const Counter counter = registry.counter("muster_writes_total", "Writes.", {{"kind", "Task"}});
  counter.increment();
  counter.increment(2);
  registry.gauge("muster_open", "Open things.").set(-4);
  const Histogram histogram = registry.histogram("muster_seconds", "Time.", {0.1, 1});
  histogram.observe(0.05);
  histogram.observe(5);
  const std::string text = registry.expose();
  EXPECT_TRUE(has_line(text, "# HELP muster_writes_total Writes."));
  EXPECT_TRUE(has_line(text, "# TYPE muster_writes_total counter"));
  EXPECT_TRUE(has_line(text, "muster_writes_total{kind=\"Task\"} 3"));
  EXPECT_TRUE(has_line(text, "muster_open -4"));
  EXPECT_TRUE(has_line(text, "muster_seconds_bucket{le=\"0.1\"} 1"));
  EXPECT_TRUE(has_line(text, "muster_seconds_bucket{le=\"+Inf\"} 2"));
  EXPECT_TRUE(has_line(text, "muster_seconds_count 2"));
}

TEST(metrics, the_same_name_and_labels_are_the_same_metric) {
  Registry registry;
  registry.counter("a_total", "A.", {{"x", "1"}}).increment();
  registry.counter("a_total", "A.", {{"x", "1"}}).increment();
  registry.counter("a_total", "A.", {{"x", "2"}}).increment();
  EXPECT_EQ(registry.counter("a_total", "A.", {{"x", "1"}}).value(), 2);
  EXPECT_TRUE(has_line(registry.expose(), "a_total{x=\"2\"} 1"));
}

TEST(metrics, handles_of_no_registry_count_nothing) {
  Counter().increment();
  Gauge().add(1);
  Histogram().observe(1);
  EXPECT_EQ(Counter().value(), 0);
}

TEST(metrics, label_values_are_escaped) {
  Registry registry;
  registry.gauge("g", "G.", {{"path", "a\"b\\c\nd"}}).set(1);
  EXPECT_TRUE(has_line(registry.expose(), R"(g{path="a\"b\\c\nd"} 1)"));
}

TEST(metrics, mistakes_stop_the_process) {
  Registry registry;
  registry.counter("a_total", "A.");
  EXPECT_DEATH(registry.gauge("a_total", "A."), "assertion failed");
  EXPECT_DEATH(registry.counter("bad name", "A."), "assertion failed");
  EXPECT_DEATH(registry.counter("b_total", "two\nlines"), "assertion failed");
  EXPECT_DEATH(registry.counter("b_total", ""), "assertion failed");
  EXPECT_DEATH(registry.counter("b_total", "B.", {{"bad label", "x"}}), "assertion failed");
}

TEST(metrics, collectors_speak_when_asked_and_as_long_as_they_are_kept) {
  Registry registry;
  int calls = 0;
  auto kept = registry.collect([&](Samples& samples) {
    ++calls;
    samples.family(Kind::gauge, "muster_tasks", "Tasks by status.");
    samples.add({{"status", "RUNNING"}}, 10 + calls);
  });
  auto other = registry.collect([](Samples& samples) {
    samples.family(Kind::gauge, "muster_tasks", "Tasks by status.");
    samples.add({{"status", "STOPPED"}}, 2);
  });
  EXPECT_TRUE(has_line(registry.expose(), "muster_tasks{status=\"RUNNING\"} 11"));
  const std::string text = registry.expose();
  EXPECT_TRUE(has_line(text, "muster_tasks{status=\"RUNNING\"} 12"));
  EXPECT_TRUE(has_line(text, "muster_tasks{status=\"STOPPED\"} 2"));
  EXPECT_EQ(text.find("# HELP muster_tasks"), text.rfind("# HELP muster_tasks"));  // one family
  kept.reset();
  EXPECT_EQ(registry.expose().find("RUNNING"), std::string::npos);
  EXPECT_EQ(calls, 2);
}

TEST(metrics, describe_this_process) {
  Registry registry;
  const auto kept = registry.collect(process_collector());
  const std::string text = registry.expose();
  EXPECT_GT(value_of(text, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(value_of(text, "process_virtual_memory_bytes"), value_of(text, "process_resident_memory_bytes"));
  EXPECT_GE(value_of(text, "process_cpu_seconds_total"), 0);
  EXPECT_GE(value_of(text, "process_open_fds"), 3);
  EXPECT_GE(value_of(text, "process_max_fds"), value_of(text, "process_open_fds"));
  EXPECT_GT(value_of(text, "process_start_time_seconds"), 1.6e9);
}

TEST(metrics, count_from_many_threads) {
  Registry registry;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const Counter counter = registry.counter("a_total", "A.");
      for (int j = 0; j < 1000; ++j) counter.increment();
      registry.expose();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(registry.counter("a_total", "A.").value(), 4000);
}

}  // namespace
}  // namespace muster::metrics
