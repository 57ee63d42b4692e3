#include "runtime/agent/tunnels.h"

#include <utility>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "runtime/base/log.h"

namespace muster::agent {
namespace {

constexpr Duration drain_interval = std::chrono::milliseconds(5);

std::string_view what(protocol::StreamKind kind) {
  switch (kind) {
    case protocol::StreamKind::log: return "log";
    case protocol::StreamKind::exec: return "exec";
    case protocol::StreamKind::attach: return "attach";
    case protocol::StreamKind::forward: return "port-forward";
  }
  return "stream";
}

}  // namespace

struct Tunnels::Tunnel {
  protocol::Open request;
  std::unique_ptr<Connection> connection;
  std::unique_ptr<drivers::Channel> channel;
  Loop::Timer timer = 0;
  bool input_paused = false, output_paused = false, ended = false;
};

Tunnels::Tunnels(Loop& loop, Link& link, drivers::Driver& driver, std::string target,
                 std::function<std::string(const std::string&, const std::string&)> host_name)
    : loop_(loop), link_(link), driver_(driver), target_(std::move(target)), host_name_(std::move(host_name)) {}

Tunnels::~Tunnels() {
  for (const auto& [number, tunnel] : tunnels_) loop_.cancel(tunnel->timer);
}

void Tunnels::open(const protocol::Open& request) {
  if (tunnels_.size() >= limits::agent_streams) {
    log::warning("too many streams at once", {{"streams", tunnels_.size()}});
    return;  // the server's own time limit ends its wait
  }
  const std::uint64_t number = ++last_;
  Tunnel& made = *tunnels_.emplace(number, std::make_unique<Tunnel>()).first->second;
  made.request = request;
  LinkCallbacks callbacks;
  callbacks.on_open = life_.guard([this, number] { on_open(number); });
  callbacks.on_message = life_.guard([this, number](const std::string& message) { on_message(number, message); });
  callbacks.on_close = life_.guard([this, number](const std::string&) { drop(number); });
  made.connection = link_.dial(target_ + request.stream, std::move(callbacks));
}

void Tunnels::on_open(std::uint64_t number) {
  const auto found = tunnels_.find(number);
  if (found == tunnels_.end()) return;
  Tunnel& tunnel = *found->second;
  const protocol::Open& request = tunnel.request;
  const std::string host_name = host_name_(request.task_uid, request.container);
  if (host_name.empty()) return end(number, {{}, "the container does not exist on this host"});
  drivers::ChannelCallbacks callbacks;
  callbacks.on_bytes = life_.guard([this, number](std::string_view bytes, bool is_stderr) {
    on_bytes(number, bytes, is_stderr ? protocol::Tunnel::errors : protocol::Tunnel::output);
  });
  callbacks.on_output_end = life_.guard([this, number] { on_bytes(number, {}, protocol::Tunnel::output_end); });
  const bool has_exit_code = request.kind == protocol::StreamKind::exec;
  callbacks.on_end = life_.guard([this, number, has_exit_code](const Result<int>& how) {
    protocol::StreamEnd told;
    if (!how.ok()) told.error = how.error().message;
    if (how.ok() && has_exit_code) told.exit_code = *how;
    end(number, told);
  });
  const drivers::ProcessStreams streams{request.input, request.output, request.errors, request.terminal};
  switch (request.kind) {
    case protocol::StreamKind::log: break;
    case protocol::StreamKind::exec:
      tunnel.channel = driver_.exec(host_name, request.command, streams, std::move(callbacks));
      break;
    case protocol::StreamKind::attach: tunnel.channel = driver_.attach(host_name, streams, std::move(callbacks)); break;
    case protocol::StreamKind::forward:
      tunnel.channel = driver_.connect(host_name, request.port, std::move(callbacks));
      break;
  }
  if (tunnel.channel == nullptr)
    end(number, {{}, str("the driver of this host does not support ", what(request.kind), " yet")});
}

void Tunnels::on_message(std::uint64_t number, std::string_view message) {
  const auto found = tunnels_.find(number);
  if (found == tunnels_.end() || found->second->channel == nullptr || found->second->ended) return;
  Tunnel& tunnel = *found->second;
  const auto parsed = protocol::parse_tunnel(message);
  if (!parsed) return;
  if (parsed->type == protocol::Tunnel::input) {
    tunnel.channel->write(std::string(parsed->content));
    if (tunnel.channel->queued() >= limits::stream_pause_bytes && !std::exchange(tunnel.input_paused, true)) {
      tunnel.connection->pause();
      watch_later(number);
    }
  } else if (parsed->type == protocol::Tunnel::input_end) {
    tunnel.channel->end_input();
  } else if (parsed->type == protocol::Tunnel::resize) {
    if (const auto size = protocol::decode_size(parsed->content)) tunnel.channel->resize(size->width, size->height);
  }
}

void Tunnels::on_bytes(std::uint64_t number, std::string_view bytes, protocol::Tunnel type) {
  const auto found = tunnels_.find(number);
  if (found == tunnels_.end() || found->second->ended) return;
  Tunnel& tunnel = *found->second;
  do {
    const std::string_view piece = bytes.substr(0, limits::stream_piece_bytes);
    bytes.remove_prefix(piece.size());
    if (!tunnel.connection->send_bytes(protocol::tunnel_message(type, piece))) return;
  } while (!bytes.empty());
  if (tunnel.connection->queued() >= limits::stream_pause_bytes && !std::exchange(tunnel.output_paused, true)) {
    if (tunnel.channel != nullptr) tunnel.channel->pause();
    watch_later(number);
  }
}

void Tunnels::watch_later(std::uint64_t number) {
  Tunnel& tunnel = *tunnels_.at(number);
  if (tunnel.timer == 0) tunnel.timer = loop_.after(drain_interval, life_.guard([this, number] { watch(number); }));
}

void Tunnels::watch(std::uint64_t number) {
  const auto found = tunnels_.find(number);
  if (found == tunnels_.end()) return;
  Tunnel& tunnel = *found->second;
  tunnel.timer = 0;
  if (tunnel.ended || tunnel.channel == nullptr) return;
  if (tunnel.input_paused && tunnel.channel->queued() <= limits::stream_resume_bytes) {
    tunnel.input_paused = false;
    tunnel.connection->resume();
  }
  if (tunnel.output_paused && tunnel.connection->queued() <= limits::stream_resume_bytes) {
    tunnel.output_paused = false;
    tunnel.channel->resume();
  }
  if (tunnel.input_paused || tunnel.output_paused) watch_later(number);
}

void Tunnels::end(std::uint64_t number, const protocol::StreamEnd& how) {
  const auto found = tunnels_.find(number);
  if (found == tunnels_.end() || std::exchange(found->second->ended, true)) return;
  Tunnel& tunnel = *found->second;
  // A paused reader would not see that the other end has closed.
  tunnel.connection->resume();
  tunnel.connection->send_bytes(protocol::encode_end(how));
  tunnel.connection->close("done");
  ended_channels_.push_back(std::move(tunnel.channel));
  loop_.post(life_.guard([this] { ended_channels_.clear(); }));
}

void Tunnels::drop(std::uint64_t number) {
  auto found = tunnels_.extract(number);
  if (found.empty()) return;
  loop_.cancel(found.mapped()->timer);
  ended_tunnels_.push_back(std::move(found.mapped()));
  loop_.post(life_.guard([this] { ended_tunnels_.clear(); }));
}

}  // namespace muster::agent
