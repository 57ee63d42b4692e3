#include "runtime/simulation/faults.h"

#include <utility>

#include "api/base/text.h"
#include "runtime/simulation/draw.h"

namespace muster::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string length_text(Duration length) {
  return format_duration(std::chrono::duration_cast<milliseconds>(length));
}

}  // namespace

Faults::Faults(World& world, std::uint64_t seed)
    : world_(world),
      random_(seed),
      weights_(draw_swarm(random_, fault_count)),
      longest_(draw_duration(random_, seconds(1), seconds(40))) {}

void Faults::later(Duration length, std::function<void()> end) {
  world_.after(length, [this, end = std::move(end)] {
    if (!stopped_) end();
  });
}

void Faults::strike() {
  const auto fault = static_cast<Fault>(draw_weighted(random_, weights_));
  Host& host = *world_.hosts[static_cast<std::size_t>(
      draw_number(random_, 0, static_cast<std::int64_t>(world_.hosts.size()) - 1))];
  switch (fault) {
    case Fault::server_crash:
    case Fault::server_crash_in_append: return server(fault);
    case Fault::controller_kill:
    case Fault::controller_hang: return controller(fault);
    case Fault::agent_crash:
    case Fault::agent_hang:
    case Fault::agent_away:
    case Fault::host_crash: return agent(fault, host);
    case Fault::partition:
    case Fault::connection_cut:
    case Fault::slow_network: return network(fault, host);
    case Fault::engine_outage:
    case Fault::container_crash:
    case Fault::out_of_memory:
    case Fault::unhealthy: return container(fault, host);
    case Fault::pull_error:
    case Fault::start_error: return image(fault, host);
    case Fault::disk_full: return full_disk();
    case Fault::clock_jump: return clock_jump(host);
  }
}

void Faults::server(Fault fault) {
  if (!world_.server.up()) return;
  const Duration length = draw_duration(random_, milliseconds(50), longest_);
  if (fault == Fault::server_crash_in_append) {
    const bool before = draw_chance(random_, 50);
    world_.note(before ? "power fails at the next append, before it is durable"
                       : "power fails at the next append, before it is acknowledged");
    world_.server.crash_at_append(before ? CrashPoint::before_append : CrashPoint::after_append);
  } else {
    const bool killed = draw_chance(random_, 50);
    world_.note(str("server ", killed ? "is killed" : "loses power", " for ", length_text(length)));
    world_.server.crash(killed ? Ending::process_killed : Ending::power_lost);
  }
  later(length, [this] {
    if (world_.server.up()) return;
    world_.note("server boots");
    world_.server.boot();
  });
}

void Faults::controller(Fault fault) {
  if (!world_.server.ready()) return;
  const std::vector<std::string> names = world_.server.controllers();
  const std::string& name =
      names[static_cast<std::size_t>(draw_number(random_, 0, static_cast<std::int64_t>(names.size()) - 1))];
  const Duration length = draw_duration(random_, milliseconds(20), longest_);
  const bool kill = fault == Fault::controller_kill;
  world_.note(str("controller ", name, kill ? " is killed for " : " hangs for ", length_text(length)));
  if (kill) {
    world_.server.kill_controller(name);
    later(length, [this, name] { world_.server.start_controller(name); });
  } else {
    world_.server.hang_controller(name);
    later(length, [this, name] { world_.server.resume_controller(name); });
  }
}

void Faults::agent(Fault fault, Host& host) {
  if (!host.powered() || host.agent() == nullptr) return;
  const Duration length = draw_duration(random_, milliseconds(20), longest_);
  if (fault == Fault::host_crash) {
    world_.note(str(host.name(), " loses power for ", length_text(length)));
    host.power_off();
    return later(length, [this, &host] {
      world_.note(str(host.name(), " boots"));
      host.power_on();
    });
  }
  if (fault == Fault::agent_hang) {
    world_.note(str("agent of ", host.name(), " hangs for ", length_text(length)));
    host.hang_agent();
    return later(length, [&host] { host.resume_agent(); });
  }
  if (fault == Fault::agent_away) {
    const Duration hold = draw_duration(random_, seconds(1), seconds(60));
    world_.note(str("agent of ", host.name(), " goes away for ", length_text(length), ", says ", length_text(hold)));
    host.stop_agent(hold);
  } else {
    world_.note(str("agent of ", host.name(), " crashes for ", length_text(length)));
    host.crash_agent();
  }
  later(length, [this, &host] {
    if (host.agent() != nullptr || !host.powered()) return;
    world_.note(str("agent of ", host.name(), " starts"));
    host.start_agent();
  });
}

