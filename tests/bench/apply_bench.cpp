// Server-side apply through admission. Budget: an apply that changes nothing, at most 100 us of CPU.
#include <benchmark/benchmark.h>

#include "api/admission/admission.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/task_definition.h"

namespace muster {
namespace {

// About 1.5 KiB.
std::string definition(int cpu) {
  std::string containers;
  for (int i = 0; i < 4; ++i) {
    containers +=
        str(i > 0 ? "," : "", R"({"name":"app)", i, R"(","image":"registry.example/team/app:1.2.3","cpu":)", cpu,
            R"(,"memory":256,"portMappings":[{"containerPort":80)", i,
            R"(}],"environment":[{"name":"A","value":"1"},{"name":"B","value":"2"},{"name":"C","value":"3"}]})");
  }
  return str(R"({"apiVersion":"muster.dev/v1beta1","kind":"TaskDefinition","metadata":{"name":"web",)",
             R"("namespace":"default","labels":{"app":"web","team":"a"}},"spec":{"containerDefinitions":[)", containers,
             "]}}");
}

class Applies {
 public:
  Applies() {
    context_.now = Time(std::chrono::seconds(1'800'000'000));
    context_.new_uid = [this] {
      std::string digits = std::to_string(++uids_);
      return std::string(32 - digits.size(), '0') + digits;
    };
    auto ns = make<Namespace>();
    ns.metadata.name = "default";
    auto cluster = make<Cluster>();
    cluster.metadata.name = "default";
    (void)admit(state_, {create(share(ns)), create(share(cluster))}, context_);
  }
  bool apply(const std::string& text) {
    auto node = parse_json(text);
    return node.ok() && admit(state_,
                              {apply_configuration(Key{&kind_of<TaskDefinition>(), "default", "web"},
                                                   std::make_shared<const Node>(std::move(node).value()), "gitops",
                                                   apply::Conflicts::refuse)},
                              context_)
                            .ok();
  }

 private:
  State state_;
  AdmissionContext context_;
  std::uint64_t uids_ = 0;
};

void apply_unchanged(benchmark::State& run) {
  Applies cluster;
  const std::string text = definition(1);
  if (!cluster.apply(text)) run.SkipWithError("the first apply failed");
  for (auto _ : run) benchmark::DoNotOptimize(cluster.apply(text));
}
BENCHMARK(apply_unchanged)->Unit(benchmark::kMicrosecond);

void apply_changed(benchmark::State& run) {
  Applies cluster;
  const std::string one = definition(1);
  const std::string other = definition(2);
  if (!cluster.apply(one)) run.SkipWithError("the first apply failed");
  bool turn = false;
  for (auto _ : run) benchmark::DoNotOptimize(cluster.apply((turn = !turn) ? other : one));
}
BENCHMARK(apply_changed)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
