// What it costs to ask the roles: once for every request.
#include <benchmark/benchmark.h>

#include "api/access/authorizer.h"
#include "api/access/bootstrap.h"
#include "api/base/text.h"
#include "api/types/rbac.h"

namespace muster::access {
namespace {

// The predefined roles and so many bindings of users in namespaces of their own.
State world(std::int64_t users) {
  State state;
  for (auto& object : bootstrap_policy()) state.put(std::move(object));
  for (std::int64_t i = 0; i < users; ++i) {
    auto binding = std::make_shared<RoleBinding>(make<RoleBinding>());
    binding->metadata.ns = str("ns-", i);
    binding->metadata.name = "view";
    binding->role_ref = {std::string(rbac_group), "ClusterRole", "view"};
    binding->subjects = {{"User", std::string(rbac_group), str("user-", i), {}}};
    state.put(std::move(binding));
  }
  return state;
}

void decides(benchmark::State& run, User user) {
  const State state = world(run.range(0));
  const Policy policy(state);
  Attributes asked;
  asked.user = &user;
  asked.verb = "get";
  asked.group = "muster.dev";
  asked.resource = "tasks";
  asked.ns = "ns-7";
  asked.name = "web-1";
  for (auto _ : run) benchmark::DoNotOptimize(decide(state, policy, asked));
}

void of_a_user_with_a_role(benchmark::State& run) {
  decides(run, {"user-7", "", {std::string(authenticated_group)}, {}});
}
void of_a_user_without(benchmark::State& run) {
  decides(run, {"user-8", "", {std::string(authenticated_group)}, {}});
}
void of_an_administrator(benchmark::State& run) {
  decides(run, {"system:admin", "", {std::string(masters_group), std::string(authenticated_group)}, {}});
}
BENCHMARK(of_a_user_with_a_role)->Arg(10)->Arg(10'000);
BENCHMARK(of_a_user_without)->Arg(10)->Arg(10'000);
BENCHMARK(of_an_administrator)->Arg(10'000);

}  // namespace
}  // namespace muster::access

BENCHMARK_MAIN();
