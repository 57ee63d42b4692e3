#include "runtime/agent/agent.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "controllers/image/reference.h"
#include "runtime/agent/capacity.h"
#include "runtime/agent/checkpoint.h"
#include "runtime/agent/config_folder.h"
#include "runtime/agent/config_objects.h"
#include "runtime/agent/engine.h"
#include "runtime/agent/event_quota.h"
#include "runtime/agent/formers.h"
#include "runtime/agent/log_streams.h"
#include "runtime/agent/registry_credentials.h"
#include "runtime/agent/reporter.h"
#include "runtime/agent/roster.h"
#include "runtime/agent/session.h"
#include "runtime/agent/translate.h"
#include "runtime/agent/tunnels.h"
#include "runtime/base/life.h"
#include "runtime/base/log.h"
#include "runtime/http/message.h"

namespace muster::agent {
namespace {

constexpr Duration engine_patience = std::chrono::seconds(2);

std::string resource_path(const std::string& name) {
  return "/apis/muster.dev/v1beta1/containerinstances/" + http::percent_encode(name);
}

// Whose files from Secrets and ConfigMaps they are, as the name of a folder: agents may share a host.
std::string files_owner(const task::Identity& identity) {
  return hex(stable_hash(str(identity.cluster_uid, '/', identity.instance)), 16);
}

}  // namespace

struct Agent::State {
  State(AgentParts the_parts, AgentOptions the_options)
      : parts(std::move(the_parts)),
        options(std::move(the_options)),
        host(host_facts()),
        config_files(options.run_dir) {
    host.gpus = options.gpus;
  }

