// The network between the agents' hosts and the server: what an agent::Link says on one side comes out of an
// http::WebSocket on the other, later, or never. Messages of one connection stay in order, those of several overtake
// each other.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/agent/link.h"
#include "runtime/http/web_socket.h"
#include "runtime/simulation/virtual_loop.h"

namespace muster::simulation {

// What a process leaves behind for its peers.
enum class Ending {
  process_killed,  // the kernel closes its connections
  power_lost,      // nobody says a word
};
// What becomes of connections that lived when a partition began.
enum class Healing {
  resumes,  // as TCP does: what was sent arrives late
  forgets,  // half-open for ever: each end has to notice by itself
};

class VirtualNetwork {
 public:
  using Accept = std::function<void(std::shared_ptr<http::WebSocket> socket, std::string target)>;

  VirtualNetwork(EventQueue& queue, std::uint64_t seed);
  ~VirtualNetwork();
  VirtualNetwork(const VirtualNetwork&) = delete;
  VirtualNetwork& operator=(const VirtualNetwork&) = delete;

  // The server answers from now on; sockets live on its loop.
  void server_up(VirtualLoop& loop, Accept accept);
  void server_down(Ending ending);
  // How the agent of the host reaches the server. The loop outlives the network.
  std::unique_ptr<agent::Link> link(const std::string& host, VirtualLoop& loop);
  // The agent's process has ended (its Link is gone already) together with its host's power.
  void power_off(const std::string& host);

  void partition(const std::string& host, Healing healing);
  void heal(const std::string& host);
  // Both ends of the host's connections are told.
  void cut(const std::string& host);
  // How long a message to or from the host travels at most.
  void set_latency(const std::string& host, Duration longest);

  struct Pipe;  // one connection; defined in virtual_network.cpp

 private:
  friend class AgentEnd;
  friend class ServerEnd;
  friend class VirtualLink;
  enum class Way { up, down };
  struct HostState {
    bool cut_off = false;
    Healing healing = Healing::resumes;
    Duration longest = std::chrono::milliseconds(2);
  };

  std::shared_ptr<Pipe> dial(const std::string& host, VirtualLoop& loop, std::string target,
                             agent::LinkCallbacks callbacks);
  void arrive_syn(const std::shared_ptr<Pipe>& pipe, const std::string& target);
  // Carries one thing along the pipe, after all that went that way before.
  void carry(const std::shared_ptr<Pipe>& pipe, Way way, std::function<void()> arrival);
  void arrive(const std::shared_ptr<Pipe>& pipe, Way way);
  void send_up(const std::shared_ptr<Pipe>& pipe, std::string message, http::Frame frame);
  void send_down(const std::shared_ptr<Pipe>& pipe, std::string message);
  void close_agent(const std::shared_ptr<Pipe>& pipe, const std::string& reason);
  void close_server(const std::shared_ptr<Pipe>& pipe, const std::string& reason);
  void reset_agent(const std::shared_ptr<Pipe>& pipe, const std::string& reason);
  std::vector<std::shared_ptr<Pipe>> pipes(const std::string& host);  // empty: of all hosts
  Duration latency(const std::string& host);

  VirtualLoop wire_;
  SeededRandom random_;
  std::map<std::string, HostState> hosts_;
  std::vector<std::weak_ptr<Pipe>> pipes_;
  VirtualLoop* server_loop_ = nullptr;  // null: nobody listens
  Accept accept_;
  bool server_has_power_ = true;
};

}  // namespace muster::simulation
