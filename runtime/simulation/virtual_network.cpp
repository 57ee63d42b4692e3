#include "runtime/simulation/virtual_network.h"

#include <algorithm>
#include <utility>

#include "runtime/simulation/draw.h"

namespace muster::simulation {
namespace {

constexpr Duration shortest_latency = std::chrono::microseconds(50);
constexpr Duration dial_timeout = std::chrono::seconds(5);
// A peer that does not answer a close frame is not waited for longer.
constexpr Duration close_timeout = std::chrono::milliseconds(200);

}  // namespace

struct VirtualNetwork::Pipe {
  struct Lane {
    std::deque<std::function<void()>> queue;
    Duration last{};          // arrival of the last one
    std::size_t blocked = 0;  // of the queue's front: arrived where the network was cut
    std::size_t bytes = 0;
  };
  std::string host;
  VirtualLoop* agent_loop = nullptr;
  agent::LinkCallbacks agent;
  bool opened = false, agent_gone = false;

  VirtualLoop* server_loop = nullptr;  // of the boot that accepted it
  std::function<void(std::string, http::Frame)> on_message;
  std::function<void(std::string)> on_close;
  bool server_gone = false;
  bool paused = false;
  std::deque<std::function<void()>> backlog;  // while paused

  bool hole = false;  // nothing passes any more
  Lane up, down;
  Lane& lane(Way way) { return way == Way::up ? up : down; }
};

// ---- the two ends

class AgentEnd final : public agent::Connection {
 public:
  AgentEnd(VirtualNetwork& network, std::shared_ptr<VirtualNetwork::Pipe> pipe)
      : network_(network), pipe_(std::move(pipe)) {}
  ~AgentEnd() override { end(); }
  AgentEnd(const AgentEnd&) = delete;
  AgentEnd& operator=(const AgentEnd&) = delete;

  bool send_text(std::string message) override { return send(std::move(message), http::Frame::text); }
  bool send_bytes(std::string message) override { return send(std::move(message), http::Frame::binary); }
  std::size_t queued() const override { return pipe_->up.bytes; }
  void close(std::string reason) override {
    if (pipe_->agent_gone) return;
    network_.carry(pipe_, VirtualNetwork::Way::up, [this_network = &network_, pipe = pipe_] {
      this_network->close_server(pipe, "closed by the agent");
    });
    pipe_->agent_loop->after(
        close_timeout, [this_network = &network_, pipe = pipe_, reason] { this_network->close_agent(pipe, reason); });
  }

 private:
  bool send(std::string message, http::Frame frame) {
    if (!pipe_->opened || pipe_->agent_gone) return false;
    network_.send_up(pipe_, std::move(message), frame);
    return true;
  }
  void end() {
    pipe_->agent = {};
    if (std::exchange(pipe_->agent_gone, true)) return;
    network_.carry(pipe_, VirtualNetwork::Way::up, [this_network = &network_, pipe = pipe_] {
      this_network->close_server(pipe, "closed by the agent");
    });
  }

  VirtualNetwork& network_;
  std::shared_ptr<VirtualNetwork::Pipe> pipe_;
};

class ServerEnd final : public http::WebSocket {
 public:
  ServerEnd(VirtualNetwork& network, std::shared_ptr<VirtualNetwork::Pipe> pipe)
      : network_(network), pipe_(std::move(pipe)) {}
  void on_message(std::function<void(std::string, http::Frame)> callback) override {
    pipe_->on_message = std::move(callback);
  }
  void on_close(std::function<void(std::string)> callback) override { pipe_->on_close = std::move(callback); }
  bool send(std::shared_ptr<const std::string> message, http::Frame) override {
    if (pipe_->server_gone) return false;
    network_.send_down(pipe_, *message);
    return true;
  }
  void pause() override { pipe_->paused = true; }
  void resume() override {
    pipe_->paused = false;
    for (auto& each : std::exchange(pipe_->backlog, {})) pipe_->server_loop->post(std::move(each));
  }
  std::size_t queued() const override { return pipe_->down.bytes; }
  void close(std::string_view reason) override {
    if (pipe_->server_gone) return;
    network_.carry(pipe_, VirtualNetwork::Way::down,
                   [this_network = &network_, pipe = pipe_, text = std::string(reason)] {
                     this_network->close_agent(pipe, text);
                   });
    pipe_->server_loop->after(close_timeout, [this_network = &network_, pipe = pipe_, text = std::string(reason)] {
      this_network->close_server(pipe, text);
    });
    pipe_->on_message = nullptr;
  }

