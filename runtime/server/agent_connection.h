// One connection of an agent, as the hub sees it. For the hub's own files only.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "api/types/cluster.h"
#include "runtime/server/agents.h"

namespace muster::server {

struct AgentHub::Connection {
  std::string name;
  std::shared_ptr<http::WebSocket> socket;
  std::string session, cluster;
  // The instance that the store has as connected through this connection, or the one that it has replaced: the uid
  // (empty: none), and when that began.
  std::string uid;
  Time since{};
  // The join by which the agent was let in: the connection lasts as long as that holds. Empty: not by a certificate of
  // its own.
  std::string enrolment;
  Time valid_until{};
  bool welcomed = false;  // gets its desired state
  bool ended = false;
  bool synced = false;
  Duration last_heard{};
  Time last_heard_at{};
  Time away_until{};
  Loop::Timer hello_timer = 0;
  std::set<std::string, std::less<>> revisions;  // "namespace/web:3" that were sent on this connection
  std::set<std::string, std::less<>> task_sets;  // uids of those whose tasks were sent on this connection
  std::optional<bool> engine_down;
  // How many events the agent may tell now, and since when.
  double events_left = 0;
  Duration events_at{};
  // Reports in the order in which they came, until they are stored: a later one must not be overtaken by an earlier one
  // that had to be tried again.
  std::deque<protocol::Report> reports;
  std::size_t taken = 0;  // tasks of the first report that are stored
  bool storing = false;
};

// The message of one frame.
inline std::shared_ptr<const std::string> frame(const protocol::Down& down) {
  return std::make_shared<const std::string>(protocol::encode(down));
}

// An agent keeps its session over all of its connections; when one began tells them apart. As precise as what is
// stored.
inline bool is_through(const AgentConnection& agent, const std::string& session, Time since) {
  using std::chrono::milliseconds;
  return agent.connected && agent.session == session &&
         std::chrono::floor<milliseconds>(agent.since) == std::chrono::floor<milliseconds>(since);
}

}  // namespace muster::server
