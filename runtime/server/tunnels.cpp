#include "runtime/server/tunnels.h"

#include <algorithm>
#include <array>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/types/task.h"
#include "runtime/server/channel_end.h"
#include "runtime/server/forwards.h"
#include "runtime/server/spdy_connection.h"
#include "runtime/server/status.h"
#include "runtime/server/stream_target.h"

namespace muster::server {
namespace {

constexpr std::string_view v5 = "v5.channel.k8s.io";
constexpr std::string_view v4 = "v4.channel.k8s.io";
constexpr std::string_view spdy_forward = "portforward.k8s.io";
constexpr std::string_view tunnelled_forward = "SPDY/3.1+portforward.k8s.io";
constexpr std::string_view spdy_version_field = "X-Stream-Protocol-Version";

// The protocols that the client names in all fields of this name, in its order.
std::vector<std::string> offered(const http::Request& request, std::string_view field) {
  std::vector<std::string> out;
  for (const auto& [name, value] : request.headers) {
    if (to_lower(name) != to_lower(field)) continue;
    for (const std::string_view each : split(value, ',')) out.emplace_back(trim(each));
  }
  return out;
}

// The first of ours that is offered; empty when none is.
template <std::size_t N>
std::string_view choose(const std::vector<std::string>& offers, const std::array<std::string_view, N>& ours) {
  for (const std::string_view each : ours) {
    if (std::ranges::find(offers, each) != offers.end()) return each;
  }
  return {};
}

bool wants_spdy(const http::Request& request) {
  return request.method == "POST" && to_lower(http::header(request.headers, "Upgrade")) == "spdy/3.1" &&
         to_lower(http::header(request.headers, "Connection")).find("upgrade") != std::string::npos;
}

Error unknown_protocol(std::string_view wanted) {
  return Error{Code::malformed, str("none of the offered protocols is served here, one of these is: ", wanted), {}};
}

std::shared_ptr<http::ByteStream> to_spdy(http::Exchange& exchange, std::string_view version) {
  return exchange.take_over({{"Upgrade", "SPDY/3.1"}, {std::string(spdy_version_field), std::string(version)}});
}

}  // namespace

std::shared_ptr<void> Tunnels::hold() {
  ++*open_;
  return {open_.get(), [open = open_](void*) { --*open; }};
}

Status Tunnels::check(const Call& call, const http::Exchange& exchange) const {
  if (call.method != "GET" && call.method != "POST")
    return Error{Code::not_allowed, str(call.method, " is not served for ", call.subresource), {}};
  if (!wants_spdy(exchange.request()) && !exchange.wants_upgrade())
    return Error{Code::malformed, "Upgrade request required", {}};
  if (*open_ >= limits::open_streams) return Error{Code::too_many, "too many streams are open", {}};
  return {};
}

void Tunnels::handle(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  if (const Status checked = check(call, *exchange); !checked.ok())
    return exchange->respond(error_response(checked.error(), Subject{call.kind, call.name}));
  if (call.subresource == "portforward") return forward(call, exchange);
  process(call, exchange);
}

void Tunnels::process(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  const Subject subject{call.kind, call.name};
  const auto fail = [&](const Error& error) { exchange->respond(error_response(error, subject)); };
  const auto task = placed_task(call, objects_.state());
  if (!task.ok()) return fail(task.error());
  const std::string instance = (*task)->spec.container_instance;
  protocol::Open open;
  open.kind = call.subresource == "exec" ? protocol::StreamKind::exec : protocol::StreamKind::attach;
  open.task_uid = (*task)->metadata.uid;
  auto container = wanted_container(call, **task);
  if (!container.ok()) return fail(container.error());
  open.container = std::move(*container);
  open.input = query_flag(call.target, "stdin");
  open.output = query_flag(call.target, "stdout");
  open.terminal = query_flag(call.target, "tty");
  // All that a terminal shows is one stream.
  open.errors = query_flag(call.target, "stderr") && !open.terminal;
  if (!open.input && !open.output && !open.errors)
    return fail(Error{Code::malformed, "at least one of stdin, stdout and stderr must be true", {}});
  if (open.kind == protocol::StreamKind::exec) {
    open.command = http::all_params(exchange->request().target, "command");
    if (open.command.empty() || open.command.front().empty())
      return fail(Error{Code::malformed, "you must specify at least one command for the container", {}});
  }
  if (!agents_.connected(instance))
    return fail(Error{Code::unavailable, str("container instance ", instance, " is not connected now"), {}});

  const auto begin = [this, instance, open](std::unique_ptr<UserEnd> user) {
    if (user) join(loop_, dials_, instance, open, std::move(user), hold());
  };
  if (!wants_spdy(exchange->request())) {
    const auto chosen =
        choose(offered(exchange->request(), "Sec-WebSocket-Protocol"), std::array<std::string_view, 2>{v5, v4});
    if (chosen.empty()) return fail(unknown_protocol("v5.channel.k8s.io, v4.channel.k8s.io"));
    if (auto socket = exchange->upgrade(chosen)) begin(channel_end(std::move(socket)));
    return;
  }
  if (choose(offered(exchange->request(), spdy_version_field), std::array<std::string_view, 1>{v4}).empty())
    return fail(unknown_protocol(v4));
  if (auto bytes = to_spdy(*exchange, v4))
    spdy_end(loop_, std::move(bytes), open.input, open.output, open.errors, open.terminal, begin);
}

void Tunnels::forward(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  const Subject subject{call.kind, call.name};
  const auto fail = [&](const Error& error) { exchange->respond(error_response(error, subject)); };
  const auto task = placed_task(call, objects_.state());
  if (!task.ok()) return fail(task.error());
  const std::string instance = (*task)->spec.container_instance;
  if (!agents_.connected(instance))
    return fail(Error{Code::unavailable, str("container instance ", instance, " is not connected now"), {}});
  const OnForward begin = [this, instance, task = *task](int port, std::unique_ptr<UserEnd> user) {
    protocol::Open open;
    open.kind = protocol::StreamKind::forward;
    open.task_uid = task->metadata.uid;
    open.container = container_of_port(*task, port);
    open.port = port;
    join(loop_, dials_, instance, open, std::move(user), hold());
  };
  if (wants_spdy(exchange->request())) {
    const auto offers = offered(exchange->request(), spdy_version_field);
    if (!offers.empty() && choose(offers, std::array<std::string_view, 1>{spdy_forward}).empty())
      return fail(unknown_protocol(spdy_forward));
    if (auto bytes = to_spdy(*exchange, spdy_forward)) forward_streams(loop_, std::move(bytes), begin);
    return;
  }
  const auto offers = offered(exchange->request(), "Sec-WebSocket-Protocol");
  const auto chosen = choose(offers, std::array<std::string_view, 3>{tunnelled_forward, v5, v4});
  if (chosen.empty())
    return fail(unknown_protocol("SPDY/3.1+portforward.k8s.io, v5.channel.k8s.io, v4.channel.k8s.io"));
  if (chosen == tunnelled_forward) {
    if (auto socket = exchange->upgrade(chosen)) forward_streams(loop_, tunnelled_bytes(std::move(socket)), begin);
    return;
  }
  std::vector<int> ports;
  for (const std::string& list : http::all_params(exchange->request().target, "ports")) {
    for (const std::string_view each : split(list, ',')) {
      const auto port = parse_int(each);
      if (!port || *port < 1 || *port > 65'535)
        return fail(Error{Code::malformed, str("ports: \"", each, "\" is not a port"), {}});
      ports.push_back(static_cast<int>(*port));
    }
  }
  if (ports.empty() || ports.size() > limits::forwarded_ports)
    return fail(Error{Code::malformed, str("ports: 1 to ", limits::forwarded_ports, " ports must be named"), {}});
  if (auto socket = exchange->upgrade(chosen)) forward_channels(std::move(socket), ports, begin);
}

}  // namespace muster::server
