#include <utility>

#include "api/base/text.h"
#include "runtime/drivers/simulated/state.h"

namespace muster::drivers {

SimulatedEngine::SimulatedEngine(Loop& loop, SimulatedOptions options)
    : state_(std::make_shared<State>(loop, std::move(options))) {
  state_->next_port = state_->options.last_dynamic_port;
}

SimulatedEngine::~SimulatedEngine() {
  for (auto& [name, container] : state_->containers) state_->cancel_timers(container);
  state_->loop.cancel(state_->back_timer);
}

namespace {

Result<SimulatedContainer*> find_running(SimulatedEngine::State& state, const std::string& name) {
  SimulatedContainer* container = state.find(name);
  if (container == nullptr) return Error{Code::not_found, str("no container ", name), {}};
  if (container->phase != SimulatedContainer::Phase::running &&
      container->phase != SimulatedContainer::Phase::stopping) {
    return Error{Code::conflict, str("container ", name, " does not run"), {}};
  }
  return container;
}

}  // namespace

Status SimulatedEngine::kill(const std::string& name, int exit_code) {
  TRY(SimulatedContainer * container, find_running(*state_, name));
  state_->exit(*container, exit_code);
  return {};
}

Status SimulatedEngine::kill_out_of_memory(const std::string& name) {
  TRY(SimulatedContainer * container, find_running(*state_, name));
  container->out_of_memory = true;
  state_->exit(*container, 137);
  return {};
}

void SimulatedEngine::kill_all() {
  for (auto& [name, container] : state_->containers) {
    if (find_running(*state_, name).ok()) state_->exit(container, 137);
    if (container.phase == SimulatedContainer::Phase::starting) state_->abort_start(container);
  }
}

void SimulatedEngine::on_start(std::function<void(const std::string& name)> observer) {
  state_->on_start = std::move(observer);
}

Status SimulatedEngine::set_health(const std::string& name, Health health) {
  TRY(SimulatedContainer * container, find_running(*state_, name));
  container->health = health;
  state_->changed(*container);
  return {};
}

void SimulatedEngine::make_unavailable() {
  state_->loop.cancel(std::exchange(state_->back_timer, 0));
  if (!state_->available) return;
  state_->available = false;
  ++state_->epoch;
}

void SimulatedEngine::make_unavailable_for(Duration time) {
  make_unavailable();
  state_->back_timer = state_->loop.after(time, [weak = state_->weak_from_this()] {
    const std::shared_ptr<State> state = weak.lock();
    if (state == nullptr) return;
    state->back_timer = 0;
    state->available = true;
    state->tell_reconnected();
  });
}

void SimulatedEngine::make_available() {
  state_->loop.cancel(std::exchange(state_->back_timer, 0));
  if (std::exchange(state_->available, true)) return;
  state_->tell_reconnected();
}

void SimulatedEngine::set_build(const std::string& image, std::uint64_t build) {
  state_->builds[image] = build;
}

void SimulatedEngine::set_image(const std::string& image, SimulatedScript script) {
  state_->options.images[image] = std::move(script);
}

std::vector<ContainerState> SimulatedEngine::containers() const {
  std::vector<ContainerState> out;
  for (const auto& [name, container] : state_->containers) out.push_back(state_->view(container));
  return out;
}

std::vector<std::string> SimulatedEngine::volumes() const {
  std::vector<std::string> out;
  for (const auto& [name, labels] : state_->volumes) out.push_back(name);
  return out;
}

std::size_t SimulatedEngine::running() const {
  return state_->running;
}

std::uint64_t SimulatedEngine::starts() const {
  return state_->starts;
}

}  // namespace muster::drivers
