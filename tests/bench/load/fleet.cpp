#include "tests/bench/load/fleet.h"

#include <pthread.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "api/base/text.h"
#include "runtime/agent/agent.h"
#include "runtime/agent/web_socket_link.h"
#include "runtime/base/random.h"
#include "runtime/drivers/simulated/simulated.h"
#include "runtime/http/client.h"

namespace muster::bench {

// Destroyed from the last member to the first: what uses the loop goes before it.
struct Fleet::State {
  SystemRandom random;
  http::IoLoop loop;
  std::shared_ptr<http::Client> client;
  std::vector<std::unique_ptr<agent::Agent>> agents;
  std::thread thread;

  void on_loop(const std::function<void()>& work) {
    std::promise<void> done;
    loop.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  void add(std::size_t number) {
    drivers::SimulatedOptions host;
    host.host = str("sim-", number);
    host.cpus = 64;
    host.memory_bytes = std::int64_t{64} << 30U;
    auto engine = std::make_shared<drivers::SimulatedEngine>(loop, host);
    agent::AgentOptions options;
    options.name = host.host;
    options.version = "load";
    agents.push_back(std::make_unique<agent::Agent>(
        agent::AgentParts{loop, random, std::make_unique<drivers::SimulatedDriver>(std::move(engine)),
                          agent::web_socket_link(client, {}), nullptr},
        std::move(options)));
    const Status started = agents.back()->start();
    static_cast<void>(started);  // fails for a data folder only, and there is none
  }
};

Fleet::Fleet(const std::string& url, std::size_t agents) : state_(std::make_unique<State>()) {
  state_->thread = std::thread([this] { state_->loop.run(); });
  state_->on_loop([&] {
    http::ClientOptions options;
    options.max_connections = agents + 64;
    state_->client = std::make_shared<http::Client>(state_->loop, url, options);
    for (std::size_t i = 0; i < agents; ++i) state_->add(i);
  });
}

Fleet::~Fleet() {
  state_->on_loop([this] {
    state_->agents.clear();
    state_->client.reset();
  });
  state_->loop.stop();
  state_->thread.join();
}

Fleet::Totals Fleet::totals() const {
  Totals totals;
  state_->on_loop([&] {
    for (const auto& agent : state_->agents) {
      const agent::AgentStats stats = agent->stats();
      totals.synced += stats.synced ? 1 : 0;
      totals.running += stats.running;
      totals.stopped += stats.stopped;
    }
  });
  return totals;
}

void Fleet::kill(std::size_t count) {
  state_->on_loop([&] {
    const auto end = static_cast<std::ptrdiff_t>(std::min(count, state_->agents.size()));
    state_->agents.erase(state_->agents.begin(), state_->agents.begin() + end);
  });
}

double Fleet::cpu_seconds() const {
  clockid_t clock{};
  timespec used{};
  if (pthread_getcpuclockid(state_->thread.native_handle(), &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace muster::bench
