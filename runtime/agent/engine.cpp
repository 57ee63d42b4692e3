#include "runtime/agent/engine.h"

#include <algorithm>
#include <utility>

#include "runtime/base/log.h"

namespace muster::agent {
namespace {

constexpr Duration first_retry = std::chrono::milliseconds(100);
constexpr Duration longest_retry = std::chrono::seconds(5);
constexpr Duration safety_net = std::chrono::minutes(5);
constexpr Duration safety_net_jitter = std::chrono::seconds(30);

}  // namespace

Engine::Engine(Loop& loop, Random& random, drivers::Driver& driver, EngineCallbacks callbacks)
    : loop_(loop), random_(random), driver_(driver), callbacks_(std::move(callbacks)), delay_(first_retry) {}

Engine::~Engine() {
  loop_.cancel(timer_);
}

void Engine::watch(std::map<std::string, std::string> labels) {
  labels_ = std::move(labels);
  ++watch_;
  listed_ = false;
  listing_ = false;
  // Subscribed before the list is asked for: what changes in between is heard of.
  events_ = driver_.events(labels_, life_.guard([this, watch = watch_](const std::string& name) {
    if (watch != watch_) return;
    if (name.empty()) return refresh();
    callbacks_.on_event(name);
  }));
  list();
}

void Engine::failed() {
  if (!up_) return;
  set_up(false);
  delay_ = first_retry;
  list_after(delay_);
}

void Engine::refresh() {
  if (watch_ != 0) list();
}

void Engine::list() {
  if (listing_) {
    again_ = true;
    return;
  }
  loop_.cancel(std::exchange(timer_, 0));
  listing_ = true;
  again_ = false;
  const std::uint64_t order = callbacks_.next_order();
  driver_.list(labels_, life_.guard([this, order, watch = watch_](Result<std::vector<drivers::ContainerState>> found) {
    on_listed(std::move(found), order, watch);
  }));
}

void Engine::on_listed(Result<std::vector<drivers::ContainerState>> containers, std::uint64_t order,
                       std::uint64_t watch) {
  if (watch != watch_) return;
  listing_ = false;
  if (!containers.ok()) {
    if (up_ || !listed_) log::warning("the container engine does not answer", {{"error", containers.error()}});
    set_up(false);
    list_after(delay_);
    delay_ = std::min(longest_retry, delay_ * 3 / 2);
    return;
  }
  listed_ = true;
  delay_ = first_retry;
  if (!up_) log::info("the container engine answers");
  set_up(true);
  callbacks_.on_list(order, std::move(containers).value());
  if (again_) return list();
  const auto jitter = static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>(safety_net_jitter.count()));
  if (timer_ == 0) list_after(safety_net + Duration(jitter));
}

void Engine::list_after(Duration delay) {
  loop_.cancel(timer_);
  timer_ = loop_.after(delay, life_.guard([this] {
    timer_ = 0;
    list();
  }));
}

void Engine::set_up(bool up) {
  if (std::exchange(up_, up) != up) callbacks_.on_availability();
}

}  // namespace muster::agent
