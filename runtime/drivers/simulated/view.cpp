#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "runtime/drivers/simulated/state.h"

namespace muster::drivers {

using Phase = SimulatedContainer::Phase;

Status SimulatedEngine::State::bind_ports(SimulatedContainer& container) {
  container.bound_ports.clear();
  const int range = options.last_dynamic_port - options.first_dynamic_port + 1;
  for (const PortMapping& wanted : container.wanted_ports) {
    if (wanted.host_port != 0) {
      if (!bound.emplace(wanted.protocol, wanted.host_port).second) {
        return Error{Code::conflict, str("port ", wanted.host_port, "/", wanted.protocol, " is already allocated"), {}};
      }
      container.bound_ports.push_back(wanted.host_port);
      continue;
    }
    bool found = false;
    for (int tries = 0; tries < range && !found; ++tries) {
      next_port = next_port >= options.last_dynamic_port ? options.first_dynamic_port : next_port + 1;
      found = bound.emplace(wanted.protocol, next_port).second;
    }
    if (!found) return Error{Code::too_many, "all dynamic ports are allocated", {}};
    container.bound_ports.push_back(next_port);
  }
  return {};
}

void SimulatedEngine::State::release_ports(SimulatedContainer& container) {
  for (std::size_t i = 0; i < container.bound_ports.size(); ++i) {
    bound.erase({container.wanted_ports[i].protocol, container.bound_ports[i]});
  }
  container.bound_ports.clear();
}

void SimulatedEngine::State::cancel_timers(SimulatedContainer& container) {
  loop.cancel(std::exchange(container.phase_timer, 0));
  loop.cancel(std::exchange(container.health_timer, 0));
  loop.cancel(std::exchange(container.unhealthy_timer, 0));
}

std::string simulated_image_id(std::uint64_t image_hash) {
  std::string id = "sha256:";
  for (std::uint64_t part = 0; part < 4; ++part) id += hex(stable_hash("image", image_hash + part), 16);
  return id;
}

ContainerState SimulatedEngine::State::view(const SimulatedContainer& container) const {
  ContainerState out;
  out.id = str("sim-", options.host, "-", container.serial);
  out.name = *container.name;
  out.labels = labels_of(container);
  switch (container.phase) {
    case Phase::created:
    case Phase::starting: out.phase = ContainerPhase::created; break;
    case Phase::running:
    case Phase::stopping: out.phase = ContainerPhase::running; break;
    case Phase::exited: out.phase = ContainerPhase::exited; break;
  }
  if (container.has_exit_code) out.exit_code = container.exit_code;
  out.out_of_memory = container.out_of_memory;
  out.error = container.error;
  out.started_at = container.started_at;
  out.finished_at = container.finished_at;
  out.health = container.health;
  for (std::size_t i = 0; i < container.bound_ports.size(); ++i) {
    out.ports.push_back(container.wanted_ports[i]);
    out.ports.back().host_port = container.bound_ports[i];
  }
  out.image_id = simulated_image_id(container.image_hash);
  if (container.has_address && out.phase == ContainerPhase::running) {
    const std::uint64_t host = container.serial;
    out.ip_address = str("10.", (host >> 16U) & 255U, ".", (host >> 8U) & 255U, ".", host & 255U);
  }
  return out;
}

void SimulatedEngine::State::set_labels(SimulatedContainer& container,
                                        const std::map<std::string, std::string>& labels) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : labels) {
    keys.push_back(key);
    container.label_values += value;
    container.label_values += '\0';
  }
  if (last_label_keys == nullptr || *last_label_keys != keys) {
    last_label_keys = std::make_shared<const std::vector<std::string>>(std::move(keys));
  }
  container.label_keys = last_label_keys;
  container.label_values.shrink_to_fit();
}

std::map<std::string, std::string> SimulatedEngine::State::labels_of(const SimulatedContainer& container) const {
  std::map<std::string, std::string> out;
  std::size_t from = 0;
  for (const std::string& key : *container.label_keys) {
    const std::size_t end = container.label_values.find('\0', from);
    out.emplace_hint(out.end(), key, container.label_values.substr(from, end - from));
    from = end + 1;
  }
  return out;
}

bool SimulatedEngine::State::has_labels(const SimulatedContainer& container,
                                        const std::map<std::string, std::string>& labels) const {
  std::size_t from = 0;
  std::size_t matched = 0;
  for (const std::string& key : *container.label_keys) {
    const std::size_t end = container.label_values.find('\0', from);
    const auto wanted = labels.find(key);
    if (wanted != labels.end()) {
      if (container.label_values.compare(from, end - from, wanted->second) != 0) return false;
      ++matched;
    }
    from = end + 1;
  }
  return matched == labels.size();
}

void SimulatedEngine::State::changed(const SimulatedContainer& container) {
  if (!available) return;
  for (const auto& [id, subscriber] : subscribers) {
    if (!has_labels(container, subscriber->labels)) continue;
    loop.post([weak = std::weak_ptr<Subscriber>(subscriber), name = *container.name] {
      if (const std::shared_ptr<Subscriber> alive = weak.lock()) alive->callback(name);
    });
  }
}

void SimulatedEngine::State::tell_reconnected() {
  for (const auto& [id, subscriber] : subscribers) {
    loop.post([weak = std::weak_ptr<Subscriber>(subscriber)] {
      if (const std::shared_ptr<Subscriber> alive = weak.lock()) alive->callback("");
    });
  }
}

}  // namespace muster::drivers