void Faults::network(Fault fault, Host& host) {
  const Duration length = draw_duration(random_, milliseconds(50), longest_);
  if (fault == Fault::connection_cut) {
    world_.note(str("connection of ", host.name(), " is cut"));
    return world_.network.cut(host.name());
  }
  if (fault == Fault::slow_network) {
    const Duration longest = draw_duration(random_, milliseconds(20), seconds(3));
    world_.note(
        str("network of ", host.name(), " is slow, up to ", length_text(longest), ", for ", length_text(length)));
    world_.network.set_latency(host.name(), longest);
    return later(length, [this, &host] { world_.network.set_latency(host.name(), milliseconds(2)); });
  }
  const bool forgets = draw_chance(random_, 40);
  world_.note(str(host.name(), " is cut off for ", length_text(length), forgets ? ", connections do not survive" : ""));
  world_.network.partition(host.name(), forgets ? Healing::forgets : Healing::resumes);
  later(length, [this, &host] { world_.network.heal(host.name()); });
}

void Faults::container(Fault fault, Host& host) {
  if (!host.powered()) return;
  if (fault == Fault::engine_outage) {
    const Duration length = draw_duration(random_, milliseconds(50), longest_);
    world_.note(str("engine of ", host.name(), " does not answer for ", length_text(length)));
    return host.engine().make_unavailable_for(length);
  }
  if (host.engine().running() == 0) return;
  std::vector<std::string> running;
  for (const drivers::ContainerState& each : host.engine().containers()) {
    if (each.phase == drivers::ContainerPhase::running) running.push_back(each.name);
  }
  const std::string name =
      running[static_cast<std::size_t>(draw_number(random_, 0, static_cast<std::int64_t>(running.size()) - 1))];
  Status done;
  if (fault == Fault::container_crash) done = host.engine().kill(name, static_cast<int>(draw_number(random_, 0, 2)));
  if (fault == Fault::out_of_memory) done = host.engine().kill_out_of_memory(name);
  if (fault == Fault::unhealthy) done = host.engine().set_health(name, drivers::Health::unhealthy);
  const char* what = fault == Fault::container_crash ? " crashes"
                     : fault == Fault::out_of_memory ? " is killed for its memory"
                                                     : " turns unhealthy";
  if (done.ok()) world_.note(str("container ", name, what));
}

// Every image of the services on that host, those of revisions to come included.
void Faults::image(Fault fault, Host& host) {
  const Duration length = draw_duration(random_, milliseconds(200), longest_);
  drivers::SimulatedScript script;
  const bool pull = fault == Fault::pull_error;
  (pull ? script.pull_error : script.start_error) = pull ? "manifest unknown" : "no such file or directory";
  world_.note(str(host.name(), pull ? " cannot pull" : " cannot start", " images for ", length_text(length)));
  std::vector<std::string> images = {"job:v1", "beside:v1"};
  for (const char* name : {"web", "api", "cache", "edge"}) {
    for (int version = 1; version <= 40; ++version) images.push_back(str(name, ":v", version));
  }
  for (const std::string& each : images) host.engine().set_image(each, script);
  later(length, [images, &host] {
    for (const std::string& each : images) host.engine().set_image(each, {});
  });
}

void Faults::full_disk() {
  const Duration length = draw_duration(random_, milliseconds(50), longest_);
  world_.note(str("the server's disk is full for ", length_text(length)));
  store::set_disk_full(*world_.disk, true);
  later(length, [this] { store::set_disk_full(*world_.disk, false); });
}

void Faults::clock_jump(Host& host) {
  const Duration jump = draw_duration(random_, milliseconds(1), seconds(90)) * (draw_chance(random_, 50) ? 1 : -1);
  world_.note(str("the clock of ", host.name(), " is off by ", length_text(jump)));
  host.set_skew(jump);
}

void Faults::stop() {
  stopped_ = true;
  world_.note("no more faults");
  store::set_disk_full(*world_.disk, false);
  world_.server.crash_at_append(CrashPoint::none);
  world_.server.boot();
  for (const std::string& name : world_.server.controllers()) {
    world_.server.resume_controller(name);
    world_.server.start_controller(name);
  }
  for (const auto& host : world_.hosts) {
    world_.network.heal(host->name());
    world_.network.set_latency(host->name(), milliseconds(2));
    host->set_skew(Duration::zero());
    host->engine().make_available();
    for (const char* name : {"web", "api", "cache", "edge"}) {
      for (int version = 1; version <= 40; ++version) host->engine().set_image(str(name, ":v", version), {});
    }
    host->engine().set_image("job:v1", {});
    host->engine().set_image("beside:v1", {});
    host->power_on();
    host->resume_agent();
    host->start_agent();
  }
}

}  // namespace muster::simulation
