#include "runtime/server/agents.h"

#include <algorithm>
#include <set>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/types/cluster.h"
#include "api/types/service.h"
#include "runtime/base/log.h"
#include "runtime/server/agent_connection.h"
#include "runtime/server/enrolment.h"

namespace muster::server {
namespace {

constexpr Duration hello_timeout = std::chrono::seconds(5);
constexpr Duration longest_hold = std::chrono::hours(24);
constexpr std::int64_t beats_a_second = 5'000;
constexpr int most_binds = 20;

// Whether the agent may be the one whose tasks the instance has: by its data, or because there has been no other.
bool may_be_holder(const ContainerInstance& instance, const protocol::Hello& hello) {
  const std::string& session = instance.status.agent.session;
  return hello.instance_uid == instance.metadata.uid || session.empty() || session == hello.session;
}

}  // namespace

AgentHub::AgentHub(store::Objects& objects, Loop& loop, AgentHubOptions options)
    : objects_(objects), loop_(loop), options_(std::move(options)), state_(objects.state()) {
  sweep();
}

AgentHub::~AgentHub() {
  *alive_ = false;
  loop_.cancel(sweep_timer_);
}

Duration AgentHub::beat_interval() const {
  const Duration spread = std::chrono::seconds(1) * static_cast<std::int64_t>(active_.size()) / beats_a_second;
  return std::max(options_.beat_interval, spread);
}

void AgentHub::start(std::function<void(Status)> done) {
  start_after({}, std::move(done));
}

void AgentHub::start_after(const std::string& name, std::function<void(Status)> done) {
  std::string last;
  store::Batch batch;
  batch.writer = "server/agents";
  const Time now = loop_.now();
  objects_.state().each_after(kind_of<ContainerInstance>(), {}, {}, name, [&](const ObjectPtr& object) {
    const auto& instance = static_cast<const ContainerInstance&>(*object);
    const AgentConnection& agent = instance.status.agent;
    // An instance that was silent already begins its liveness period anew too: this server has not listened before.
    if (instance.status.connection == muster::Connection::lost && !agent.connected) return true;
    auto changed = std::make_shared<ContainerInstance>(instance);
    changed->status.agent.connected = false;
    changed->status.agent.synced = false;
    changed->status.agent.since = now;
    changed->status.agent.last_heard = now;
    batch.writes.push_back(update_status(std::move(changed)));
    last = instance.metadata.name;
    return batch.writes.size() < limits::batch_objects;
  });
  if (batch.writes.empty()) return done({});
  const bool more = batch.writes.size() >= limits::batch_objects;
  objects_.commit(std::move(batch),
                  [this, done = std::move(done), more, last, alive = alive_](Result<store::Committed> result) {
                    Status status = result.ok() ? Status() : Status(std::move(result).error());
                    loop_.post([this, done, more, last, status, alive] {
                      if (!*alive) return;
                      if (status.ok() && more) return start_after(last, done);
                      done(status);
                    });
                  });
}

void AgentHub::attach(std::shared_ptr<http::WebSocket> socket, std::string name, std::string enrolment) {
  auto connection = std::make_shared<Connection>();
  connection->name = std::move(name);
  connection->enrolment = std::move(enrolment);
  connection->socket = std::move(socket);
  connection->last_heard = loop_.monotonic();
  connection->last_heard_at = loop_.now();
  connection->socket->on_message(
      [this, weak = std::weak_ptr<Connection>(connection), alive = alive_](const std::string& message, http::Frame) {
        if (const auto self = weak.lock(); self != nullptr && *alive) receive(self, message);
      });
  // The callback keeps the connection: it lives as long as its socket.
  connection->socket->on_close([this, connection, alive = alive_](const std::string& reason) {
    if (*alive) closed(connection, reason);
  });
  connection->hello_timer =
      loop_.after(hello_timeout, [this, weak = std::weak_ptr<Connection>(connection), alive = alive_] {
        if (const auto self = weak.lock(); self != nullptr && *alive && self->session.empty())
          refuse(self, "no hello came");
      });
}

void AgentHub::refuse(const ConnectionPtr& connection, const std::string& reason) {
  if (connection->ended) return;
  connection->ended = true;
  release(connection);
  log::warning("agent refused", {{"instance", connection->name}, {"reason", reason}});
  connection->socket->send(frame(protocol::Refuse{reason}), http::Frame::text);
  connection->socket->close(reason);
}

void AgentHub::receive(const ConnectionPtr& connection, const std::string& message) {
  if (connection->ended) return;
  connection->last_heard = loop_.monotonic();
  connection->last_heard_at = loop_.now();
  if (!challengers_.empty()) defend(connection);
  auto frames = protocol::decode_up(message);
  if (!frames.ok()) return refuse(connection, frames.error().message);
  for (protocol::Up& up : *frames) {
    if (connection->ended) return;
    if (auto* greeting = std::get_if<protocol::Hello>(&up)) {
      hello(connection, *greeting);
    } else if (connection->session.empty()) {
      refuse(connection, "the first frame must be a hello");
    } else if (std::holds_alternative<protocol::Beat>(up)) {
      ++beats_;
    } else if (auto* reported = std::get_if<protocol::Report>(&up)) {
      report(connection, std::move(*reported));
    } else if (const auto* event = std::get_if<protocol::TaskEvent>(&up)) {
      tell(connection, *event);
    } else if (const auto* absence = std::get_if<protocol::Away>(&up)) {
      away(connection, *absence);
    } else if (auto* usage = std::get_if<InstanceUsage>(&up)) {
      const auto holder = active_.find(connection->name);
      if (holder != active_.end() && holder->second == connection)
        usages_.take(connection->name, loop_.now(), std::move(*usage));
    }
  }
}

void AgentHub::hello(const ConnectionPtr& connection, const protocol::Hello& hello) {
  if (!connection->session.empty()) return refuse(connection, "a second hello");
  if (hello.name != connection->name)
    return refuse(connection, str("the path names instance ", connection->name, ", the hello ", hello.name));
  if (hello.session.empty()) return refuse(connection, "the hello has no session");
  loop_.cancel(std::exchange(connection->hello_timer, 0));
  const auto holder = active_.find(connection->name);
  if (holder != active_.end()) {
    // Perhaps the same host, back from a crash before its old connection was seen to end: that shows soon.
    if (holder->second->session != hello.session) return challenge(connection, hello);
    // The same agent came back before its old connection was seen to end.
    const ConnectionPtr old = holder->second;
    old->ended = true;
    active_.erase(holder);
    connection->uid = old->uid;
    connection->since = old->since;
    old->socket->close("replaced by a newer connection of the same agent");
  }
  const State state = objects_.state();
  if (!check_enrolment(connection, state)) return;
  const auto stored = state.get<ContainerInstance>({}, connection->name);
  // The holder's host may be cut off and still run the tasks, which would be started here a second time.
  if (stored != nullptr && stored->status.connection != muster::Connection::lost && !may_be_holder(*stored, hello)) {
    return refuse(connection,
                  str("instance ", connection->name,
                      " belongs to an agent with other data, which may still run its tasks; give this agent "
                      "another --name, or wait until the instance is Lost, or delete it"));
  }
  connection->session = hello.session;
  connection->cluster = hello.cluster.empty() ? "default" : hello.cluster;
  active_[connection->name] = connection;

  if (stored != nullptr && stored->spec.cluster != connection->cluster) {
    return refuse(connection, str("instance ", connection->name, " belongs to cluster ", stored->spec.cluster, ", not ",
                                  connection->cluster));
  }
  auto instance = stored != nullptr ? std::make_shared<ContainerInstance>(*stored)
                                    : std::make_shared<ContainerInstance>(make<ContainerInstance>());
  store::Batch batch;
  batch.writer = "server/agents";
  if (stored == nullptr) {
    instance->metadata.name = connection->name;
    instance->spec.cluster = connection->cluster;
    batch.writes.push_back(create(std::make_shared<ContainerInstance>(*instance)));
    instance->status.registered_at = loop_.now();
    instance->status.connection = muster::Connection::returning;
  }
  ContainerInstanceStatus& status = instance->status;
  status.agent = AgentConnection{};
  status.agent.connected = true;
  status.agent.session = hello.session;
  status.agent.since = status.agent.last_heard = loop_.now();
  status.address = hello.address;
  status.registered_resources = hello.resources;
  if (status.remaining_resources.empty()) status.remaining_resources = hello.resources;
  status.version_info = hello.version_info;
  status.attributes = hello.attributes;
  for (const Attribute& attribute : instance->spec.attributes) {
    const auto same = [&](const Attribute& other) { return other.name == attribute.name; };
    const auto found = std::find_if(status.attributes.begin(), status.attributes.end(), same);
    if (found == status.attributes.end()) {
      status.attributes.push_back(attribute);
    } else {
      *found = attribute;
    }
  }
  batch.writes.push_back(update_status(instance));
  const Time since = status.agent.since;
  objects_.commit(std::move(batch), [this, connection, hello, since, alive = alive_](Result<store::Committed> result) {
    auto shared = std::make_shared<Result<store::Committed>>(std::move(result));
    loop_.post([this, connection, hello, since, shared, alive] {
      if (!*alive) return;
      if (shared->ok()) {
        connection->uid = (*shared)->results.back().object->metadata.uid;
        connection->since = since;
        if (connection->ended) return write_absence(*connection);  // it ended while this was written
        log::info("agent connected", {{"instance", connection->name}, {"engine", hello.version_info.docker_version}});
        return bind_enrolment(connection, [this, connection] { welcome(connection, objects_.state()); });
      }
      if (connection->ended) return;
      if (!retryable(shared->error().code) && shared->error().code != Code::already_exists &&
          shared->error().code != Code::not_found) {
        return refuse(connection, shared->error().text());
      }
      // Somebody else wrote the instance at the same time: greet again.
      active_.erase(connection->name);
      connection->session.clear();
      AgentHub::hello(connection, hello);
    });
  });
}

void AgentHub::welcome(const ConnectionPtr& connection, const State& state) {
  protocol::Welcome words;
  words.instance_uid = connection->uid;
  const auto cluster = state.find(*find_kind("clusters"), {}, connection->cluster);
  words.cluster_uid = cluster == nullptr ? options_.cluster_uid : cluster->metadata.uid;
  words.beat_interval = beat_interval();
  connection->socket->send(frame(words), http::Frame::text);
  config_users_.forget(connection->name);
  // From here on observe() keeps this agent up to date: what is sent now must be exactly the hub's own state.
  connection->welcomed = true;
  if (const ObjectPtr instance = state_.find(kind_of<ContainerInstance>(), {}, connection->name)) {
    connection->socket->send(std::make_shared<const std::string>(protocol::encode_put(encode_object(*instance))),
                             http::Frame::text);
  }
  // Stopped ones too: the agent keeps their containers for a while, for their logs.
  state_.each(Index::instance, connection->name, [&](const ObjectPtr& object) {
    send_task(connection, state_, object, nullptr);
    return true;
  });
  connection->socket->send(frame(protocol::Synced{}), http::Frame::text);
}

void AgentHub::send_task(const ConnectionPtr& connection, const State& state, const ObjectPtr& task,
                         const std::string* json) {
  const Task& wanted = static_cast<const Task&>(*task);
  const std::string& definition = wanted.spec.task_definition;
  const auto revision = state.get<TaskDefinitionRevision>(task->metadata.ns, definition);
  if (connection->revisions.insert(str(task->metadata.ns, "/", definition)).second && revision != nullptr) {
    connection->socket->send(std::make_shared<const std::string>(protocol::encode_put(encode_object(*revision))),
                             http::Frame::text);
  }
  if (revision != nullptr) send_config(connection, state, wanted, revision->spec);
  send_task_set(connection, state, wanted);
  connection->socket->send(
      std::make_shared<const std::string>(protocol::encode_put(json != nullptr ? *json : encode_object(*task))),
      http::Frame::text);
}

void AgentHub::observe(const store::CommitPtr& commit) {
  state_ = commit->state;
  for (std::size_t i = 0; i < commit->changes.size(); ++i) {
    const Change& change = commit->changes[i];
    if (const auto* task = as<Task>(&change.object())) {
      const auto found = active_.find(task->spec.container_instance);
      if (found == active_.end() || !found->second->welcomed) continue;
      const auto* before = as<Task>(change.before.get());
      const auto* after = as<Task>(change.after.get());
      if (after == nullptr) {
        protocol::Remove remove{"Task", task->metadata.ns, task->metadata.name, task->metadata.uid};
        found->second->socket->send(frame(remove), http::Frame::text);
        end_config(found->second, *task);
      } else if (is_stopped(*after)) {
        end_config(found->second, *after);
      } else if (before == nullptr || before->metadata.generation != after->metadata.generation) {
        // Status changes are the agent's own words; it need not hear them again.
        send_task(found->second, commit->state, change.after, commit->json[i].get());
      }
    } else if (as<ConfigMap>(&change.object()) != nullptr) {
      config_changed(change);
    } else if (change.object().kind == &kind_of<TaskSet>()) {
      task_set_changed(change);
    } else if (const auto* secret = as<Secret>(&change.object())) {
      config_changed(change);
      if (!is_enrolment(*secret)) continue;
      const auto enrolment = read_enrolment(*secret);
      const auto found = enrolment.ok() ? active_.find(enrolment->instance) : active_.end();
      if (found != active_.end()) check_enrolment(ConnectionPtr(found->second), objects_.state());
    } else if (const auto* instance = as<ContainerInstance>(&change.object())) {
      const auto found = active_.find(instance->metadata.name);
      if (found == active_.end()) continue;
      const ConnectionPtr connection = found->second;
      if (change.after == nullptr) {
        if (connection->uid == instance->metadata.uid) {
          refuse(connection, str("container instance ", connection->name, " has been deleted"));
        }
      } else if (connection->welcomed) {
        const auto* before = as<ContainerInstance>(change.before.get());
        if (before == nullptr || !(before->spec == instance->spec)) {
          connection->socket->send(std::make_shared<const std::string>(protocol::encode_put(*commit->json[i])),
                                   http::Frame::text);
        }
      }
    }
  }
}

void AgentHub::resync() {
  state_ = objects_.state();
  cut_all("the server begins again");
}

void AgentHub::cut_all(std::string_view reason) {
  const auto all = active_;
  for (const auto& [name, connection] : all) {
    connection->socket->close(reason);
    closed(connection, std::string(reason));
  }
}

void AgentHub::away(const ConnectionPtr& connection, const protocol::Away& away) {
  connection->away_until = loop_.now() + std::clamp<Duration>(away.hold, Duration::zero(), longest_hold);
}

void AgentHub::closed(const ConnectionPtr& connection, const std::string& reason) {
  loop_.cancel(connection->hello_timer);
  connection->ended = true;
  if (release(connection)) log::info("agent disconnected", {{"instance", connection->name}, {"reason", reason}});
}

bool AgentHub::release(const ConnectionPtr& connection) {
  const auto challenger = challengers_.find(connection->name);
  if (challenger != challengers_.end() && challenger->second.connection == connection) challengers_.erase(challenger);
  const auto found = active_.find(connection->name);
  if (found == active_.end() || found->second != connection) return false;
  active_.erase(found);
  usages_.drop(connection->name);
  config_users_.forget(connection->name);
  write_absence(*connection);
  return true;
}

void AgentHub::write_absence(const Connection& connection) {
  if (connection.uid.empty()) return;
  // A closed connection counts from its end, a silent one from the last frame heard.
  const bool silent = loop_.monotonic() - connection.last_heard >= options_.silence;
  const Time heard = silent ? connection.last_heard_at : loop_.now();
  modify(
      connection.name, connection.uid,
      [session = connection.session, since = connection.since, heard, now = loop_.now(),
       away = connection.away_until](ContainerInstance& instance) {
        AgentConnection& agent = instance.status.agent;
        if (!is_through(agent, session, since)) return false;
        agent.connected = false;
        agent.synced = false;
        agent.since = now;
        agent.last_heard = heard;
        agent.away_until = away;
        return true;
      },
      nullptr);
}

void AgentHub::challenge(const ConnectionPtr& connection, const protocol::Hello& hello) {
  const bool first = challengers_.try_emplace(connection->name, Challenger{connection, hello}).second;
  if (!first) refuse_held(connection);
}

void AgentHub::defend(const ConnectionPtr& holder) {
  const auto challenger = challengers_.find(holder->name);
  if (challenger == challengers_.end()) return;
  const auto active = active_.find(holder->name);
  if (active != active_.end() && active->second == holder) refuse_held(ConnectionPtr(challenger->second.connection));
}

void AgentHub::refuse_held(const ConnectionPtr& connection) {
  refuse(connection, str("instance ", connection->name,
                         " is held by another agent that is connected now; give this agent another --name"));
}

void AgentHub::admit_challengers() {
  std::vector<Challenger> free;
  for (const auto& [name, challenger] : challengers_) {
    if (!active_.contains(name)) free.push_back(challenger);
  }
  for (const Challenger& each : free) {
    challengers_.erase(each.connection->name);
    hello(each.connection, each.hello);
  }
}

bool AgentHub::check_enrolment(const ConnectionPtr& connection, const State& state) {
  if (connection->enrolment.empty()) return true;
  const auto enrolment = find_enrolment(state, connection->name, connection->enrolment);
  if (!enrolment.ok()) {
    refuse(connection, enrolment.error().message);
    return false;
  }
  connection->valid_until = enrolment->until;
  if (loop_.now() < enrolment->until) return true;
  refuse(connection, str("the certificate of container instance ", connection->name, " expired at ",
                         format_time(enrolment->until), " and has not been renewed"));
  return false;
}

void AgentHub::bind_enrolment(const ConnectionPtr& connection, std::function<void()> done, int attempt) {
  if (connection->enrolment.empty()) return done();
  auto enrolment = find_enrolment(objects_.state(), connection->name, connection->enrolment);
  if (!enrolment.ok()) return refuse(connection, enrolment.error().message);
  if (enrolment->instance_uid == connection->uid) return done();
  enrolment->instance_uid = connection->uid;
  store::Batch batch;
  batch.writer = "server/agents";
  batch.writes.push_back(update(std::make_shared<Secret>(secret_of(*enrolment))));
  objects_.commit(std::move(batch), [this, connection, done = std::move(done), attempt,
                                     alive = alive_](const Result<store::Committed>& result) {
    loop_.post([this, connection, done, attempt, alive, ok = result.ok()] {
      if (!*alive || connection->ended) return;
      if (ok) return done();
      if (attempt >= most_binds) return refuse(connection, "the agent's enrolment cannot be written");
      bind_enrolment(connection, done, attempt + 1);  // its certificate was renewed at the same time
    });
  });
}

void AgentHub::sweep() {
  const Duration now = loop_.monotonic();
  const Duration silence = patience_.tolerated(now, std::max(options_.silence, beat_interval() * 5 / 2));
  const Time today = loop_.now();
  std::vector<ConnectionPtr> silent, expired;
  for (const auto& [name, connection] : active_) {
    if (now - connection->last_heard > silence) silent.push_back(connection);
    if (!connection->enrolment.empty() && today >= connection->valid_until) expired.push_back(connection);
  }
  for (const ConnectionPtr& connection : expired) check_enrolment(connection, objects_.state());
  for (const ConnectionPtr& connection : silent) {
    connection->socket->close("no beat was heard");
    closed(connection, "no beat was heard");
  }
  admit_challengers();
  const Duration wait = options_.beat_interval / 2;
  patience_.expect(now + wait);
  sweep_timer_ = loop_.after(wait, [this] { sweep(); });
}

bool AgentHub::open(const std::string& instance, const protocol::Open& request) {
  const auto found = active_.find(instance);
  return found != active_.end() && found->second->welcomed &&
         found->second->socket->send(frame(request), http::Frame::text);
}

bool AgentHub::connected(const std::string& instance) const {
  const auto found = active_.find(instance);
  return found != active_.end() && found->second->welcomed;
}

}  // namespace muster::server
