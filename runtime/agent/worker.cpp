#include "runtime/agent/worker.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "api/types/host_names.h"
#include "controllers/task/limits.h"
#include "runtime/agent/translate.h"
#include "runtime/agent/volumes.h"
#include "runtime/base/log.h"

namespace muster::agent {

using task::Phase;
using task::Step;
using task::StepKind;

namespace {

constexpr int most_port_tries = 3;
constexpr int most_image_tries = 1;
constexpr int most_volume_tries = 5;
constexpr Duration volumes_again = std::chrono::seconds(2);
constexpr Duration inspect_again = std::chrono::seconds(1);

bool is_port_conflict(const std::string& text) {
  return text.find("port is already allocated") != std::string::npos ||
         text.find("ddress already in use") != std::string::npos;
}

std::string_view error_name(StepKind kind) {
  switch (kind) {
    case StepKind::pull: return "CannotPullContainerError";
    case StepKind::create: return "CannotCreateContainerError";
    case StepKind::start: return "CannotStartContainerError";
    case StepKind::stop: return "CannotStopContainerError";
    case StepKind::remove: return "CannotRemoveContainerError";
  }
  return "DockerStateError";
}

void make_absent(task::ObservedContainer& observed) {
  task::ObservedContainer absent;
  absent.name = std::move(observed.name);
  observed = std::move(absent);
}

std::string reason_of(StepKind kind, const Error& error) {
  if (error.message.find("Error:") != std::string::npos) return error.message;
  return str(error_name(kind), ": ", error.message);
}

}  // namespace

template <class F>
auto Worker::guard(F callback) const {
  return [weak = weak_from_this(), callback = std::move(callback)](auto&&... arguments) {
    if (const auto self = weak.lock()) callback(std::forward<decltype(arguments)>(arguments)...);
  };
}

Worker::Worker(WorkerContext& context, task::DesiredTask desired, task::TaskMemory memory)
    : context_(context), desired_(std::move(desired)), memory_(std::move(memory)) {}

Worker::~Worker() {
  context_.loop.cancel(alarm_);
  for (std::size_t at = 0; at < slots_.size(); ++at) leave_lane(at, slots_[at].waiting_for);
}

bool Worker::has_containers() const {
  return std::ranges::any_of(observed_, [](const auto& each) {
    return each.phase != Phase::absent || (each.under_way && *each.under_way != StepKind::pull);
  });
}

bool Worker::has_remains() const {
  const bool volumes = desired_.definition != nullptr && task::may_have_volumes(desired_) && volumes_ != Volumes::gone;
  return volumes || has_containers();
}

std::set<std::string> Worker::gpus() const {
  std::set<std::string> out;
  for (const ContainerStatus& each : memory_.status.containers) out.insert(each.gpu_ids.begin(), each.gpu_ids.end());
  for (const task::ObservedContainer& each : observed_) out.insert(each.gpu_ids.begin(), each.gpu_ids.end());
  return out;
}

std::string Worker::host_name(const std::string& container) const {
  for (std::size_t at = 0; at < observed_.size(); ++at) {
    if (container.empty() || observed_[at].name == container) return slots_[at].host_name;
  }
  return {};
}

std::vector<metadata::Found> Worker::found() const {
  std::vector<metadata::Found> out;
  for (std::size_t at = 0; at < observed_.size(); ++at) {
    const Slot& slot = slots_[at];
    out.push_back({observed_[at].name, slot.host_name, slot.ip_address, observed_[at].image_id, slot.created_at});
  }
  return out;
}

const ContainerDefinition* Worker::definition_of(const std::string& container) const {
  if (desired_.definition == nullptr) return nullptr;
  const auto& all = desired_.definition->container_definitions;
  const auto found = std::ranges::find(all, container, &ContainerDefinition::name);
  return found == all.end() ? nullptr : &*found;
}

std::size_t Worker::slot_of(const std::string& container) {
  const auto found = std::ranges::find(observed_, container, &task::ObservedContainer::name);
  const auto at = static_cast<std::size_t>(found - observed_.begin());
  if (found == observed_.end()) {
    observed_.emplace_back().name = container;
    slots_.emplace_back().host_name = task::container_name(desired_, container);
  }
  return at;
}

// ---- observation

void Worker::listed(std::uint64_t order, const std::vector<drivers::ContainerState>& containers) {
  std::vector<bool> seen(observed_.size(), false);
  for (const drivers::ContainerState& state : containers) {
    const std::string name = label_of(state, task::label::container);
    if (name.empty()) continue;
    const std::size_t at = slot_of(name);
    slots_[at].host_name = state.name;
    if (at < seen.size()) seen[at] = true;
    apply(at, order, &state);
  }
  for (std::size_t at = 0; at < seen.size(); ++at) {
    if (!seen[at]) apply(at, order, nullptr);
  }
}

void Worker::apply(std::size_t at, std::uint64_t order, const drivers::ContainerState* state) {
  task::ObservedContainer& observed = observed_[at];
  Slot& slot = slots_[at];
  if (order <= slot.as_of) return;
  // The list was made while the container was being made or removed: its end will tell.
  if (observed.under_way == StepKind::create || observed.under_way == StepKind::remove) return;
  slot.as_of = order;
  if (std::exchange(slot.settling, false)) observed.under_way.reset();
  const std::optional<StepKind> under_way = observed.under_way;
  const ReadinessStatus readiness = observed.readiness;
  slot.ip_address = state == nullptr ? std::string() : state->ip_address;
  slot.created_at = state == nullptr ? Time{} : state->created_at;
  if (state != nullptr) {
    observed = from_driver(observed.name, *state);
    observed.error = redacted(at, std::move(observed.error));
    if (const ContainerDefinition* definition = definition_of(observed.name)) {
      gather_ranges(definition->port_mappings, observed.bindings);
    }
  } else {
    make_absent(observed);
  }
  observed.under_way = under_way;
  if (observed.started_at == slot.probed) observed.readiness = readiness;
}

void Worker::tend_probe(std::size_t at) {
  task::ObservedContainer& observed = observed_[at];
  Slot& slot = slots_[at];
  if (observed.phase != task::Phase::running) return slot.probe.reset();
  const ContainerDefinition* definition = definition_of(observed.name);
  if (definition == nullptr || !definition->readiness_check) return;
  if (slot.probe != nullptr && slot.probed == observed.started_at) return;
  slot.probed = observed.started_at;
  observed.readiness = ReadinessStatus::unknown;
  const auto judged = [this, at](bool ready) {
    observed_[at].readiness = ready ? ReadinessStatus::ready : ReadinessStatus::not_ready;
    look();
  };
  const auto exec = [this, at](std::vector<std::string> command, drivers::ChannelCallbacks callbacks) {
    drivers::ProcessStreams streams;
    streams.output = true;
    return context_.driver.exec(slots_[at].host_name, std::move(command), streams, std::move(callbacks));
  };
  slot.probe = std::make_unique<ReadinessProbe>(context_.loop, exec, *definition->readiness_check, judged);
}

void Worker::container_event(const std::string& host_name) {
  const auto found = std::ranges::find(slots_, host_name, &Slot::host_name);
  if (found == slots_.end()) return;
  const auto at = static_cast<std::size_t>(found - slots_.begin());
  const std::optional<StepKind> under_way = observed_[at].under_way;
  // These steps look for themselves when they end; a stop may take its time and must not hide the exit.
  if (under_way && *under_way != StepKind::pull && *under_way != StepKind::stop) return;
  inspect(at);
}

void Worker::inspect(std::size_t at) {
  Slot& slot = slots_[at];
  if (slot.inspecting) {
    slot.stale = true;
    return;
  }
  slot.inspecting = true;
  slot.stale = false;
  const std::uint64_t order = ++context_.order;
  context_.driver.inspect(slot.host_name, guard([this, at, order](const Result<drivers::ContainerState>& state) {
                            inspected(at, order, state);
                          }));
}

void Worker::inspected(std::size_t at, std::uint64_t order, const Result<drivers::ContainerState>& state) {
  Slot& slot = slots_[at];
  slot.inspecting = false;
  if (!state.ok() && state.error().code == Code::unavailable) return context_.engine_failed();
  if (!state.ok() && state.error().code != Code::not_found) {
    log::warning("cannot inspect a container",
                 {{"container", slot.host_name}, {"error", redacted(at, state.error().text())}});
    context_.loop.after(inspect_again, guard([this, at] { inspect(at); }));
    return;
  }
  apply(at, order, state.ok() ? &*state : nullptr);
  if (slot.stale || slot.settling) inspect(at);
  look();
}

// ---- decision

void Worker::look() {
  if (!context_.may_act()) return;
  again_ = true;
  if (looking_) return;
  looking_ = true;
  const auto self = shared_from_this();  // gone() may drop the last other reference
  while (std::exchange(again_, false)) decide();
  looking_ = false;
}

bool Worker::takes_config(const std::string& container) const {
  const ContainerDefinition* definition = definition_of(container);
  if (definition == nullptr) return false;
  const auto& overrides = desired_.spec.overrides.container_overrides;
  const auto changed = std::ranges::find(overrides, container, &ContainerOverride::name);
  return has_config_references(*definition) || (changed != overrides.end() && !changed->environment_files.empty());
}

Result<task::Configured> Worker::configure(const std::string& container) const {
  if (!takes_config(container)) return task::Configured{};
  return task::configure(desired_, container, [this](const ConfigReference& reference) {
    return context_.config == nullptr ? nullptr : context_.config->find(desired_.ns, reference);
  });
}

std::string Worker::redacted(std::size_t at, std::string text) const {
  const std::string& name = observed_[at].name;
  if (text.empty() || !takes_config(name)) return text;
  if (slots_[at].given) return (*slots_[at].given)(std::move(text));
  // Made by an earlier process, from what the Secrets had then. Only log drivers repeat what they were given.
  const auto& log = definition_of(name)->log_configuration;
  if (log && !log->secret_options.empty()) {
    return "the engine's text is withheld: it may repeat values that the container was given from Secrets";
  }
  const Result<task::Configured> configured = configure(name);
  return configured.ok() ? Redaction(*configured)(std::move(text)) : text;
}

void Worker::find_obstacles() {
  desired_.obstacles.clear();
  if (desired_.definition == nullptr || is_set(memory_.status.stopping_at)) return;
  for (const ContainerDefinition& definition : desired_.definition->container_definitions) {
    if (!takes_config(definition.name)) continue;
    const task::ObservedContainer* observed = task::find(observed_, definition.name);
    const Phase phase = observed == nullptr ? Phase::absent : observed->phase;
    if (phase == Phase::running) continue;
    const bool made = phase != Phase::absent;
    // What was made has its variables; only files may have gone.
    if (made && (definition.config_files.empty() || context_.config_files == nullptr ||
                 context_.config_files->present(desired_.uid, definition.name))) {
      continue;
    }
    const auto configured = configure(definition.name);
    if (configured.ok()) continue;
    task::Obstacle& obstacle = desired_.obstacles[definition.name];
    if (config_known) {
      obstacle = {task::Obstacle::Kind::fail, configured.error().message};
      continue;
    }
    std::vector<std::string> wanted;
    for (const ConfigReference& each : config_references(*desired_.definition, desired_.spec.overrides)) {
      wanted.push_back(config_text(each));
    }
    obstacle = {task::Obstacle::Kind::wait, str(task::waiting_reason, join(wanted, ", "),
                                                ", which are kept in memory only: this agent has not heard from its "
                                                "server since it started")};
  }
}

void Worker::decide() {
  for (std::size_t at = 0; at < slots_.size(); ++at) tend_probe(at);
  find_obstacles();
  const bool had_stopped = stopped();
  task::TaskPlan next = task::plan(desired_, observed_, memory_, context_.loop.now());
  const bool status_changed = next.memory.status != memory_.status;
  const bool changed = status_changed || next.memory.containers != memory_.containers;
  memory_ = std::move(next.memory);
  if (changed) context_.changed(*this, status_changed);
  if (stopped() && !had_stopped && context_.config_files != nullptr) context_.config_files->remove(desired_.uid);
  set_alarm(next.wake_after);
  for (std::size_t at = 0; at < slots_.size(); ++at) {
    const bool wanted = std::ranges::any_of(next.steps, [&](const Step& step) {
      return step.container == observed_[at].name && step.kind == slots_[at].waiting_for;
    });
    if (!wanted) leave_lane(at, slots_[at].waiting_for);
  }
  for (const Step& step : next.steps) begin(step);
  if (next.gone) leave();
}

// The plan says again and again that the task is gone; its volumes go once.
void Worker::leave() {
  if (volumes_ == Volumes::going) return;
  if (context_.cgroups != nullptr) context_.cgroups->remove_until_gone(context_.loop, desired_.uid);
  if (volumes_ == Volumes::gone || !task::may_have_volumes(desired_)) return context_.gone(*this);
  volumes_ = Volumes::going;
  remove_volumes(context_.driver, task::volume_labels(desired_, context_.identity),
                 guard([this](const Status& status) { left(status); }));
}

void Worker::left(const Status& status) {
  if (!status.ok() && status.error().code == Code::unavailable) {
    volumes_ = Volumes::unknown;
    return context_.engine_failed();
  }
  if (!status.ok() && ++volume_tries_ < most_volume_tries) {
    context_.loop.after(volumes_again, guard([this] {
                          volumes_ = Volumes::unknown;
                          look();
                        }));
    return;
  }
  if (!status.ok()) {
    log::warning("volumes of a task are left behind",
                 {{"task", str(desired_.ns, '/', desired_.name)}, {"error", status.error()}});
  }
  volumes_ = Volumes::gone;
  context_.gone(*this);
}

void Worker::set_alarm(std::optional<Duration> after) {
  context_.loop.cancel(std::exchange(alarm_, 0));
  if (!after) return;
  alarm_ = context_.loop.after(*after, guard([this] {
    alarm_ = 0;
    look();
  }));
}

// ---- steps

void Worker::begin(const Step& step) {
  const std::size_t at = slot_of(step.container);
  if (step.kind == StepKind::pull) return pull(at);
  if (slots_[at].ticket == 0) queue(at, step);
}

void Worker::queue(std::size_t at, const Step& step) {
  Lane* lane = nullptr;
  auto priority = Lane::Priority::normal;
  switch (step.kind) {
    case StepKind::start: priority = Lane::Priority::urgent; [[fallthrough]];
    case StepKind::pull:
    case StepKind::create: lane = &context_.lanes.starts; break;
    case StepKind::stop: lane = &context_.lanes.stops; break;
    case StepKind::remove: lane = &context_.lanes.removals; break;
  }
  slots_[at].waiting_for = step.kind;
  const Lane::Ticket ticket = lane->enter(priority, guard([this, at, step](const std::shared_ptr<Lane::Pass>& pass) {
                                            slots_[at].ticket = 0;
                                            if (context_.may_act()) run(at, step, pass);
                                          }));
  slots_[at].ticket = ticket;
}

void Worker::leave_lane(std::size_t at, StepKind kind) {
  const Lane::Ticket ticket = std::exchange(slots_[at].ticket, 0);
  if (ticket == 0) return;
  switch (kind) {
    case StepKind::pull:
    case StepKind::create:
    case StepKind::start: return context_.lanes.starts.leave(ticket);
    case StepKind::stop: return context_.lanes.stops.leave(ticket);
    case StepKind::remove: return context_.lanes.removals.leave(ticket);
  }
}

void Worker::pull(std::size_t at) {
  const ContainerDefinition* definition = definition_of(observed_[at].name);
  if (definition == nullptr) return;
  observed_[at].under_way = StepKind::pull;
  const std::uint64_t step = ++slots_[at].step;
  task::began(memory_, StepKind::pull, observed_[at].name, context_.loop.now());
  ImageWaiter waiter;
  waiter.on_news = guard([this](const ImageNews& news) {
    if (context_.tell) context_.tell(*this, news);
  });
  waiter.on_resolved = guard([this, at, step](const ReadyImage& image) {
    if (slots_[at].step == step) image_resolved(at, image);
  });
  waiter.done = guard([this, at, step](const Result<ReadyImage>& image) {
    if (slots_[at].step == step) image_ready(at, image);
  });
  context_.images.ensure(image_request(*definition), std::move(waiter));
}

ImageRequest Worker::image_request(const ContainerDefinition& definition) const {
  ImageRequest request;
  request.image = definition.image;
  if (definition.repository_credentials) {
    request.credentials = str(desired_.ns, '/', definition.repository_credentials->credentials_parameter);
  }
  if (const ContainerImage* pinned = task::pinned_image(desired_.images, definition)) {
    request.pin = {pinned->image_digest, pinned->image_id};
  } else if (definition.version_consistency != VersionConsistency::disabled) {
    // What was reported once stays true for this task.
    const auto& statuses = memory_.status.containers;
    const auto reported = std::ranges::find(statuses, definition.name, &ContainerStatus::name);
    if (reported != statuses.end()) request.pin.digest = reported->image_digest;
  }
  return request;
}

void Worker::image_resolved(std::size_t at, const ReadyImage& image) {
  task::resolved(memory_, observed_[at].name, image.digest, image.id);
  context_.changed(*this, true);
}

void Worker::image_ready(std::size_t at, const Result<ReadyImage>& image) {
  if (!image.ok()) return ended(at, StepKind::pull, image.error());
  task::resolved(memory_, observed_[at].name, image->digest, image->id);
  memory_.containers[task::index_of(memory_, observed_[at].name)].image = image->name;
  ended(at, StepKind::pull, {});
}

void Worker::run(std::size_t at, const Step& step, const std::shared_ptr<Lane::Pass>& pass) {
  observed_[at].under_way = step.kind;
  ++slots_[at].step;
  const auto done = guard([this, at, kind = step.kind, pass](const Status& status) { ended(at, kind, status); });
  switch (step.kind) {
    case StepKind::pull: break;
    case StepKind::create: return create(at, pass);
    case StepKind::start:
      ++context_.counts.starts;
      if (Status restored = restore(at); !restored.ok()) {
        return context_.loop.post([done, restored] { done(restored); });
      }
      return context_.driver.start(slots_[at].host_name, done);
    case StepKind::stop: ++context_.counts.stops; return context_.driver.stop(slots_[at].host_name, step.grace, done);
    case StepKind::remove: ++context_.counts.removals; return context_.driver.remove(slots_[at].host_name, done);
  }
}

void Worker::create(std::size_t at, const std::shared_ptr<Lane::Pass>& pass) {
  task::began(memory_, StepKind::create, observed_[at].name, context_.loop.now());
  context_.changed(*this, false);  // on disk before it is done
  const std::vector<task::VolumeConfig> volumes = task::volume_configs(desired_, context_.identity);
  if (volumes.empty() || volumes_ == Volumes::provided) return create_container(at, pass);
  const auto provided = guard([this, at, pass](const Status& status) {
    if (!status.ok()) return ended(at, StepKind::create, status);
    volumes_ = Volumes::provided;
    create_container(at, pass);
  });
  context_.loop.post(guard([this, volumes, provided] { provide_volumes(context_.driver, volumes, provided); }));
}

void Worker::create_container(std::size_t at, const std::shared_ptr<Lane::Pass>& pass) {
  const auto done = guard([this, at, pass](const Status& status) { ended(at, StepKind::create, status); });
  Result<drivers::ContainerConfig> config = config_for(at);
  if (!config.ok()) return context_.loop.post([done, error = config.error()] { done(error); });
  ++context_.counts.creations;
  context_.driver.create(std::move(*config), done);
}

Result<drivers::ContainerConfig> Worker::config_for(std::size_t at) {
  Slot& slot = slots_[at];
  const std::string& name = observed_[at].name;
  TRY(const task::Configured configured, configure(name));
  slot.given = Redaction(configured);
  task::ContainerConfig config = task::container_config(desired_, context_.identity, name, configured);
  config.name = slot.host_name;
  const std::string& exact = memory_.containers[task::index_of(memory_, name)].image;
  if (!exact.empty()) config.image = exact;
  TRY_VOID(choose_ports(slot, config));
  TRY_VOID(choose_gpus(at, config));
  TRY(config.cgroup_parent, provide_cgroup());
  offer_metadata(name, config);
  drivers::ContainerConfig out = to_driver(config);
  if (context_.config_files != nullptr) {
    TRY(out.file_mounts, context_.config_files->write(desired_.uid, name, configured.mounts));
  }
  return out;
}

// What the definition says itself holds.
void Worker::offer_metadata(const std::string& container, task::ContainerConfig& config) const {
  if (context_.metadata == nullptr) return;
  const auto said = [](const auto& each) { return each.first == metadata::variable; };
  if (std::ranges::any_of(config.environment, said)) return;
  const NetworkMode mode = config.network_disabled ? NetworkMode::none : config.network_mode;
  std::string url = context_.metadata->url(mode, desired_.uid, container);
  if (!url.empty()) config.environment.emplace_back(metadata::variable, std::move(url));
}

Status Worker::restore(std::size_t at) {
  if (desired_.definition != nullptr) TRY_VOID(provide_cgroup());
  const std::string& name = observed_[at].name;
  const ContainerDefinition* definition = definition_of(name);
  if (context_.config_files == nullptr || definition == nullptr || definition->config_files.empty()) return {};
  if (context_.config_files->present(desired_.uid, name)) return {};
  TRY(const task::Configured configured, configure(name));
  TRY_VOID(context_.config_files->write(desired_.uid, name, configured.mounts));
  return {};
}

Status Worker::choose_ports(Slot& slot, task::ContainerConfig& config) {
  slot.chose_ports = false;
  if (context_.ports == nullptr) return {};
  for (PortMapping& port : config.ports) {
    if (port.host_port != 0) continue;
    const auto span = port.container_port_range ? parse_port_span(*port.container_port_range) : std::nullopt;
    TRY(port.host_port, context_.ports->choose(port.protocol, span ? span->size() : 1));
    slot.chose_ports = true;
  }
  return {};
}

Status Worker::choose_gpus(std::size_t at, task::ContainerConfig& config) {
  if (config.gpus == 0) return {};
  ContainerStatus& status = memory_.status.containers[task::index_of(memory_, observed_[at].name)];
  const auto wanted = static_cast<std::size_t>(config.gpus);
  if (status.gpu_ids.size() != wanted) {
    TRY(status.gpu_ids, agent::choose_gpus(context_.gpus, context_.gpus_in_use(), wanted));
    context_.changed(*this, true);  // on disk before somebody else is given them
  }
  config.gpu_ids = status.gpu_ids;
  config.labels[std::string(task::label::gpus)] = join(config.gpu_ids, ",");
  return {};
}

Result<std::string> Worker::provide_cgroup() const {
  if (context_.cgroups == nullptr || !context_.cgroups->ready()) return std::string();
  const auto limits = task::task_limits(desired_);
  if (!limits) return std::string();
  return context_.cgroups->provide(desired_.uid, *limits);
}

// ---- outcomes

void Worker::ended(std::size_t at, StepKind kind, const Status& status) {
  Slot& slot = slots_[at];
  slot.as_of = ++context_.order;
  // A start or a stop counts as under way until its effect has been seen, by somebody who looked afterwards.
  slot.settling = status.ok() && (kind == StepKind::start || kind == StepKind::stop);
  if (!slot.settling) observed_[at].under_way.reset();
  if (!status.ok() && status.error().code == Code::unavailable) return context_.engine_failed();
  if (status.ok()) return ended_well(at, kind);
  if (try_differently(at, kind, status.error())) return;
  Error error = status.error();
  error.message = redacted(at, std::move(error.message));
  ++context_.counts.failures;
  log::warning(
      "a step of a task failed",
      {{"task", str(desired_.ns, '/', desired_.name)}, {"container", observed_[at].name}, {"error", error.message}});
  task::failed(memory_, kind, observed_[at].name, reason_of(kind, error), context_.loop.now());
  context_.changed(*this, true);
  // What the engine has made of it nobody knows; it may even run, and is looked at before anything else is done to it.
  if (kind == StepKind::start) {
    slot.settling = true;
    observed_[at].under_way = kind;
  }
  if (kind != StepKind::pull) inspect(at);
  look();
}

void Worker::ended_well(std::size_t at, StepKind kind) {
  task::succeeded(memory_, kind, observed_[at].name, context_.loop.now());
  switch (kind) {
    case StepKind::pull: return look();
    case StepKind::create:
      if (observed_[at].phase == Phase::absent) observed_[at].phase = Phase::created;
      return look();
    case StepKind::start:
    case StepKind::stop: return inspect(at);
    case StepKind::remove: make_absent(observed_[at]); return look();
  }
}

bool Worker::try_differently(std::size_t at, StepKind kind, const Error& error) {
  Slot& slot = slots_[at];
  const std::string& name = observed_[at].name;
  // The image was removed since it was last seen.
  if (kind == StepKind::create && error.code == Code::not_found && slot.image_tries++ < most_image_tries) {
    const ContainerDefinition* definition = definition_of(name);
    if (definition != nullptr) context_.images.forget(image_request(*definition));
    memory_.containers[task::index_of(memory_, name)].image_ready = false;
    look();
    return true;
  }
  // Somebody took the port that was chosen: the container never ran and is made again with another one.
  if (kind == StepKind::start && slot.chose_ports && is_port_conflict(error.message) &&
      slot.port_tries++ < most_port_tries) {
    queue(at, Step{StepKind::remove, name, {}});
    return true;
  }
  return false;
}

}  // namespace muster::agent
