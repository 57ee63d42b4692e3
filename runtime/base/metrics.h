// Prometheus metrics. Handles are a pointer: cheap to copy, to keep and to count with, from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace muster::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

// A handle that was made by no registry counts nothing. Handles live as long as their registry.
class Counter {
 public:
  Counter() = default;
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  void increment(double by = 1) const;  // negative: ignored
  double value() const;

 private:
  prometheus::Counter* counter_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  void set(double value) const;
  void add(double change) const;
  double value() const;

 private:
  prometheus::Gauge* gauge_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  void observe(double value) const;

 private:
  prometheus::Histogram* histogram_ = nullptr;
};

enum class Kind { counter, gauge };

// What a collector says, one family after the other.
class Samples {
 public:
  virtual ~Samples() = default;
  // Begins a family, or goes on with one of that name. The rules for names and help are those of Registry.
  virtual void family(Kind kind, const std::string& name, const std::string& help) = 0;
  // One value of the family begun last.
  virtual void add(Labels labels, double value) = 0;
};
// Called on the thread of expose(), for state that is computed when it is asked for.
using Collector = std::function<void(Samples&)>;

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The metric of that name and those labels, made when it is new. A bad name, a help of more than one line or a name
  // that another type has is a programmer's error and stops the process.
  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // `buckets`: upper bounds in increasing order; those of the first call for a name and labels hold.
  Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                      const Labels& labels = {});

  // The collector is called as long as the answer is kept.
  [[nodiscard]] std::shared_ptr<const void> collect(Collector collector);

  // Everything in Prometheus' text format 0.0.4 (Content-Type: text/plain; version=0.0.4), ordered by name.
  std::string expose() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// process_cpu_seconds_total and its companions, of this process.
Collector process_collector();

// Upper bounds from 5 ms to 60 s, as client-go has them: requests and reconciliations.
std::vector<double> request_buckets();

}  // namespace muster::metrics
