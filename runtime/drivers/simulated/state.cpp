#include "runtime/drivers/simulated/state.h"

#include <utility>

#include "api/base/text.h"

namespace muster::drivers {

using Phase = SimulatedContainer::Phase;

void SimulatedEngine::State::later(Duration delay, std::function<void(State&)> run) {
  auto callback = [weak = weak_from_this(), run = std::move(run)] {
    if (const std::shared_ptr<State> state = weak.lock()) run(*state);
  };
  if (delay > Duration::zero()) {
    loop.after(delay, std::move(callback));
  } else {
    loop.post(std::move(callback));
  }
}

// The container is alive when the timer fires: removing it cancels its timers.
Loop::Timer SimulatedEngine::State::timer(Duration delay, SimulatedContainer& container,
                                          void (State::*run)(SimulatedContainer&)) {
  return loop.after(delay, [weak = weak_from_this(), target = &container, run] {
    if (const std::shared_ptr<State> state = weak.lock()) (*state.*run)(*target);
  });
}

SimulatedContainer* SimulatedEngine::State::find(const std::string& name) {
  const auto at = containers.find(name);
  return at == containers.end() ? nullptr : &at->second;
}

void SimulatedEngine::State::answer(const std::vector<DoneVoid>& waiters, const Status& status) {
  for (const DoneVoid& done : waiters) done(status);
}

bool SimulatedEngine::State::image_present(const std::string& image) const {
  if (pulled.count(image) != 0) return true;
  const auto script = options.images.find(image);
  const bool pull_fails = script != options.images.end() && !script->second.pull_error.empty();
  return options.pull_latency == Duration::zero() && !pull_fails;
}

std::uint64_t SimulatedEngine::State::image_hash(const std::string& image) const {
  const auto build = builds.find(image);
  return stable_hash(image, build == builds.end() ? 0 : build->second);
}

void SimulatedEngine::State::pull(const std::string& image, DoneVoid done) {
  later(options.pull_latency, [image, done = std::move(done)](State& state) {
    const auto script = state.options.images.find(image);
    if (script != state.options.images.end() && !script->second.pull_error.empty()) {
      done(Error{Code::invalid, "CannotPullContainerError: " + script->second.pull_error, {}});
      return;
    }
    state.pulled.insert(image);
    done({});
  });
}

void SimulatedEngine::State::create(ContainerConfig config, const DoneVoid& done) {
  if (const SimulatedContainer* there = find(config.name)) {
    if (labels_of(*there) == config.labels) return done({});
    return done(Error{Code::already_exists,
                      str("CannotCreateContainerError: the name ", config.name, " is taken by another container"),
                      {}});
  }
  const auto image = options.images.find(config.image);
  Result<SimulatedScript> script =
      read_script(image == options.images.end() ? SimulatedScript{} : image->second, config.environment);
  if (!script.ok()) return done(std::move(script).error().under("CannotCreateContainerError"));
  if (!script->pull_error.empty()) {
    return done(Error{Code::invalid, "CannotPullContainerError: " + script->pull_error, {}});
  }
  if (last_script == nullptr || *last_script != *script) {
    last_script = std::make_shared<const SimulatedScript>(std::move(*script));
  }
  const auto at = containers.emplace(config.name, SimulatedContainer{}).first;
  SimulatedContainer& container = at->second;
  container.name = &at->first;
  container.serial = next_serial++;
  container.image_hash = image_hash(config.image);
  container.script = last_script;
  set_labels(container, config.labels);
  if (config.network_mode != "none") container.wanted_ports = std::move(config.ports);
  for (PortMapping& port : container.wanted_ports) {
    if (config.network_mode == "host") port.host_port = port.container_port;
  }
  container.has_health_check = config.health_check.has_value();
  container.has_address = config.network_mode == "bridge";
  changed(container);
  done({});
}

void SimulatedEngine::State::start(const std::string& name, DoneVoid done) {
  SimulatedContainer* container = find(name);
  if (container == nullptr) {
    return done(Error{Code::not_found, "CannotStartContainerError: no container " + name, {}});
  }
  if (container->phase == Phase::running || container->phase == Phase::stopping) return done({});
  waiters[container->serial].start.push_back(std::move(done));
  if (container->phase == Phase::starting) return;
  container->phase = Phase::starting;
  if (options.start_latency > Duration::zero()) {
    container->phase_timer = timer(options.start_latency, *container, &State::started);
  } else {
    started(*container);
  }
}

void SimulatedEngine::State::started(SimulatedContainer& container) {
  container.phase_timer = 0;
  std::vector<DoneVoid> waiting = std::move(waiters[container.serial].start);
  const Status bound_now = bind_ports(container);
  const std::string refused = bound_now.ok() ? container.script->start_error : bound_now.error().message;
  if (!refused.empty()) {
    release_ports(container);
    container.phase = container.has_exit_code ? Phase::exited : Phase::created;
    container.error = refused;
    std::vector<DoneVoid> stopping = std::move(waiters[container.serial].stop);
    waiters.erase(container.serial);
    container.stop_after_start.reset();
    changed(container);
    answer(stopping, {});
    return answer(waiting, Error{Code::invalid, "CannotStartContainerError: " + refused, {}});
  }
  const SimulatedScript& script = *container.script;
  container.phase = Phase::running;
  container.error.clear();
  container.has_exit_code = false;
  container.out_of_memory = false;
  container.started_at = loop.now();
  container.finished_at = Time{};
  ++running;
  ++starts;
  if (script.run_for) container.phase_timer = timer(*script.run_for, container, &State::ran_out);
  container.health = container.has_health_check ? Health::starting : Health::none;
  if (container.has_health_check) {
    container.health_timer = timer(script.healthy_after, container, &State::became_healthy);
    if (script.unhealthy_after) {
      container.unhealthy_timer = timer(*script.unhealthy_after, container, &State::became_unhealthy);
    }
  }
  changed(container);
  if (on_start) on_start(*container.name);
  if (container.stop_after_start) begin_stop(container, *std::exchange(container.stop_after_start, std::nullopt));
  answer(waiting, {});
}

void SimulatedEngine::State::abort_start(SimulatedContainer& container) {
  cancel_timers(container);
  container.phase = container.has_exit_code ? Phase::exited : Phase::created;
  container.stop_after_start.reset();
  waiters.erase(container.serial);
  changed(container);
}

void SimulatedEngine::State::ran_out(SimulatedContainer& container) {
  container.phase_timer = 0;
  exit(container, container.script->exit_code);
}

void SimulatedEngine::State::stop_timed(SimulatedContainer& container) {
  container.phase_timer = 0;
  exit(container, container.script->on_sigterm == OnSigterm::exits ? 143 : 137);
}

void SimulatedEngine::State::became_healthy(SimulatedContainer& container) {
  container.health_timer = 0;
  container.health = Health::healthy;
  changed(container);
}

void SimulatedEngine::State::became_unhealthy(SimulatedContainer& container) {
  container.unhealthy_timer = 0;
  container.health = Health::unhealthy;
  changed(container);
}

void SimulatedEngine::State::stop(const std::string& name, Duration grace, DoneVoid done) {
  SimulatedContainer* container = find(name);
  if (container == nullptr || container->phase == Phase::created || container->phase == Phase::exited) return done({});
  waiters[container->serial].stop.push_back(std::move(done));
  if (container->phase == Phase::starting) {
    container->stop_after_start = grace;
  } else {
    begin_stop(*container, grace);
  }
}

void SimulatedEngine::State::begin_stop(SimulatedContainer& container, Duration grace) {
  const bool exits = container.script->on_sigterm == OnSigterm::exits;
  const Duration delay = exits ? std::min(options.stop_latency, grace) : grace;
  const Duration at = loop.monotonic() + delay;
  if (container.phase == Phase::stopping && container.stop_at <= at) return;
  loop.cancel(container.phase_timer);
  container.phase = Phase::stopping;
  container.stop_at = at;
  container.phase_timer = timer(delay, container, &State::stop_timed);
}

void SimulatedEngine::State::exit(SimulatedContainer& container, int exit_code) {
  cancel_timers(container);
  release_ports(container);
  container.phase = Phase::exited;
  container.exit_code = exit_code;
  container.has_exit_code = true;
  container.finished_at = loop.now();
  --running;
  changed(container);
  const auto at = waiters.find(container.serial);
  if (at == waiters.end()) return;
  const Waiters waiting = std::move(at->second);
  waiters.erase(at);
  answer(waiting.stop, {});
  for (const std::weak_ptr<Reader>& follower : waiting.logs) {
    if (const std::shared_ptr<Reader> reader = follower.lock()) reader->end({});
  }
}

void SimulatedEngine::State::remove(const std::string& name, const DoneVoid& done) {
  SimulatedContainer* container = find(name);
  if (container == nullptr) return done({});
  if (container->phase == Phase::running || container->phase == Phase::stopping) exit(*container, 137);
  cancel_timers(*container);
  Waiters waiting;
  const auto at = waiters.find(container->serial);
  if (at != waiters.end()) {
    waiting = std::move(at->second);
    waiters.erase(at);
  }
  changed(*container);
  containers.erase(name);
  answer(waiting.start, Error{Code::not_found, "CannotStartContainerError: the container was removed", {}});
  answer(waiting.stop, {});
  done({});
}

}  // namespace muster::drivers
