#include "runtime/agent/log_streams.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "runtime/base/log.h"

namespace muster::agent {
namespace {

constexpr std::size_t most_streams = 256;
constexpr std::size_t piece_bytes = 64U << 10U;
// The driver is asked to wait at the first mark and to go on at the second; one that cannot wait is cut off at the
// third.
constexpr std::size_t pause_bytes = 1U << 20U;
constexpr std::size_t resume_bytes = 256U << 10U;
constexpr std::size_t cut_bytes = 32U << 20U;
constexpr Duration drain_interval = std::chrono::milliseconds(5);

}  // namespace

struct LogStreams::Stream {
  std::string host_name;
  drivers::LogOptions options;
  std::unique_ptr<Connection> connection;
  std::unique_ptr<drivers::Subscription> log;
  Loop::Timer timer = 0;
};

LogStreams::LogStreams(Loop& loop, Link& link, drivers::Driver& driver, std::string target,
                       std::function<std::string(const std::string&, const std::string&)> host_name)
    : loop_(loop), link_(link), driver_(driver), target_(std::move(target)), host_name_(std::move(host_name)) {}

LogStreams::~LogStreams() {
  for (const auto& [number, stream] : streams_) loop_.cancel(stream->timer);
}

void LogStreams::open(const protocol::Open& request) {
  if (streams_.size() >= most_streams) {
    log::warning("too many log streams at once", {{"streams", streams_.size()}});
    return;  // the reader's own time limit ends its wait
  }
  const std::uint64_t number = ++last_;
  auto stream = std::make_unique<Stream>();
  stream->host_name = host_name_(request.task_uid, request.container);
  stream->options.follow = request.follow;
  stream->options.timestamps = request.timestamps;
  stream->options.since = request.since;
  if (request.tail >= 0) stream->options.tail = request.tail;
  LinkCallbacks callbacks;
  callbacks.on_open = life_.guard([this, number] { on_open(number); });
  callbacks.on_message = [](const std::string&) {};  // readers have nothing to say
  callbacks.on_close = life_.guard([this, number](const std::string&) { drop(number); });
  Stream& made = *streams_.emplace(number, std::move(stream)).first->second;
  made.connection = link_.dial(target_ + request.stream, std::move(callbacks));
}

void LogStreams::on_open(std::uint64_t number) {
  const auto found = streams_.find(number);
  if (found == streams_.end()) return;
  Stream& stream = *found->second;
  if (stream.host_name.empty()) return end(number, "the container does not exist on this host");
  drivers::LogCallbacks callbacks;
  callbacks.on_bytes = life_.guard([this, number](std::string_view bytes, bool) { on_bytes(number, bytes); });
  callbacks.on_end = life_.guard([this, number](const Status& status) { on_end(number, status); });
  stream.log = driver_.logs(stream.host_name, stream.options, std::move(callbacks));
}

void LogStreams::on_bytes(std::uint64_t number, std::string_view bytes) {
  const auto found = streams_.find(number);
  if (found == streams_.end()) return;
  Stream& stream = *found->second;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, piece_bytes);
    bytes.remove_prefix(piece.size());
    if (!stream.connection->send_bytes(std::string(piece))) return end(number, "the connection is lost");
  }
  const std::size_t queued = stream.connection->queued();
  if (queued >= cut_bytes) return end(number, "the reader is too slow for this log");
  if (queued >= pause_bytes && stream.timer == 0) {
    if (stream.log != nullptr) stream.log->pause();
    watch(number);
  }
}

void LogStreams::watch(std::uint64_t number) {
  const auto found = streams_.find(number);
  if (found == streams_.end()) return;
  Stream& stream = *found->second;
  stream.timer = 0;
  if (stream.connection->queued() <= resume_bytes) {
    if (stream.log != nullptr) stream.log->resume();
    return;
  }
  stream.timer = loop_.after(drain_interval, life_.guard([this, number] { watch(number); }));
}

void LogStreams::on_end(std::uint64_t number, const Status& status) {
  end(number, status.ok() ? std::string() : status.error().message);
}

// Not from inside a callback of what is ended.
void LogStreams::end(std::uint64_t number, const std::string& reason) {
  const auto found = streams_.find(number);
  if (found == streams_.end()) return;
  found->second->connection->close(reason);
  ended_logs_.push_back(std::move(found->second->log));
  loop_.post(life_.guard([this] { ended_logs_.clear(); }));
}

void LogStreams::drop(std::uint64_t number) {
  auto found = streams_.extract(number);
  if (found.empty()) return;
  loop_.cancel(found.mapped()->timer);
  ended_streams_.push_back(std::move(found.mapped()));
  loop_.post(life_.guard([this] { ended_streams_.clear(); }));
}

}  // namespace muster::agent
