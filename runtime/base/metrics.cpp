#include "runtime/base/metrics.h"

#include <prometheus/check_names.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

#include "api/base/assert.h"

namespace muster::metrics {

namespace {

// prometheus-cpp does not escape the help, and a line end in it breaks the whole exposition.
bool single_line(const std::string& help) {
  return !help.empty() && help.find_first_of("\n\\") == std::string::npos;
}

prometheus::Labels convert(const Labels& labels) {
  return {labels.begin(), labels.end()};
}

// The library throws for what only a programmer can get wrong.
template <class Function>
auto& checked(Function function) {
  try {
    return function();
  } catch (const std::invalid_argument&) {
    assertion_failed("a metric's name, labels or type is wrong", __FILE__, __LINE__);
  }
}

class Families final : public Samples {
 public:
  explicit Families(std::map<std::string, prometheus::MetricFamily>& families) : families_(families) {}

  void family(Kind kind, const std::string& name, const std::string& help) override {
    const auto type = kind == Kind::counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    current_ = &families_[name];
    if (current_->name.empty()) {
      MUSTER_ASSERT(single_line(help));
      MUSTER_ASSERT(prometheus::CheckMetricName(name));
      current_->name = name;
      current_->help = help;
      current_->type = type;
    }
    MUSTER_ASSERT(current_->type == type);
  }

  void add(Labels labels, double value) override {
    MUSTER_ASSERT(current_ != nullptr);
    prometheus::ClientMetric metric;
    for (auto& [name, text] : labels) metric.label.push_back({std::move(name), std::move(text)});
    (current_->type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    current_->metric.push_back(std::move(metric));
  }

 private:
  std::map<std::string, prometheus::MetricFamily>& families_;
  prometheus::MetricFamily* current_ = nullptr;
};

}  // namespace

void Counter::increment(double by) const {
  if (counter_ != nullptr && by > 0) counter_->Increment(by);
}
double Counter::value() const {
  return counter_ != nullptr ? counter_->Value() : 0;
}

void Gauge::set(double value) const {
  if (gauge_ != nullptr) gauge_->Set(value);
}
void Gauge::add(double change) const {
  if (gauge_ != nullptr) gauge_->Increment(change);
}
double Gauge::value() const {
  return gauge_ != nullptr ? gauge_->Value() : 0;
}

void Histogram::observe(double value) const {
  if (histogram_ != nullptr) histogram_->Observe(value);
}

struct Registry::State {
  prometheus::Registry metrics;
  std::mutex mutex;
  std::vector<std::weak_ptr<const Collector>> collectors;
};

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

Counter Registry::counter(const std::string& name, const std::string& help, const Labels& labels) {
  MUSTER_ASSERT(single_line(help));
  return Counter(checked([&]() -> prometheus::Counter& {
    return prometheus::BuildCounter().Name(name).Help(help).Register(state_->metrics).Add(convert(labels));
  }));
}

Gauge Registry::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  MUSTER_ASSERT(single_line(help));
  return Gauge(checked([&]() -> prometheus::Gauge& {
    return prometheus::BuildGauge().Name(name).Help(help).Register(state_->metrics).Add(convert(labels));
  }));
}

Histogram Registry::histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                              const Labels& labels) {
  MUSTER_ASSERT(single_line(help));
  MUSTER_ASSERT(std::is_sorted(buckets.begin(), buckets.end()));
  return Histogram(checked([&]() -> prometheus::Histogram& {
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(state_->metrics);
    return family.Add(convert(labels), buckets);
  }));
}

std::shared_ptr<const void> Registry::collect(Collector collector) {
  auto kept = std::make_shared<const Collector>(std::move(collector));
  const std::lock_guard lock(state_->mutex);
  auto& all = state_->collectors;
  all.erase(std::remove_if(all.begin(), all.end(), [](const auto& each) { return each.expired(); }), all.end());
  all.push_back(kept);
  return kept;
}

std::string Registry::expose() const {
  std::map<std::string, prometheus::MetricFamily> by_name;
  for (prometheus::MetricFamily& family : state_->metrics.Collect()) {
    std::string name = family.name;
    by_name.emplace(std::move(name), std::move(family));
  }
  std::vector<std::weak_ptr<const Collector>> collectors;
  {
    const std::lock_guard lock(state_->mutex);
    collectors = state_->collectors;
  }
  Families families(by_name);
  for (const std::weak_ptr<const Collector>& each : collectors) {
    if (const auto collector = each.lock()) (*collector)(families);
  }
  std::vector<prometheus::MetricFamily> all;
  all.reserve(by_name.size());
  for (auto& [name, family] : by_name) {
    if (!family.metric.empty()) all.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(all);
}

std::vector<double> request_buckets() {
  return {0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60};
}

}  // namespace muster::metrics
