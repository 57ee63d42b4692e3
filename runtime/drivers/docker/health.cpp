#include "runtime/drivers/docker/health.h"

#include <unistd.h>

#include <utility>

namespace muster::drivers::docker {
namespace {

// ECS's longest; Podman ends the command at its own timeout.
constexpr Duration patience = std::chrono::seconds(90);

}  // namespace

HealthChecks::Timers HealthChecks::host_timers() {
  return ::access("/run/systemd/system", F_OK) == 0 ? Timers::of_systemd : Timers::none;
}

HealthChecks::~HealthChecks() {
  for (const auto& [name, check] : checks_) engine_->loop().cancel(check.timer);
}

void HealthChecks::seen(const Inspected& container) {
  if (timers_ == Timers::of_systemd || !engine_->is_podman()) return;
  const ContainerState& state = container.state;
  if (state.phase != ContainerPhase::running || container.check_interval <= Duration::zero()) {
    return forget(state.name);
  }
  const auto [at, added] = checks_.try_emplace(state.name, Check{container.check_interval, 0});
  if (added) wait(at->first);
}

void HealthChecks::forget(const std::string& name) {
  const auto check = checks_.extract(name);
  if (!check.empty()) engine_->loop().cancel(check.mapped().timer);
}

void HealthChecks::wait(const std::string& name) {
  Check& check = checks_.at(name);
  check.timer = engine_->loop().after(check.interval, [life = std::weak_ptr<Life>(life_), this, name] {
    if (!life.expired()) run(name);
  });
}

void HealthChecks::run(const std::string& name) {
  engine_->send(Engine::Lane::waiting, "GET", "/libpod" + container_path(name, "/healthcheck"), "", patience,
                [life = std::weak_ptr<Life>(life_), this, name](const Result<http::Response>& response) {
                  if (life.expired() || !checks_.contains(name)) return;
                  // 404, 409: gone, or does not run; whoever sees it running again brings it back.
                  const bool ended = response.ok() && (response->status == 404 || response->status == 409);
                  ended ? forget(name) : wait(name);
                });
}

}  // namespace muster::drivers::docker
