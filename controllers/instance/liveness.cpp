#include "controllers/instance/liveness.h"

#include <algorithm>

#include "api/base/text.h"

namespace muster::instance {
namespace {

Time silent_since(const ContainerInstance& instance, Duration lost_after) {
  const auto& agent = instance.status.agent;
  // Never heard of: an instance that somebody made before its agent called.
  if (!is_set(agent.since)) return instance.metadata.creation_timestamp;
  const bool counts =
      is_set(agent.last_heard) && agent.last_heard <= agent.since && agent.since - agent.last_heard <= lost_after;
  return counts ? agent.last_heard : agent.since;
}

}  // namespace

Judgement judge(const ContainerInstance& instance, Duration lost_after, Time now) {
  const auto& agent = instance.status.agent;
  Judgement out;
  if (agent.connected) {
    out.connection = agent.synced ? Connection::connected : Connection::returning;
    out.since = agent.since;
    return out;
  }
  out.silent_since = silent_since(instance, lost_after);
  out.since = agent.since;
  if (is_set(agent.away_until) && now < agent.away_until) {
    out.connection = Connection::away;
    out.until = agent.away_until;
    return out;
  }
  // An absence that was announced and has run out is a loss at that moment.
  const Time deadline = std::max(out.silent_since + lost_after, agent.away_until);
  if (now < deadline) {
    out.connection = Connection::suspect;
    out.until = deadline;
    return out;
  }
  out.connection = Connection::lost;
  out.since = deadline;
  return out;
}

std::string_view connection_name(Connection connection) {
  switch (connection) {
    case Connection::lost: return "Lost";
    case Connection::connected: return "Connected";
    case Connection::suspect: return "Suspect";
    case Connection::away: return "Away";
    case Connection::returning: return "Returning";
  }
  return "Lost";
}

Condition ready_condition(const ContainerInstance& instance, const Judgement& judgement) {
  Condition out;
  out.type = "Ready";
  out.observed_generation = instance.metadata.generation;
  out.reason = std::string(connection_name(judgement.connection));
  switch (judgement.connection) {
    case Connection::connected:
      out.status = "True";
      out.message = "the agent is connected";
      break;
    case Connection::returning:
      out.status = "False";
      out.message = "waiting for the agent's first full report";
      break;
    case Connection::suspect:
      out.status = "Unknown";
      out.message = str("not connected since ", format_time(judgement.silent_since), ", lost at ",
                        format_time(judgement.until.value_or(judgement.silent_since)));
      break;
    case Connection::away:
      out.status = "Unknown";
      out.message = str("the agent is away until ", format_time(judgement.until.value_or(judgement.since)));
      break;
    case Connection::lost:
      out.status = "False";
      out.message = str("not connected since ", format_time(judgement.silent_since));
      break;
  }
  return out;
}

}  // namespace muster::instance