 private:
  VirtualNetwork& network_;
  std::shared_ptr<VirtualNetwork::Pipe> pipe_;
};

class VirtualLink final : public agent::Link {
 public:
  VirtualLink(VirtualNetwork& network, std::string host, VirtualLoop& loop)
      : network_(network), host_(std::move(host)), loop_(loop) {}
  std::unique_ptr<agent::Connection> dial(std::string target, agent::LinkCallbacks callbacks) override {
    return std::make_unique<AgentEnd>(network_, network_.dial(host_, loop_, std::move(target), std::move(callbacks)));
  }

 private:
  VirtualNetwork& network_;
  const std::string host_;
  VirtualLoop& loop_;
};

// ---- the network

VirtualNetwork::VirtualNetwork(EventQueue& queue, std::uint64_t seed)
    : wire_(queue, seed, Duration::zero()), random_(seed) {}

VirtualNetwork::~VirtualNetwork() {
  for (const auto& pipe : pipes({})) {
    pipe->agent = {};
    pipe->on_message = nullptr;
    pipe->on_close = nullptr;
    // What never arrived holds the pipe that it waits in.
    std::exchange(pipe->up.queue, {});
    std::exchange(pipe->down.queue, {});
    std::exchange(pipe->backlog, {});
  }
}

void VirtualNetwork::server_up(VirtualLoop& loop, Accept accept) {
  server_loop_ = &loop;
  accept_ = std::move(accept);
  server_has_power_ = true;
}

void VirtualNetwork::server_down(Ending ending) {
  server_loop_ = nullptr;
  accept_ = nullptr;
  server_has_power_ = ending == Ending::process_killed;
  for (const auto& pipe : pipes({})) {
    if (std::exchange(pipe->server_gone, true)) continue;
    pipe->on_message = nullptr;
    pipe->on_close = nullptr;
    if (ending == Ending::process_killed) {
      carry(pipe, Way::down, [this, pipe] { close_agent(pipe, "the server's process has ended"); });
    }
  }
}

std::unique_ptr<agent::Link> VirtualNetwork::link(const std::string& host, VirtualLoop& loop) {
  return std::make_unique<VirtualLink>(*this, host, loop);
}

void VirtualNetwork::power_off(const std::string& host) {
  for (const auto& pipe : pipes(host)) {
    pipe->agent = {};
    pipe->agent_gone = true;
    pipe->hole = true;
  }
}

void VirtualNetwork::partition(const std::string& host, Healing healing) {
  hosts_[host].cut_off = true;
  hosts_[host].healing = healing;
}

void VirtualNetwork::heal(const std::string& host) {
  HostState& state = hosts_[host];
  if (!std::exchange(state.cut_off, false)) return;
  for (const auto& pipe : pipes(host)) {
    if (state.healing == Healing::forgets && pipe->opened) {
      pipe->hole = true;
      continue;
    }
    for (const Way way : {Way::up, Way::down}) {
      Pipe::Lane& lane = pipe->lane(way);
      // Those that arrive meanwhile take the front of the queue as well: the order stays.
      for (; lane.blocked > 0; --lane.blocked) wire_.after(latency(host), [this, pipe, way] { arrive(pipe, way); });
    }
  }
}

void VirtualNetwork::cut(const std::string& host) {
  for (const auto& pipe : pipes(host)) {
    pipe->hole = true;
    close_agent(pipe, "connection reset");
    close_server(pipe, "connection reset");
  }
}

void VirtualNetwork::set_latency(const std::string& host, Duration longest) {
  hosts_[host].longest = longest;
}

Duration VirtualNetwork::latency(const std::string& host) {
  return draw_duration(random_, shortest_latency, hosts_[host].longest);
}

std::vector<std::shared_ptr<VirtualNetwork::Pipe>> VirtualNetwork::pipes(const std::string& host) {
  std::vector<std::shared_ptr<Pipe>> out;
  std::erase_if(pipes_, [](const std::weak_ptr<Pipe>& each) { return each.expired(); });
  for (const auto& weak : pipes_) {
    if (auto pipe = weak.lock(); pipe != nullptr && (host.empty() || pipe->host == host))
      out.push_back(std::move(pipe));
  }
  return out;
}

std::shared_ptr<VirtualNetwork::Pipe> VirtualNetwork::dial(const std::string& host, VirtualLoop& loop,
                                                           std::string target, agent::LinkCallbacks callbacks) {
  auto pipe = std::make_shared<Pipe>();
  pipe->host = host;
  pipe->agent_loop = &loop;
  pipe->agent = std::move(callbacks);
  pipes_.push_back(pipe);
  carry(pipe, Way::up, [this, pipe, target = std::move(target)] { arrive_syn(pipe, target); });
  loop.after(dial_timeout, [this, weak = std::weak_ptr<Pipe>(pipe)] {
    if (const auto self = weak.lock(); self != nullptr && !self->opened) close_agent(self, "the dial has timed out");
  });
  return pipe;
}

void VirtualNetwork::arrive_syn(const std::shared_ptr<Pipe>& pipe, const std::string& target) {
  if (!server_has_power_) return;
  if (server_loop_ == nullptr) {
    carry(pipe, Way::down, [this, pipe] { close_agent(pipe, "connection refused"); });
    return;
  }
  pipe->server_loop = server_loop_;
  carry(pipe, Way::down, [pipe] {
    pipe->agent_loop->post([pipe] {
      if (pipe->agent_gone) return;
      pipe->opened = true;
      if (const auto callback = pipe->agent.on_open) callback();
    });
  });
  server_loop_->post(
      [accept = accept_, socket = std::make_shared<ServerEnd>(*this, pipe), target] { accept(socket, target); });
}

void VirtualNetwork::carry(const std::shared_ptr<Pipe>& pipe, Way way, std::function<void()> arrival) {
  if (pipe->hole) return;
  Pipe::Lane& lane = pipe->lane(way);
  lane.queue.push_back(std::move(arrival));
  lane.last = std::max(lane.last, wire_.monotonic() + latency(pipe->host));
  wire_.after(lane.last - wire_.monotonic(), [this, pipe, way] { arrive(pipe, way); });
}

void VirtualNetwork::arrive(const std::shared_ptr<Pipe>& pipe, Way way) {
  Pipe::Lane& lane = pipe->lane(way);
  if (pipe->hole) {
    lane.queue.clear();
    return;
  }
  if (hosts_[pipe->host].cut_off) {
    ++lane.blocked;
    return;
  }
  if (lane.queue.empty()) return;
  const std::function<void()> arrival = std::move(lane.queue.front());
  lane.queue.pop_front();
  arrival();
}

void VirtualNetwork::send_up(const std::shared_ptr<Pipe>& pipe, std::string message, http::Frame frame) {
  const std::size_t size = message.size();
  pipe->up.bytes += size;
  carry(pipe, Way::up, [this, pipe, frame, size, message = std::move(message)] {
    pipe->up.bytes -= size;
    if (pipe->server_gone) {
      // Whoever answers at that address now knows no such connection.
      if (server_loop_ != nullptr || server_has_power_) reset_agent(pipe, "connection reset by the server");
      return;
    }
    auto deliver = [pipe, frame, message] {
      if (const auto callback = pipe->on_message; !pipe->server_gone && callback) callback(message, frame);
    };
    if (pipe->paused) {
      pipe->backlog.emplace_back(std::move(deliver));
    } else {
      pipe->server_loop->post(std::move(deliver));
    }
  });
}

void VirtualNetwork::send_down(const std::shared_ptr<Pipe>& pipe, std::string message) {
  const std::size_t size = message.size();
  pipe->down.bytes += size;
  carry(pipe, Way::down, [this, pipe, size, message = std::move(message)] {
    pipe->down.bytes -= size;
    if (pipe->agent_gone) {
      carry(pipe, Way::up, [this, pipe] { close_server(pipe, "connection reset by the agent"); });
      return;
    }
    pipe->agent_loop->post([pipe, message] {
      if (const auto callback = pipe->agent.on_message; !pipe->agent_gone && callback) callback(message);
    });
  });
}

void VirtualNetwork::reset_agent(const std::shared_ptr<Pipe>& pipe, const std::string& reason) {
  carry(pipe, Way::down, [this, pipe, reason] { close_agent(pipe, reason); });
}

void VirtualNetwork::close_agent(const std::shared_ptr<Pipe>& pipe, const std::string& reason) {
  if (pipe->agent_gone) return;
  pipe->agent_loop->post([pipe, reason] {
    if (std::exchange(pipe->agent_gone, true)) return;
    const auto callback = std::move(pipe->agent.on_close);
    pipe->agent = {};
    if (callback) callback(reason);
  });
}

void VirtualNetwork::close_server(const std::shared_ptr<Pipe>& pipe, const std::string& reason) {
  if (pipe->server_gone || pipe->server_loop == nullptr) return;
  pipe->server_loop->post([pipe, reason] {
    if (std::exchange(pipe->server_gone, true)) return;
    const auto callback = std::move(pipe->on_close);
    pipe->on_close = nullptr;
    pipe->on_message = nullptr;
    if (callback) callback(reason);
  });
}

}  // namespace muster::simulation
