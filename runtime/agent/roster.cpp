#include "runtime/agent/roster.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/kinds.h"
#include "runtime/agent/translate.h"
#include "runtime/base/log.h"

namespace muster::agent {
namespace {

std::string revision_key(const std::string& ns, const std::string& name) {
  return str(ns, '/', name);
}

task::DesiredTask desired_of(const Task& task) {
  task::DesiredTask desired;
  desired.ns = task.metadata.ns;
  desired.name = task.metadata.name;
  desired.uid = task.metadata.uid;
  desired.spec = task.spec;
  return desired;
}

// The uid of the owner, where that is a TaskSet.
std::string task_set_of(const Task& task) {
  const OwnerReference* owner = controller_of(task.metadata);
  return owner != nullptr && owner->kind == kind_of<TaskSet>().kind ? owner->uid : std::string();
}

// The server has ended the task without us: so be it.
void take_over_end(task::DesiredTask& desired, const TaskStatus& status) {
  desired.spec.desired_status = DesiredStatus::stopped;
  desired.spec.stop_code = status.stop_code;
  desired.spec.stopped_reason = status.stopped_reason;
}

}  // namespace

Roster::Roster(WorkerContext& context, Checkpoint& checkpoint, ConfigObjects& config, RosterOptions options)
    : context_(context), checkpoint_(checkpoint), config_(config), options_(options) {}

Roster::~Roster() {
  context_.loop.cancel(alarm_);
}

std::shared_ptr<Worker> Roster::add(task::DesiredTask desired, task::TaskMemory memory) {
  const auto revision = revisions_.find(revision_key(desired.ns, desired.spec.task_definition));
  if (revision != revisions_.end()) desired.definition = revision->second.spec;
  const std::string uid = desired.uid;
  auto worker = std::make_shared<Worker>(context_, std::move(desired), std::move(memory));
  workers_[uid] = worker;
  if (const auto stray = strays_.extract(uid); !stray.empty()) worker->listed(strays_order_, stray.mapped());
  return worker;
}

void Roster::restore(Saved saved) {
  for (SavedRevision& revision : saved.revisions) {
    revisions_[revision_key(revision.ns, revision.name)] =
        Revision{revision.uid, std::make_shared<const TaskDefinitionSpec>(std::move(revision.spec))};
  }
  for (SavedTask& task : saved.tasks) {
    task::DesiredTask desired;
    desired.ns = std::move(task.ns);
    desired.name = std::move(task.name);
    desired.uid = std::move(task.uid);
    desired.spec = std::move(task.spec);
    desired.images = std::move(task.images);
    add(std::move(desired), std::move(task.memory));
  }
}

void Roster::forget_all() {
  workers_.clear();
  revisions_.clear();
  deployments_.clear();
  strays_.clear();
  stopped_.clear();
  config_.clear();
  checkpoint_.set_aside();
}

// ---- the server's words

void Roster::begin_sync() {
  synced_ = false;
  for (auto& [uid, worker] : workers_) worker->mentioned = false;
  for (auto& [key, revision] : revisions_) revision.mentioned = false;
  config_.begin_sync();
}

void Roster::put(const protocol::Put& frame) {
  const auto node = parse_json(frame.object.json);
  DecodeOptions options;
  options.unknown = Unknown::ignore;  // the server may be newer
  auto object =
      node.ok() ? decode_object(*node, nullptr, options, nullptr) : Result<std::shared_ptr<Object>>(node.error());
  if (!object.ok()) return log::error("the server sent an object that cannot be read", {{"error", object.error()}});
  if (const Task* task = as<Task>(object->get())) return put_task(*task);
  if (const auto* revision = as<TaskDefinitionRevision>(object->get())) return put_revision(*revision);
  if (const auto* set = as<TaskSet>(object->get())) return put_task_set(*set);
  if (const auto* secret = as<Secret>(object->get())) {
    config_.put(*secret);
    config_changed(secret->metadata.ns);
  } else if (const auto* map = as<ConfigMap>(object->get())) {
    config_.put(*map);
    config_changed(map->metadata.ns);
  }
}

void Roster::config_changed(const std::string& ns) {
  const auto all = workers_;  // a look may end a worker
  for (const auto& [uid, worker] : all) {
    if (worker->desired().ns == ns && !worker->desired().obstacles.empty()) worker->look();
  }
}

void Roster::put_task(const Task& task) {
  const auto known = workers_.find(task.metadata.uid);
  const bool ended = task.status.last_status == LastStatus::stopped;
  if (known == workers_.end()) {
    task::DesiredTask desired = desired_of(task);
    const Deployment* deployment = join(task);
    if (deployment != nullptr) desired.images = deployment->images;
    const auto worker = add(std::move(desired), task::first_memory(task.status));
    worker->task_set = task_set_of(task);
    worker->mentioned = worker->config_known = true;
    worker->known_stopped = ended;
    return worker->look();
  }
  Worker& worker = *known->second;
  worker.mentioned = true;
  const bool config_known = std::exchange(worker.config_known, true);
  worker.ghost = worker.deleted = false;
  worker.task_set = task_set_of(task);
  task::DesiredTask& wish = worker.wish();
  if (const Deployment* deployment = join(task); deployment != nullptr && !deployment->images.empty()) {
    wish.images = deployment->images;
  }
  const TaskSpec before = std::exchange(wish.spec, task.spec);
  wish.ns = task.metadata.ns;
  wish.name = task.metadata.name;
  if (wish.definition == nullptr) {
    const auto revision = revisions_.find(revision_key(wish.ns, wish.spec.task_definition));
    if (revision != revisions_.end()) wish.definition = revision->second.spec;
  }
  if (ended && !worker.stopped()) take_over_end(wish, task.status);
  if (wish.spec != before || !config_known) worker.look();
}

void Roster::put_revision(const TaskDefinitionRevision& revision) {
  const std::string key = revision_key(revision.metadata.ns, revision.metadata.name);
  Revision& known = revisions_[key];
  known.mentioned = true;
  if (known.spec != nullptr && known.uid == revision.metadata.uid) return;  // it never changes
  known.uid = revision.metadata.uid;
  known.spec = std::make_shared<const TaskDefinitionSpec>(revision.spec);
  checkpoint_.save(SavedRevision{revision.metadata.ns, revision.metadata.name, known.uid, revision.spec});
  const auto all = workers_;  // a look may end a worker
  for (const auto& [uid, worker] : all) {
    task::DesiredTask& wish = worker->wish();
    if (wish.definition != nullptr || revision_key(wish.ns, wish.spec.task_definition) != key) continue;
    wish.definition = known.spec;
    worker->look();
  }
}

const Roster::Deployment* Roster::join(const Task& task) {
  const std::string set = task_set_of(task);
  if (set.empty()) return nullptr;
  Deployment& deployment = deployments_[set];
  deployment.tasks.insert(task.metadata.uid);
  return &deployment;
}

void Roster::put_task_set(const TaskSet& set) {
  Deployment& deployment = deployments_[set.metadata.uid];
  deployment.images = set.status.container_images;
  const auto tasks = deployment.tasks;  // a look may end a worker
  for (const std::string& uid : tasks) {
    const auto found = workers_.find(uid);
    if (found == workers_.end() || found->second->desired().images == set.status.container_images) continue;
    const std::shared_ptr<Worker> worker = found->second;
    worker->wish().images = set.status.container_images;
    changed(*worker);
    worker->look();
  }
}

void Roster::remove(const protocol::Remove& frame) {
  if (frame.kind == "Task") {
    const auto found = workers_.find(frame.uid);
    if (found != workers_.end()) end_task(*found->second);
  } else if (frame.kind == "TaskDefinitionRevision") {
    const auto found = revisions_.find(revision_key(frame.ns, frame.name));
    if (found == revisions_.end() || (!frame.uid.empty() && found->second.uid != frame.uid)) return;
    checkpoint_.remove_revision(found->second.uid);
    revisions_.erase(found);
  } else if (frame.kind == kind_of<Secret>().kind) {
    config_.remove(ConfigKind::secret, frame.ns, frame.name);
  } else if (frame.kind == kind_of<ConfigMap>().kind) {
    config_.remove(ConfigKind::config_map, frame.ns, frame.name);
  }
}

void Roster::end_task(Worker& worker) {
  worker.deleted = true;
  task::DesiredTask& wish = worker.wish();
  wish.remains = task::Remains::remove;
  if (wish.spec.desired_status == DesiredStatus::running) {
    wish.spec.desired_status = DesiredStatus::stopped;
    wish.spec.stop_code = StopCode::user_initiated;
    wish.spec.stopped_reason = "Task deleted";
  }
  worker.look();
}

void Roster::end_sync() {
  synced_ = true;
  const auto all = workers_;
  for (const auto& [uid, worker] : all) {
    if (worker->mentioned || worker->ghost) continue;
    log::info("a task is no longer known to the server", {{"task", uid}});
    end_task(*worker);
  }
  std::erase_if(revisions_, [&](const auto& entry) {
    const Revision& revision = entry.second;
    const bool used = std::ranges::any_of(
        workers_, [&](const auto& each) { return each.second->desired().definition == revision.spec; });
    if (revision.mentioned || used) return false;
    checkpoint_.remove_revision(revision.uid);
    return true;
  });
  std::erase_if(deployments_, [](const auto& entry) { return entry.second.tasks.empty(); });
  ghosts_from_strays();
  remove_lost_volumes();
  config_.end_sync();
  remove_config_files();
}

// Those that a task left behind whose end this agent did not see.
void Roster::remove_lost_volumes() {
  drivers::Volumes* volumes = context_.driver.volumes();
  if (volumes == nullptr) return;
  volumes->list_volumes(own_labels(context_.identity),
                        life_.guard([this, volumes](const Result<std::vector<std::string>>& names) {
                          if (!names.ok()) return;  // the next time
                          for (const std::string& name : *names) {
                            if (workers_.contains(task_uid_of(name))) continue;
                            volumes->remove_volume(name, [name](const Status& status) {
                              if (status.ok()) log::info("a volume that no task has is removed", {{"volume", name}});
                            });
                          }
                        }));
}

// Of tasks that ended while no agent was there to see it.
void Roster::remove_config_files() const {
  if (context_.config_files == nullptr) return;
  std::set<std::string> living;
  for (const auto& [uid, worker] : workers_) {
    if (!worker->stopped()) living.insert(uid);
  }
  context_.config_files->remove_others(living);
}

// ---- the engine's words

void Roster::listed(std::uint64_t order, std::vector<drivers::ContainerState> containers) {
  strays_.clear();
  strays_order_ = order;
  for (drivers::ContainerState& container : containers) {
    strays_[label_of(container, task::label::task_uid)].push_back(std::move(container));
  }
  const auto all = workers_;
  for (const auto& [uid, worker] : all) {
    if (!worker->former) {
      const auto found = strays_.extract(uid);
      worker->listed(order, found.empty() ? std::vector<drivers::ContainerState>() : found.mapped());
    }
    worker->look();
  }
  ghosts_from_strays();
}

bool Roster::container_event(const std::string& host_name) {
  const auto found = workers_.find(task_uid_of(host_name));
  if (found == workers_.end()) return false;
  found->second->container_event(host_name);
  return true;
}

void Roster::look_at_all() {
  const auto all = workers_;
  for (const auto& [uid, worker] : all) worker->look();
}

// Only the server knows which tasks there are; before it has named them all, nobody is a ghost.
void Roster::ghosts_from_strays() {
  if (!synced_) return;
  const auto strays = std::exchange(strays_, {});
  for (const auto& [uid, containers] : strays) add_ghost(uid, strays_order_, containers, false);
}

void Roster::add_ghost(const std::string& uid, std::uint64_t order,
                       const std::vector<drivers::ContainerState>& containers, bool former) {
  log::warning("containers of a task that the server does not know are stopped and removed",
               {{"task", uid}, {"containers", containers.size()}});
  task::DesiredTask desired;
  desired.uid = uid;
  desired.ns = label_of(containers.front(), task::label::ns);
  desired.name = label_of(containers.front(), task::label::task);
  desired.remains = task::Remains::remove;
  const auto worker = std::make_shared<Worker>(context_, std::move(desired), task::TaskMemory{});
  worker->ghost = true;
  worker->former = former;
  workers_[uid] = worker;
  worker->listed(order, containers);
  worker->look();
}

void Roster::end_former(std::uint64_t order, const std::vector<drivers::ContainerState>& containers) {
  std::map<std::string, std::vector<drivers::ContainerState>> tasks;
  for (const drivers::ContainerState& container : containers) {
    tasks[label_of(container, task::label::task_uid)].push_back(container);
  }
  for (const auto& [uid, of_task] : tasks) {
    const auto known = workers_.find(uid);
    if (known == workers_.end()) {
      add_ghost(uid, order, of_task, true);
    } else if (const std::shared_ptr<Worker> worker = known->second; worker->former) {
      worker->listed(order, of_task);
      worker->look();
    }
  }
}

std::set<std::string> Roster::gpus() const {
  std::set<std::string> out;
  for (const auto& [uid, worker] : workers_) {
    if (!worker->stopped()) out.merge(worker->gpus());
  }
  return out;
}

// ---- what is left of stopped tasks

void Roster::changed(Worker& worker) {
  if (worker.ghost || worker.known_stopped) return;
  const task::DesiredTask& desired = worker.desired();
  checkpoint_.save(SavedTask{desired.ns, desired.name, desired.uid, desired.spec, worker.memory(), desired.images});
}

void Roster::gone(Worker& worker) {
  checkpoint_.remove_task(worker.desired().uid);
  if (worker.deleted || worker.ghost) forget(worker.desired().uid);
}

// Not at once: the worker, or a loop over all of them, is still at work.
void Roster::forget(const std::string& uid) {
  context_.loop.post(life_.guard([this, uid] {
    const auto found = workers_.find(uid);
    if (found == workers_.end() || !(found->second->deleted || found->second->ghost)) return;
    if (const auto deployment = deployments_.find(found->second->task_set); deployment != deployments_.end()) {
      deployment->second.tasks.erase(uid);
      if (deployment->second.tasks.empty()) deployments_.erase(deployment);
    }
    workers_.erase(found);
  }));
}

void Roster::acknowledged(Worker& worker) {
  if (!worker.stopped() || worker.deleted || worker.wish().remains == task::Remains::remove) return;
  const std::string& uid = worker.desired().uid;
  if (!worker.has_remains()) {
    worker.known_stopped = true;
    return checkpoint_.remove_task(uid);
  }
  const bool waits = std::ranges::any_of(stopped_, [&](const auto& entry) { return entry.second == uid; });
  if (waits) return;
  stopped_.emplace(worker.status().stopped_at + options_.keep_stopped, uid);
  expire();
}

void Roster::expire() {
  const Time now = context_.loop.now();
  while (!stopped_.empty() && (stopped_.begin()->first <= now || stopped_.size() > options_.most_stopped)) {
    const std::string uid = stopped_.begin()->second;
    stopped_.erase(stopped_.begin());
    const auto found = workers_.find(uid);
    if (found == workers_.end()) continue;
    const std::shared_ptr<Worker> worker = found->second;
    worker->wish().remains = task::Remains::remove;
    worker->look();
  }
  set_alarm();
}

void Roster::set_alarm() {
  context_.loop.cancel(std::exchange(alarm_, 0));
  if (stopped_.empty()) return;
  const Duration wait = stopped_.begin()->first - context_.loop.now();
  alarm_ = context_.loop.after(wait, life_.guard([this] {
    alarm_ = 0;
    expire();
  }));
}

// ---- for others

std::vector<std::shared_ptr<Worker>> Roster::reportable() const {
  std::vector<std::shared_ptr<Worker>> out;
  for (const auto& [uid, worker] : workers_) {
    if (!worker->ghost && !worker->deleted) out.push_back(worker);
  }
  return out;
}

std::set<std::string> Roster::images() const {
  std::set<std::string> out;
  for (const auto& [uid, worker] : workers_) {
    if (worker->stopped()) continue;
    for (const task::ContainerMemory& each : worker->memory().containers) out.insert(each.image);
    for (const ContainerStatus& each : worker->status().containers) {
      out.insert(each.image);
      out.insert(each.image_id);
    }
    if (worker->desired().definition == nullptr) continue;
    for (const ContainerDefinition& each : worker->desired().definition->container_definitions) out.insert(each.image);
  }
  return out;
}

std::vector<Measured> Roster::running() const {
  std::vector<Measured> out;
  constexpr std::string_view service = "service:";
  for (const auto& worker : reportable()) {
    const task::DesiredTask& desired = worker->desired();
    const std::string& group = desired.spec.group;
    for (const ContainerStatus& each : worker->status().containers) {
      if (each.last_status != ContainerLastStatus::running) continue;
      Measured one{desired.uid, each.name, worker->host_name(each.name)};
      one.ns = desired.ns;
      one.task = desired.name;
      if (group.starts_with(service)) one.service = group.substr(service.size());
      one.image = each.image;
      one.id = each.runtime_id;
      one.started_at = each.started_at;
      one.restarts = each.restart_count;
      out.push_back(std::move(one));
    }
  }
  return out;
}

const Worker* Roster::find(const std::string& uid) const {
  const auto found = workers_.find(uid);
  return found == workers_.end() ? nullptr : found->second.get();
}

std::size_t Roster::count(LastStatus status) const {
  return static_cast<std::size_t>(std::ranges::count_if(workers_, [&](const auto& entry) {
    return !entry.second->ghost && entry.second->status().last_status == status;
  }));
}

}  // namespace muster::agent
