#include "runtime/server/streams.h"

#include <algorithm>
#include <optional>
#include <string>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/types/task.h"
#include "runtime/server/status.h"
#include "runtime/server/stream_target.h"

namespace muster::server {
namespace {

// A followed log that is silent for so long is there: clients wait for the head before they do anything else.
constexpr Duration silence = std::chrono::milliseconds(500);
constexpr std::string_view normal_close = "closed";  // what a close frame without a reason is called

Result<protocol::Open> open_request(const Call& call, const Task& task, Time now) {
  protocol::Open open;
  open.task_uid = task.metadata.uid;
  TRY(open.container, wanted_container(call, task));
  if (query_flag(call.target, "previous")) {
    // A container is never started again: what ran before was another task, and has its own log.
    return Error{Code::malformed,
                 str("previous terminated container \"", open.container, "\" in pod \"", task.metadata.name,
                     "\" not found: the attempt before is a task of its own"),
                 {}};
  }
  open.follow = query_flag(call.target, "follow");
  open.timestamps = query_flag(call.target, "timestamps");
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
    if (stream->queued() > limits::stream_resume_bytes) return resume_later(loop, stream, agent, resumed);
    resumed();
    socket->resume();
  });
}

// The stream is begun by the first bytes, so that an error of the agent can still be an error of the request.
struct Pipe {
  std::shared_ptr<http::Exchange> reader;
  std::shared_ptr<http::Stream> stream;
  std::weak_ptr<http::WebSocket> agent;
  std::optional<std::int64_t> left;  // bytes that the reader still wants
  bool paused = false;
  bool ended = false;
};

// From the loop: not while a callback of the agent's connection runs.
void close_later(Loop& loop, const std::weak_ptr<http::WebSocket>& agent, std::string_view reason) {
  loop.post([agent, reason] {
    const auto socket = agent.lock();
    if (socket == nullptr) return;
    socket->resume();  // one that does not read would not see the answer
    socket->close(reason);
  });
}

void begin(Loop& loop, const std::shared_ptr<Pipe>& pipe) {
  if (pipe->stream != nullptr) return;
  http::Response head;
  head.headers.emplace_back("Content-Type", "text/plain");
  pipe->stream = pipe->reader->stream(std::move(head));
  pipe->stream->on_close([&loop, pipe] {
    if (!pipe->ended) close_later(loop, pipe->agent, "the reader has gone");
  });
}

void copy(Loop& loop, const std::shared_ptr<Pipe>& pipe, const std::string& message) {
  if (pipe->ended) return;
  begin(loop, pipe);
  const std::size_t wanted = pipe->left ? static_cast<std::size_t>(*pipe->left) : message.size();
  pipe->stream->write(std::make_shared<const std::string>(message.substr(0, wanted)));
  if (pipe->left) *pipe->left -= static_cast<std::int64_t>(std::min(wanted, message.size()));
  if (pipe->left == 0) {
    pipe->ended = true;
    pipe->stream->finish();
    return close_later(loop, pipe->agent, "the reader has enough");
  }
  const auto agent = pipe->agent.lock();
  if (agent == nullptr || pipe->paused || pipe->stream->queued() < limits::stream_pause_bytes) return;
  pipe->paused = true;
  agent->pause();
  resume_later(loop, pipe->stream, agent, [pipe] { pipe->paused = false; });
}

void finish(Loop& loop, const std::shared_ptr<Pipe>& pipe, const std::string& reason) {
  if (std::exchange(pipe->ended, true)) return;
  // Without any bytes, what the agent says at the end is why there is no log; a log that was empty ends without a
  // word.
  if (pipe->stream == nullptr && reason.substr(0, normal_close.size()) != normal_close) {
    return pipe->reader->respond(error_response(Error{Code::malformed, reason, {}}));
  }
  begin(loop, pipe);
  pipe->stream->finish();
}

}  // namespace

void Streams::log(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  const Subject subject{call.kind, call.name};
  const auto fail = [&](const Error& error) { exchange->respond(error_response(error, subject)); };
  if (call.method != "GET") return fail(Error{Code::not_allowed, "only GET is served for a log", {}});
  const auto task = placed_task(call, objects_.state());
  if (!task.ok()) return fail(task.error());
  const auto open = open_request(call, **task, loop_.now());
  if (!open.ok()) return fail(open.error());
  auto pipe = std::make_shared<Pipe>();
  pipe->reader = exchange;
  if (const auto limit = call.target.param("limitBytes"); !limit.empty()) {
    pipe->left = parse_int(limit);
    if (!pipe->left || *pipe->left < 1)
      return fail(Error{Code::malformed, "limitBytes: must be a positive number", {}});
  }
  const auto id = dials_.ask(
      (*task)->spec.container_instance, *open,
      [&loop = loop_, pipe, follow = open->follow](const Result<std::shared_ptr<http::WebSocket>>& agent) {
        if (!agent.ok()) return pipe->reader->respond(error_response(agent.error()));
        pipe->agent = *agent;
        if (follow) {
          loop.after(silence, [&loop, pipe] {
            if (!pipe->ended && !pipe->agent.expired()) begin(loop, pipe);
          });
        }
        (*agent)->on_message([&loop, pipe](const std::string& message, http::Frame) { copy(loop, pipe, message); });
        // Holds the handle, and with it the connection, to its end.
        (*agent)->on_close([&loop, pipe, held = *agent](const std::string& reason) { finish(loop, pipe, reason); });
      });
  if (!id.ok()) return fail(id.error());
  exchange->on_close([&dials = dials_, id = *id] { dials.cancel(id); });
}

}  // namespace muster::server
