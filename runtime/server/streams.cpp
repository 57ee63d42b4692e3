#include "runtime/server/streams.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/types/task.h"
#include "runtime/server/status.h"

namespace muster::server {
namespace {

constexpr Duration dial_timeout = std::chrono::seconds(10);
// A followed log that is silent for so long is there: clients wait for the head before they do anything else.
constexpr Duration silence = std::chrono::milliseconds(500);
constexpr std::size_t most_pending = 1'000;
constexpr std::string_view normal_close = "closed";  // what a close frame without a reason is called
constexpr std::size_t pause_above = 1U << 20U;  // bytes a slow reader may have waiting before its agent is told to wait

bool flag(const http::Target& target, std::string_view name) {
  return target.has(name) && target.param(name) != "false" && target.param(name) != "0";
}

Result<protocol::Open> open_request(const Call& call, const Task& task, Time now) {
  protocol::Open open;
  open.task_uid = task.metadata.uid;
  open.container = call.target.param("container");
  if (open.container.empty()) {
    if (task.status.containers.size() > 1) {
      std::string names;
      for (const ContainerStatus& container : task.status.containers)
        names += (names.empty() ? "" : ", ") + container.name;
      return Error{
          Code::malformed,
          str("a container name must be specified for task ", task.metadata.name, ", choose one of: [", names, "]"),
          {}};
    }
    if (!task.status.containers.empty()) open.container = task.status.containers.front().name;
  } else if (!task.status.containers.empty() &&
             std::none_of(task.status.containers.begin(), task.status.containers.end(),
                          [&](const ContainerStatus& c) { return c.name == open.container; })) {
    return Error{Code::malformed, str("container ", open.container, " is not valid for task ", task.metadata.name), {}};
  }
  if (flag(call.target, "previous")) {
    // A container is never started again: what ran before was another task, and has its own log.
    return Error{Code::malformed,
                 str("previous terminated container \"", open.container, "\" in pod \"", task.metadata.name,
                     "\" not found: the attempt before is a task of its own"),
                 {}};
  }
  open.follow = flag(call.target, "follow");
  open.timestamps = flag(call.target, "timestamps");
  if (const auto tail = call.target.param("tailLines"); !tail.empty()) {
    const auto lines = parse_int(tail);
    if (!lines || *lines < 0)
      return Error{Code::malformed, str("tailLines: \"", tail, "\" is not a number of lines"), {}};
    open.tail = *lines;
  }
  if (const auto since = call.target.param("sinceSeconds"); !since.empty()) {
    const auto seconds = parse_int(since);
    if (!seconds || *seconds < 1 || *seconds > 100L * 365 * 86'400)
      return Error{Code::malformed, "sinceSeconds: must be a positive number", {}};
    open.since = now - std::chrono::seconds(*seconds);
  }
  if (const auto since = call.target.param("sinceTime"); !since.empty()) {
    TRY(open.since, parse_time(since));
  }
  return open;
}

// Lets the agent go on once the reader has caught up.
void resume_later(Loop& loop, const std::shared_ptr<http::Stream>& stream, const std::weak_ptr<http::WebSocket>& agent,
                  std::function<void()> resumed) {
  loop.after(std::chrono::milliseconds(20), [&loop, stream, agent, resumed = std::move(resumed)] {
    const auto socket = agent.lock();
    if (socket == nullptr) return;
    if (stream->queued() >= pause_above / 2) return resume_later(loop, stream, agent, resumed);
    resumed();
    socket->resume();
  });
}

}  // namespace

Streams::~Streams() {
  for (auto& [id, pending] : pending_) loop_.cancel(pending.timer);
}

void Streams::log(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  const Subject subject{call.kind, call.name};
  const auto fail = [&](Code code, std::string message) {
    exchange->respond(error_response(Error{code, std::move(message), {}}, subject));
  };
  if (call.method != "GET") return fail(Code::not_allowed, "only GET is served for a log");
  const auto task = objects_.state().get<Task>(call.ns, call.name);
  if (task == nullptr) return fail(Code::not_found, str(call.kind->resource(), " \"", call.name, "\" not found"));
  const std::string& instance = task->spec.container_instance;
  if (instance.empty())
    return fail(Code::malformed, str("task ", call.name, " has not been placed yet: it has no log"));
  auto open = open_request(call, *task, loop_.now());
  if (!open.ok()) return exchange->respond(error_response(open.error(), subject));
  std::optional<std::int64_t> left;
  if (const auto limit = call.target.param("limitBytes"); !limit.empty()) {
    left = parse_int(limit);
    if (!left || *left < 1) return fail(Code::malformed, "limitBytes: must be a positive number");
  }
  if (pending_.size() >= most_pending) return fail(Code::too_many, "too many streams are being opened");
  // Two draws: an id must not be guessed, it is what admits the agent's connection.
  open->stream = random_hex32(random_);
  if (!agents_.open(instance, *open)) {
    return fail(Code::unavailable, str("container instance ", instance,
                                       " is not connected now; its logs are on the host until it is back"));
  }
  const std::string id = open->stream;
  Pending pending;
  pending.left = left;
  pending.follow = open->follow;
  pending.reader = exchange;
  pending.instance = instance;
  pending.timer = loop_.after(dial_timeout, [this, id, instance] {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    const auto reader = std::move(found->second.reader);
    pending_.erase(found);
    reader->respond(error_response(
        Error{Code::timeout, str("container instance ", instance, " did not open the stream in time"), {}}));
  });
  exchange->on_close([this, id] {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    loop_.cancel(found->second.timer);
    pending_.erase(found);
  });
  pending_.emplace(id, std::move(pending));
}

void Streams::accept(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  const auto found = pending_.find(call.rest);
  if (found == pending_.end() || found->second.instance != call.name) {
    return exchange->respond(error_response(Error{Code::not_found, "nobody waits for this stream", {}}));
  }
  if (!exchange->wants_upgrade())
    return exchange->respond(error_response(Error{Code::malformed, "a stream needs an upgrade to WebSocket", {}}));
  const auto reader = std::move(found->second.reader);
  const std::optional<std::int64_t> left = found->second.left;
  const bool follow = found->second.follow;
  loop_.cancel(found->second.timer);
  pending_.erase(found);
  const auto socket = exchange->upgrade({});
  if (socket == nullptr)
    return reader->respond(error_response(Error{Code::unavailable, "the agent's connection failed", {}}));

  // The stream is begun by the first bytes, so that an error of the agent can still be an error of the request.
  struct Pipe {
    std::shared_ptr<http::Exchange> reader;
    std::shared_ptr<http::Stream> stream;
    std::optional<std::int64_t> left;  // bytes that the reader still wants
    bool paused = false;
    bool ended = false;
  };
  auto pipe = std::make_shared<Pipe>();
  pipe->reader = reader;
  pipe->left = left;
  const std::weak_ptr<http::WebSocket> weak_socket = socket;
  const auto begin = [pipe, weak_socket] {
    if (pipe->stream != nullptr) return;
    http::Response head;
    head.headers.emplace_back("Content-Type", "text/plain");
    pipe->stream = pipe->reader->stream(std::move(head));
    pipe->stream->on_close([pipe, weak_socket] {
      if (const auto agent = weak_socket.lock(); agent != nullptr && !pipe->ended) agent->close("the reader has gone");
    });
  };
  if (follow) {
    loop_.after(silence, [pipe, begin, weak_socket] {
      if (!pipe->ended && weak_socket.lock() != nullptr) begin();
    });
  }
  socket->on_message([this, pipe, begin, weak_socket](const std::string& message, http::Frame) {
    if (pipe->ended) return;
    begin();
    const auto agent = weak_socket.lock();
    const std::size_t wanted = pipe->left ? static_cast<std::size_t>(*pipe->left) : message.size();
    pipe->stream->write(std::make_shared<const std::string>(message.substr(0, wanted)));
    if (pipe->left) *pipe->left -= static_cast<std::int64_t>(std::min(wanted, message.size()));
    if (pipe->left == 0) {
      pipe->ended = true;
      pipe->stream->finish();
      if (agent != nullptr) agent->close("the reader has enough");
      return;
    }
    if (agent == nullptr || pipe->paused || pipe->stream->queued() < pause_above) return;
    pipe->paused = true;
    agent->pause();
    resume_later(loop_, pipe->stream, agent, [pipe] { pipe->paused = false; });
  });
  socket->on_close([pipe, begin, socket](const std::string& reason) {
    if (pipe->ended) return;
    // Without any bytes, what the agent says at the end is why there is no log; a log that was empty ends without a
    // word.
    if (pipe->stream == nullptr && reason.substr(0, normal_close.size()) != normal_close) {
      pipe->ended = true;
      return pipe->reader->respond(error_response(Error{Code::malformed, reason, {}}));
    }
    begin();
    pipe->ended = true;
    pipe->stream->finish();
  });
}

}  // namespace muster::server
