// The server's end of the agents' WebSockets: registers instances, sends each agent its desired state, takes its
// reports, and notes when it was last heard. It decides nothing: the facts it writes (status.agent) are judged by the
// instance controller. All on the server's loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "api/protocol/frames.h"
#include "runtime/base/random.h"
#include "runtime/http/web_socket.h"
#include "runtime/server/config_users.h"
#include "runtime/server/patience.h"
#include "runtime/server/usages.h"
#include "runtime/store/objects.h"

namespace muster::server {

struct AgentHubOptions {
  Duration beat_interval =
      std::chrono::milliseconds(400);                 // stretched above 2,000 agents, to at most 5,000 beats a second
  Duration silence = std::chrono::milliseconds(950);  // beats missed for so long: the connection is cut
  std::string cluster_uid;                            // of the default cluster, when the agent's cluster has none
};

class AgentHub {
 public:
  // All must outlive the hub.
  AgentHub(store::Objects& objects, Loop& loop, AgentHubOptions options);
  ~AgentHub();
  AgentHub(const AgentHub&) = delete;
  AgentHub& operator=(const AgentHub&) = delete;

  // Says of every instance that was connected when the server stopped that it no longer is, as of now: so nobody is
  // called lost before a liveness period has passed. `done` when that is durable.
  void start(std::function<void(Status)> done);
  // Takes over a new connection to .../containerinstances/NAME/agent. `enrolment`: the id of the join by whose
  // certificate it was let in; empty for others. The connection is cut when the join holds no longer, and when the
  // newest certificate of the join expires: an agent that has renewed keeps its connection.
  void attach(std::shared_ptr<http::WebSocket> socket, std::string name, std::string enrolment = {});
  // The store's state has moved on: sends the agents what changed for them.
  void observe(const store::CommitPtr& commit);
  // The store's state has jumped and commits were missed: cuts all agents off, so that each is sent its whole state
  // anew.
  void resync();
  // Ends all connections; the agents may come again.
  void cut_all(std::string_view reason);
  // Asks the agent of the instance to dial a stream. False when it is not connected.
  bool open(const std::string& instance, const protocol::Open& request);
  bool connected(const std::string& instance) const;
  std::size_t connections() const { return active_.size(); }
  std::int64_t beats() const { return beats_; }
  const Usages& usages() const { return usages_; }

 private:
  struct Connection;
  using ConnectionPtr = std::shared_ptr<Connection>;

  void start_after(const std::string& name, std::function<void(Status)> done);
  void receive(const ConnectionPtr& connection, const std::string& message);
  void hello(const ConnectionPtr& connection, const protocol::Hello& hello);
  void welcome(const ConnectionPtr& connection, const State& state);
  void send_task(const ConnectionPtr& connection, const State& state, const ObjectPtr& task, const std::string* json);
  // What the task refers to and the agent has not been sent yet; before the task itself.
  void send_config(const ConnectionPtr& connection, const State& state, const Task& task,
                   const TaskDefinitionSpec& definition);
  // The task has ended: the agent is told to forget what no other task of its refers to.
  void end_config(const ConnectionPtr& connection, const Task& task);
  void config_changed(const Change& change);
  // Puts before a task of a service what its deployment knows of its images.
  void send_task_set(const ConnectionPtr& connection, const State& state, const Task& task);
  void task_set_changed(const Change& change);
  void tell(const ConnectionPtr& connection, const protocol::TaskEvent& event);
  void report(const ConnectionPtr& connection, protocol::Report report);
  void store_reports(const ConnectionPtr& connection, int attempt);
  // All of the first `whole` ones, and `taken` tasks of the next.
  void reports_stored(const ConnectionPtr& connection, std::size_t whole, std::size_t taken);
  void write_synced(const Connection& connection);
  void away(const ConnectionPtr& connection, const protocol::Away& away);
  void closed(const ConnectionPtr& connection, const std::string& reason);
  void refuse(const ConnectionPtr& connection, const std::string& reason);
  // Refuses it, and answers false, when what let it in holds no longer.
  bool check_enrolment(const ConnectionPtr& connection, const State& state);
  // Ties the join to the instance that the agent has connected as; then calls `done`.
  void bind_enrolment(const ConnectionPtr& connection, std::function<void()> done, int attempt = 0);
  // It holds its instance no longer; false when it did not.
  bool release(const ConnectionPtr& connection);
  // Says of its instance that the agent is not connected, unless it has come again since.
  void write_absence(const Connection& connection);
  // Another agent wants the instance that is held. The next word of the holder refuses it; the holder's end lets it in.
  void challenge(const ConnectionPtr& connection, const protocol::Hello& hello);
  void defend(const ConnectionPtr& holder);
  void refuse_held(const ConnectionPtr& connection);
  void admit_challengers();
  void sweep();
  // Changes the instance's status, again and again until no other writer came between. Gives up when it is gone.
  void modify(const std::string& name, const std::string& uid, const std::function<bool(ContainerInstance&)>& change,
              const std::function<void()>& done, int attempt = 0);
  Duration beat_interval() const;

  store::Objects& objects_;
  Loop& loop_;
  AgentHubOptions options_;
  State state_;
  struct Challenger {
    ConnectionPtr connection;
    protocol::Hello hello;
  };
  std::unordered_map<std::string, ConnectionPtr> active_;  // by instance
  std::map<std::string, Challenger> challengers_;          // by instance, one each
  Loop::Timer sweep_timer_ = 0;
  Patience patience_;
  Usages usages_;
  ConfigUsers config_users_;
  std::int64_t beats_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace muster::server