  Status start();
  ~State() { parts.loop.cancel(start_timer); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void connect();
  void learn(const drivers::Info& info);
  metadata::Source metadata_source();
  void ask_engine();
  void start_session();
  void set_identity(const task::Identity& next);
  protocol::Hello hello();
  void on_welcome(const protocol::Welcome& welcome);
  void on_frame(protocol::Down frame);
  void on_list(std::uint64_t order, std::vector<drivers::ContainerState> containers);
  void open_reports();
  void tell(const Worker& worker, const ImageNews& news);
  std::set<std::string> wanted_images() const;
  Result<drivers::RegistryAuth> registry_auth(const std::string& credentials, const std::string& registry) const;

  AgentParts parts;
  const AgentOptions options;
  HostFacts host;
  drivers::Info engine_info;
  std::string session_id;
  bool session_started = false, synced = false, ending = false, asking_engine = false;
  Loop::Timer start_timer = 0;

  ConfigObjects config;
  ConfigFolder config_files;

  // In the order in which they need each other; made by start().
  std::unique_ptr<Checkpoint> checkpoint;
  std::unique_ptr<ImageRecords> image_records;
  std::unique_ptr<Images> images;
  std::unique_ptr<Lanes> lanes;
  std::unique_ptr<WorkerContext> context;
  std::unique_ptr<Roster> roster;
  std::unique_ptr<Reporter> reporter;
  std::unique_ptr<Formers> formers;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Session> session;
  std::unique_ptr<LogStreams> log_streams;
  std::unique_ptr<Tunnels> tunnels;
  std::unique_ptr<UsageSampler> usage;
  std::unique_ptr<ImageCleaner> cleaner;
  EventQuota event_quota;
  Life life;
};

Status Agent::State::start() {
  TRY(checkpoint, Checkpoint::open(options.data_dir));
  Loop& loop = parts.loop;
  drivers::Driver& driver = *parts.driver;
  session_id = random_hex32(parts.random);
  image_records = std::make_unique<ImageRecords>(
      loop, [this](const std::vector<image::ImageRecord>& records) { checkpoint->save(records); });
  ImageOptions image_options = options.images;
  image_options.auth = [this](const std::string& credentials, const std::string& registry) {
    return registry_auth(credentials, registry);
  };
  images = std::make_unique<Images>(loop, parts.random, driver, *image_records, std::move(image_options));
  const auto cores = static_cast<std::size_t>(std::max<std::int64_t>(host.cpus, 1));
  lanes = std::make_unique<Lanes>(loop, options.parallel_starts == 0 ? cores : options.parallel_starts);

  context.reset(new WorkerContext{loop, driver, *images, *lanes, parts.ports.get(), {}, {}, {}, {}, {}, {}, {}, 0});
  context->config = &config;
  context->config_files = &config_files;
  context->gpus = options.gpus;
  context->gpus_in_use = [this] { return roster->gpus(); };
  context->cgroups = parts.cgroups.get();
  context->metadata = parts.metadata.get();
  context->may_act = [this] {
    // Where limits of tasks go depends on the engine.
    const bool known = parts.cgroups == nullptr || !engine_info.engine.empty();
    return !ending && known && engine->up() && engine->listed();
  };
  context->engine_failed = [this] { engine->failed(); };
  context->changed = [this](Worker& worker, bool status_changed) {
    roster->changed(worker);
    if (status_changed && !worker.ghost && !worker.deleted) reporter->mark(worker);
  };
  context->gone = [this](Worker& worker) { roster->gone(worker); };
  context->tell = [this](const Worker& worker, const ImageNews& news) { tell(worker, news); };

  roster = std::make_unique<Roster>(*context, *checkpoint, config,
                                    RosterOptions{options.keep_stopped, options.most_stopped});
  reporter = std::make_unique<Reporter>(
      loop, ReporterCallbacks{[this](std::string line) { return session->send(std::move(line)); },
                              [this] { return roster->reportable(); },
                              [this](Worker& worker) { roster->acknowledged(worker); }});
  formers = std::make_unique<Formers>(
      loop, driver,
      FormersCallbacks{[this] { return ++context->order; },
                       [this](std::uint64_t order, const std::vector<drivers::ContainerState>& containers) {
                         if (!ending) roster->end_former(order, containers);
                       },
                       [this](const std::vector<task::Identity>& identities) { checkpoint->save(identities); }});
  engine = std::make_unique<Engine>(
      loop, parts.random, driver,
      EngineCallbacks{[this] { return ++context->order; },
                      [this](std::uint64_t order, std::vector<drivers::ContainerState> containers) {
                        on_list(order, std::move(containers));
                      },
                      [this](const std::string& host_name) {
                        if (!roster->container_event(host_name)) engine->refresh();
                      },
                      [this] {
                        reporter->set_engine_down(!engine->up());
                        if (engine->up()) formers->look();
                        if (synced) open_reports();
                      }});
  session = std::make_unique<Session>(
      loop, parts.random, *parts.link, resource_path(options.name) + "/agent",
      SessionCallbacks{[this] { return hello(); }, [this](const protocol::Welcome& welcome) { on_welcome(welcome); },
                       [this](protocol::Down frame) { on_frame(std::move(frame)); },
                       [this] {
                         synced = false;
                         reporter->close();
                       },
                       [this] { reporter->ask(); }});
  const auto host_name = [this](const std::string& task_uid, const std::string& container) {
    const Worker* worker = roster->find(task_uid);
    return worker == nullptr ? std::string() : worker->host_name(container);
  };
  const std::string streams = resource_path(options.name) + "/streams/";
  log_streams = std::make_unique<LogStreams>(loop, *parts.link, driver, streams, host_name);
  tunnels = std::make_unique<Tunnels>(loop, *parts.link, driver, streams, host_name);

  usage = std::make_unique<UsageSampler>(
      loop, driver,
      UsageCallbacks{[this] { return roster->running(); }, parts.machine,
                     [this](InstanceUsage measured) {
                       if (synced) session->send(protocol::encode(protocol::Up(std::move(measured))));
                     }});

  cleaner = std::make_unique<ImageCleaner>(loop, parts.random, driver, *image_records, options.cleaner,
                                           CleanerCallbacks{[this] { return wanted_images(); },
                                                            [this]() -> std::optional<image::Disk> {
                                                              if (!parts.disk || engine_info.data_directory.empty())
                                                                return std::nullopt;
                                                              return parts.disk(engine_info.data_directory);
                                                            }});

  Saved saved = checkpoint->load();
  image_records->restore(std::move(saved.images));
  const task::Identity identity = saved.identity;
  formers->restore(saved.formers);
  roster->restore(std::move(saved));
  if (!identity.instance_uid.empty()) {
    context->identity = identity;
    config_files.set_owner(files_owner(identity));
    engine->watch(own_labels(identity));
  }
  if (parts.metadata != nullptr) parts.metadata->serve(metadata_source());
  cleaner->start();
  // Without a server too: for those who read metrics.
  if (options.measures) usage->start();
  connect();
  return {};
}

// Who is away hears nothing of it: what has become of the task is in its status.
void Agent::State::tell(const Worker& worker, const ImageNews& news) {
  if (worker.ghost || worker.deleted) return;
  if (news.warning) {
    log::warning(news.message, {{"task", str(worker.desired().ns, '/', worker.desired().name)}});
  }
  if (!synced || !event_quota.take(parts.loop.monotonic())) return;
  const task::DesiredTask& task = worker.desired();
  session->send(protocol::encode(
      protocol::Up(protocol::TaskEvent{task.ns, task.name, task.uid, news.warning, news.reason, news.message})));
}

std::set<std::string> Agent::State::wanted_images() const {
  std::set<std::string> wanted = roster->images();
  for (const std::string& image : images->wanted()) wanted.insert(image);
  // As the engine lists them.
  std::set<std::string> listed;
  for (const std::string& name : wanted) listed.insert(image::listed(name));
  wanted.merge(listed);
  return wanted;
}

// Of a Secret, "namespace/name", or this host's own.
Result<drivers::RegistryAuth> Agent::State::registry_auth(const std::string& credentials,
                                                          const std::string& registry) const {
  if (credentials.empty()) {
    return options.images.auth ? options.images.auth(credentials, registry) : drivers::RegistryAuth{};
  }
  const std::size_t slash = credentials.find('/');
  const std::string ns = credentials.substr(0, slash), name = credentials.substr(slash + 1);
  const std::string place = str("Secret \"", name, "\" in namespace \"", ns, '"');
  const task::ConfigContents* secret = config.find(ns, {ConfigKind::secret, name});
  if (secret == nullptr) return Error{Code::invalid, str(place, " does not exist"), {}};
  auto auth = auth_in_secret(*secret, registry);
  if (!auth.ok()) return std::move(auth).error().under(place);
  return auth;
}

// The first hello waits for what the engine has to say about its host, but not for an engine that is away or stuck.
void Agent::State::connect() {
  parts.driver->info(life.guard([this](const Result<drivers::Info>& info) {
    if (info.ok()) learn(*info);
    if (!info.ok()) log::warning("the container engine does not answer", {{"error", info.error()}});
    start_session();
  }));
  start_timer = parts.loop.after(engine_patience, life.guard([this] { start_session(); }));
}

metadata::Source Agent::State::metadata_source() {
  metadata::Source source;
  source.task = [this](const std::string& uid) -> std::optional<metadata::Seen> {
    const Worker* worker = roster->find(uid);
    if (worker == nullptr) return std::nullopt;
    return metadata::Seen{worker->desired(), worker->status(), context->identity, options.zone, worker->found()};
  };
  source.measured = [this](const std::string& host_name) -> std::optional<metadata::Measurement> {
    for (const ContainerSample& one : usage->last()) {
      if (one.container.host_name != host_name) continue;
      return metadata::Measurement{host_name, one.container.id, one.usage,
                                   metadata::moment_of(one.usage, one.measured_at, one.at), one.before};
    }
    return std::nullopt;
  };
  source.machine = [this] {
    const std::int64_t cpus = engine_info.cpus > 0 ? engine_info.cpus : host.cpus;
    return metadata::Machine{cpus, engine_info.memory_bytes > 0 ? engine_info.memory_bytes : host.memory_mib << 20};
  };
  return source;
}

void Agent::State::learn(const drivers::Info& info) {
  engine_info = info;
  if (parts.metadata != nullptr) parts.metadata->reach(info.bridges);
  if (parts.cgroups == nullptr) return;
  if (const Status status = parts.cgroups->prepare(info.cgroup_driver, info.cgroup_version); !status.ok()) {
    log::warning("tasks have no control group of their own; their containers are limited one by one",
                 {{"reason", status.error()}});
  }
  roster->look_at_all();
}

void Agent::State::start_session() {
  parts.loop.cancel(start_timer);
  if (!ending && !std::exchange(session_started, true)) session->start();
}

protocol::Hello Agent::State::hello() {
  protocol::Hello hello;
  hello.cluster = options.cluster;
  hello.name = options.name;
  hello.instance_uid = context->identity.instance_uid;
  hello.session = session_id;
  hello.version_info = VersionInfo{options.version, engine_info.engine};
  hello.resources = resources_of(host, engine_info);
  hello.attributes = attributes_of(host, engine_info, options.zone, options.attributes);
  hello.address = options.address;
  return hello;
}

void Agent::State::on_welcome(const protocol::Welcome& welcome) {
  log::info("connected", {{"containerInstance", options.name}, {"cluster", options.cluster}});
  set_identity(task::Identity{welcome.cluster_uid, welcome.instance_uid, options.cluster, options.name});
  roster->begin_sync();
}

void Agent::State::set_identity(const task::Identity& next) {
  const task::Identity before = std::exchange(context->identity, next);
  if (before == next) return;
  const bool same_cluster = before.cluster_uid == next.cluster_uid;
  const bool same = same_cluster && before.instance == next.instance;
  if (same && before.instance_uid != next.instance_uid) {
    log::warning("the server has made this container instance anew; its tasks go on as far as the server wants them");
  }
  if (!before.instance_uid.empty() && !same) {
    if (same_cluster) formers->add(before);  // on disk before the identity is not there any more
    roster->forget_all();
    if (same_cluster) {
      config_files.remove_owner(files_owner(before));
      log::warning("this agent had another name before; the tasks of that are ended", {{"name", before.instance}});
    } else {
      log::warning("the server belongs to another cluster; containers of the former one are left alone",
                   {{"cluster", before.cluster_uid}});
    }
  }
  config_files.set_owner(files_owner(next));
  formers->forget(next);
  checkpoint->save(next);
  if (!same) engine->watch(own_labels(next));
}

void Agent::State::on_frame(protocol::Down frame) {
  if (const auto* put = std::get_if<protocol::Put>(&frame)) {
    roster->put(*put);
  } else if (const auto* remove = std::get_if<protocol::Remove>(&frame)) {
    roster->remove(*remove);
  } else if (std::holds_alternative<protocol::Synced>(frame)) {
    roster->end_sync();
    synced = true;
    open_reports();
    usage->hurry();
  } else if (const auto* ack = std::get_if<protocol::Ack>(&frame)) {
    reporter->acknowledged(ack->sequence);
  } else if (const auto* open = std::get_if<protocol::Open>(&frame)) {
    if (open->kind == protocol::StreamKind::log) {
      log_streams->open(*open);
    } else {
      tunnels->open(*open);
    }
  }
}

void Agent::State::on_list(std::uint64_t order, std::vector<drivers::ContainerState> containers) {
  roster->listed(order, std::move(containers));
  if (synced) open_reports();
  if (engine_info.engine.empty()) {
    // It was away when the first hello was said; the server should know what the host has.
    ask_engine();
  }
}

void Agent::State::ask_engine() {
  if (std::exchange(asking_engine, true)) return;
  parts.driver->info(life.guard([this](const Result<drivers::Info>& info) {
    asking_engine = false;
    if (!engine_info.engine.empty()) return;
    if (info.ok() && !info->engine.empty()) {
      learn(*info);
      return session->reconnect("the container engine has come up");
    }
    // Nothing is decided before it is known; the next list may be minutes away.
    parts.loop.after(engine_patience, life.guard([this] {
      if (engine_info.engine.empty() && engine->up()) ask_engine();
    }));
  }));
}

void Agent::State::open_reports() {
  reporter->open(engine->listed());
}

Agent::Agent(AgentParts parts, AgentOptions options)
    : state_(std::make_unique<State>(std::move(parts), std::move(options))) {}

Agent::~Agent() = default;

Status Agent::start() {
  return state_->start();
}

void Agent::shutdown(Duration hold, std::function<void()> done) {
  if (state_->session == nullptr) return state_->parts.loop.post(std::move(done));
  state_->reporter->flush();
  state_->ending = true;
  state_->session->shut_down(protocol::encode(protocol::Up(protocol::Away{hold})), std::move(done));
}

ContainerSamples Agent::containers() const {
  if (state_->usage == nullptr) return {state_->options.cluster, {}};
  return {state_->options.cluster, state_->usage->last()};
}

AgentStats Agent::stats() const {
  const State& state = *state_;
  AgentStats stats;
  if (state.session == nullptr) return stats;
  stats.connected = state.session->welcomed();
  stats.synced = state.synced;
  stats.engine_up = state.engine->up();
  stats.tasks = state.roster->size();
  stats.pending = state.roster->count(LastStatus::pending);
  stats.running = state.roster->count(LastStatus::running);
  stats.stopping = state.roster->count(LastStatus::stopping);
  stats.stopped = state.roster->count(LastStatus::stopped);
  stats.connections = state.session->connections();
  stats.reports = state.reporter->reports();
  const WorkerCounts& counts = state.context->counts;
  stats.creations = counts.creations;
  stats.starts = counts.starts;
  stats.stops = counts.stops;
  stats.removals = counts.removals;
  stats.failures = counts.failures;
  stats.pulls = state.images->pulls();
  stats.images_removed = state.cleaner->removed();
  stats.unsaved = state.checkpoint->failures();
  stats.log_streams = state.log_streams->size();
  stats.tunnels = state.tunnels->size();
  return stats;
}

}  // namespace muster::agent
