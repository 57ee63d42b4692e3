// What agents say of their tasks and engines, written to the store.
#include <algorithm>
#include <map>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/server/agent_connection.h"
#include "runtime/server/agents.h"

namespace muster::server {
namespace {

constexpr std::size_t report_slice = 500;  // tasks in one transaction
constexpr std::size_t most_reports = 64;   // of one connection that wait; agents send 8 without an acknowledgement

Duration retry_delay(int attempt) {
  return std::min<Duration>(std::chrono::milliseconds(2) * (std::int64_t{1} << std::min(attempt, 10)),
                            std::chrono::seconds(1));
}

// What the agent says of the task, with what others write kept; null when it says nothing new. Names the task and has
// the status: a write of the status takes nothing else of an object.
std::shared_ptr<Task> merge_report(const Task& task, const TaskStatus& reported) {
  if (reported.last_status < task.status.last_status || is_stopped(task))
    return nullptr;  // late or repeated: ECS ignores backward moves
  auto changed = std::make_shared<Task>(make<Task>());
  changed->status = reported;
  changed->status.conditions = task.status.conditions;
  changed->status.created_at = task.status.created_at;
  if (changed->status == task.status) return nullptr;
  changed->metadata.ns = task.metadata.ns;
  changed->metadata.name = task.metadata.name;
  changed->metadata.uid = task.metadata.uid;
  changed->metadata.resource_version = task.metadata.resource_version;
  return changed;
}

}  // namespace

void AgentHub::report(const ConnectionPtr& connection, protocol::Report report) {
  if (connection->engine_down != report.engine_down) {
    connection->engine_down = report.engine_down;
    modify(
        connection->name, connection->uid,
        [connection, now = loop_.now()](ContainerInstance& instance) {
          if (connection->ended) return false;
          const bool down = *connection->engine_down;
          Condition condition{
              "EngineReady",
              down ? "False" : "True",
              instance.metadata.generation,
              {},
              down ? "EngineDown" : "EngineAnswers",
              down ? "the container engine does not answer; the agent is alive" : "the container engine answers"};
          if (const Condition* old = find_condition(instance.status.conditions, "EngineReady");
              old != nullptr && old->status == condition.status)
            return false;
          set_condition(instance.status.conditions, std::move(condition), now);
          return true;
        },
        nullptr);
  }
  connection->reports.push_back(std::move(report));
  if (connection->storing) {
    if (connection->reports.size() > most_reports) refuse(connection, "reports come faster than they are acknowledged");
    return;
  }
  store_reports(connection, 0);
}

void AgentHub::store_reports(const ConnectionPtr& connection, int attempt) {
  const State state = objects_.state();
  std::map<std::pair<std::string_view, std::string_view>, std::shared_ptr<Task>> changed;  // by namespace and name
  std::size_t whole = 0, taken = connection->taken;
  for (; whole < connection->reports.size(); ++whole, taken = 0) {
    const std::vector<protocol::TaskReport>& tasks = connection->reports[whole].tasks;
    for (; taken < tasks.size() && changed.size() < report_slice; ++taken) {
      const protocol::TaskReport& reported = tasks[taken];
      std::shared_ptr<Task>& next = changed[{reported.ns, reported.name}];
      const auto stored = state.get<Task>(reported.ns, reported.name);
      // An agent may write its own tasks only.
      const bool own = stored != nullptr && stored->metadata.uid == reported.uid &&
                       stored->spec.container_instance == connection->name;
      if (!own) continue;
      if (auto merged = merge_report(next == nullptr ? *stored : *next, reported.status)) next = std::move(merged);
    }
    if (taken < tasks.size()) break;
  }
  store::Batch batch;
  batch.writer = "agent/" + connection->name;
  for (auto& [name, task] : changed) {
    if (task != nullptr) batch.writes.push_back(update_status(std::move(task)));
  }
  if (batch.writes.empty()) return reports_stored(connection, whole, taken);
  connection->storing = true;
  objects_.commit(std::move(batch), [this, connection, whole, taken, attempt,
                                     alive = alive_](const Result<store::Committed>& result) {
    const bool ok = result.ok();
    std::string text = ok ? std::string() : result.error().text();
    const bool stale = !ok && (result.error().code == Code::conflict || result.error().code == Code::not_found);
    loop_.post([this, connection, whole, taken, attempt, alive, ok, stale, text = std::move(text)] {
      if (!*alive || connection->ended) return;
      if (ok) return reports_stored(connection, whole, taken);
      if (!stale || attempt > 20)
        log::warning("an agent's report could not be stored yet", {{"instance", connection->name}, {"error", text}});
      loop_.after(retry_delay(attempt), [this, connection, attempt, alive] {
        if (*alive && !connection->ended) store_reports(connection, attempt + 1);
      });
    });
  });
}

void AgentHub::reports_stored(const ConnectionPtr& connection, std::size_t whole, std::size_t taken) {
  connection->storing = false;
  connection->taken = taken;
  if (whole > 0) {
    const auto end = connection->reports.begin() + static_cast<std::ptrdiff_t>(whole);
    const bool full =
        std::any_of(connection->reports.begin(), end, [](const protocol::Report& each) { return each.full; });
    connection->socket->send(frame(protocol::Ack{std::prev(end)->sequence}), http::Frame::text);
    connection->reports.erase(connection->reports.begin(), end);
    if (full && !std::exchange(connection->synced, true)) write_synced(*connection);
  }
  if (!connection->reports.empty()) store_reports(connection, 0);
}

void AgentHub::write_synced(const Connection& connection) {
  modify(
      connection.name, connection.uid,
      [session = connection.session, since = connection.since](ContainerInstance& instance) {
        if (!is_through(instance.status.agent, session, since) || instance.status.agent.synced) return false;
        instance.status.agent.synced = true;
        return true;
      },
      nullptr);
}

void AgentHub::modify(const std::string& name, const std::string& uid,
                      const std::function<bool(ContainerInstance&)>& change, const std::function<void()>& done,
                      int attempt) {
  const auto stored = objects_.state().get<ContainerInstance>({}, name);
  if (stored == nullptr || stored->metadata.uid != uid) return;
  auto changed = std::make_shared<ContainerInstance>(*stored);
  if (!change(*changed)) {
    if (done) done();
    return;
  }
  store::Batch batch;
  batch.writer = "server/agents";
  batch.writes.push_back(update_status(std::move(changed)));
  objects_.commit(std::move(batch),
                  [this, name, uid, change, done, attempt, alive = alive_](const Result<store::Committed>& result) {
                    const bool ok = result.ok();
                    loop_.post([this, name, uid, change, done, attempt, alive, ok] {
                      if (!*alive) return;
                      if (ok) {
                        if (done) done();
                        return;
                      }
                      loop_.after(retry_delay(attempt), [this, name, uid, change, done, attempt, alive] {
                        if (*alive) modify(name, uid, change, done, attempt + 1);
                      });
                    });
                  });
}

}  // namespace muster::server
