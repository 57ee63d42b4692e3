// What agents tell of their tasks -> Events.
#include <algorithm>

#include "runtime/base/log.h"
#include "runtime/server/agent_connection.h"
#include "runtime/server/agents.h"
#include "runtime/store/events.h"

namespace muster::server {
namespace {

// Of one agent: no agent may fill the store.
constexpr double most_at_once = 100;
constexpr double events_a_second = 5;

}  // namespace

void AgentHub::tell(const ConnectionPtr& connection, const protocol::TaskEvent& event) {
  const Duration now = loop_.monotonic();
  const double seconds = connection->events_at == Duration{}
                             ? most_at_once
                             : std::chrono::duration<double>(now - connection->events_at).count();
  connection->events_at = now;
  connection->events_left = std::min(most_at_once, connection->events_left + seconds * events_a_second);
  if (connection->events_left < 1) return;
  connection->events_left -= 1;
  const State state = objects_.state();
  const auto task = state.get<Task>(event.ns, event.name);
  if (task == nullptr || task->metadata.uid != event.uid || task->spec.container_instance != connection->name) return;
  const store::Told told{*task, event.warning ? "Warning" : "Normal", event.reason, event.message};
  auto write = store::event_write(state, told, {"agent", connection->name}, loop_.now());
  if (!write) return;
  store::Batch batch;
  batch.writer = "agent/" + connection->name;
  batch.writes.push_back(std::move(*write));
  objects_.commit(std::move(batch), [name = connection->name](const Result<store::Committed>& result) {
    if (!result.ok()) log::debug("an agent's event was not stored", {{"instance", name}, {"error", result.error()}});
  });
}

}  // namespace muster::server
