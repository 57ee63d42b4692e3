#include "runtime/simulation/host.h"

#include <utility>

#include "api/base/assert.h"
#include "runtime/simulation/draw.h"
#include "runtime/simulation/remote_driver.h"

namespace muster::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration jitter = std::chrono::microseconds(200);

drivers::SimulatedOptions draw_engine(Random& random, const std::string& host) {
  drivers::SimulatedOptions options;
  options.host = host;
  options.cpus = draw_number(random, 2, 4);
  options.memory_bytes = draw_number(random, 4, 8) << 30;
  if (draw_chance(random, 50)) options.pull_latency = draw_duration(random, milliseconds(10), seconds(2));
  options.create_latency = draw_duration(random, milliseconds(1), milliseconds(50));
  options.start_latency = draw_duration(random, milliseconds(5), milliseconds(800));
  options.stop_latency = draw_duration(random, milliseconds(5), seconds(2));
  return options;
}

}  // namespace

Host::Host(EventQueue& queue, VirtualNetwork& network, std::string name, std::uint64_t seed, std::string folder,
           Started started)
    : network_(network),
      name_(std::move(name)),
      folder_(std::move(folder)),
      seeds_(seed),
      numbers_(seeds_.next()),
      engine_loop_(queue, seeds_.next(), Duration::zero()),
      agent_loop_(queue, seeds_.next(), jitter),
      engine_(std::make_shared<drivers::SimulatedEngine>(engine_loop_, draw_engine(seeds_, name_))) {
  engine_->on_start([this, started = std::move(started)](const std::string& container) { started(name_, container); });
}

Host::~Host() {
  agent_.reset();
  agent_loop_.kill();
  engine_.reset();
  engine_loop_.kill();
}

void Host::start_agent() {
  if (ending_) crash_agent();  // it has had its time
  if (agent_ != nullptr || !powered_) return;
  agent_loop_.revive();
  agent::AgentOptions options;
  options.name = name_;
  options.data_dir = folder_;
  options.address = "192.0.2.1";
  options.version = "simulation";
  options.parallel_starts = 2;
  options.zone = "zone-" + name_.substr(name_.size() - 1);
  options.keep_stopped = seconds(30);
  options.measures = false;  // nothing is decided by it
  auto driver = std::make_unique<RemoteDriver>(engine_, engine_loop_, agent_loop_, seeds_.next());
  agent_ = std::make_unique<agent::Agent>(
      agent::AgentParts{agent_loop_, numbers_, std::move(driver), network_.link(name_, agent_loop_), nullptr},
      std::move(options));
  const Status status = agent_->start();
  MUSTER_ASSERT(status.ok());  // only its folder could fail, and that is a real one
}

void Host::crash_agent() {
  ending_ = false;
  agent_loop_.resume();
  agent_.reset();
  agent_loop_.kill();
}

void Host::stop_agent(Duration hold) {
  if (agent_ == nullptr || ending_ || agent_loop_.hanging()) return;
  ending_ = true;
  agent_->shutdown(hold, [this] {
    // Not from inside its own callback.
    agent_loop_.post([this] { crash_agent(); });
  });
}

void Host::power_off() {
  if (!std::exchange(powered_, false)) return;
  network_.power_off(name_);
  crash_agent();
  engine_->kill_all();
}

void Host::power_on() {
  if (std::exchange(powered_, true)) return;
  engine_->make_available();
  start_agent();
}

void Host::set_skew(Duration skew) {
  engine_loop_.set_skew(skew);
  agent_loop_.set_skew(skew);
}

}  // namespace muster::simulation
