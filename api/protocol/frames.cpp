// On the wire a frame is a map with one member: its type as the name, its fields as the value.
#include "api/protocol/frames.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/decode.h"
#include "api/schema/describe.h"
#include "api/schema/encode.h"
#include "api/schema/json.h"

namespace muster {
namespace {

constexpr std::size_t name_bytes = 255;
constexpr std::size_t uid_bytes = 64;
constexpr std::size_t address_bytes = 255;
constexpr std::size_t reason_bytes = 4096;
constexpr std::size_t event_reason_bytes = 128;
constexpr std::size_t report_tasks = 20'000;
constexpr std::size_t instance_resources = 64;
constexpr std::size_t instance_attributes = 1'024;
constexpr std::int64_t tail_lines = 1'000'000'000;
constexpr std::size_t message_frames = 100'000;
constexpr std::size_t message_bytes = 16U << 20U;

}  // namespace

template <>
Type Describe<protocol::Hello>::type() {
  using protocol::Hello;
  return object<Hello>(
      "AgentHello", "The first frame of an agent.",
      field<&Hello::cluster>("cluster", "The cluster to join.").required().max_length(name_bytes),
      field<&Hello::name>("name", "The name of the container instance.").required().max_length(name_bytes),
      field<&Hello::instance_uid>("instanceUid", "The instance that the agent's data belong to.").max_length(uid_bytes),
      field<&Hello::session>("session", "New for each start of the agent.").required().max_length(uid_bytes),
      field<&Hello::version_info>("versionInfo", "Versions of the agent and of its engine."),
      field<&Hello::resources>("resources", "What the host has.").max_items(instance_resources),
      field<&Hello::attributes>("attributes", "Attributes of the host.").max_items(instance_attributes),
      field<&Hello::address>("address", "Where published ports answer.").max_length(address_bytes));
}

template <>
Type Describe<protocol::Beat>::type() {
  return object<protocol::Beat>("AgentBeat", "A sign of life.");
}

template <>
Type Describe<protocol::TaskReport>::type() {
  using protocol::TaskReport;
  return object<TaskReport>(
      "AgentTaskReport", "What the agent observes of one task.",
      field<&TaskReport::ns>("namespace", "The task's namespace.").required().max_length(name_bytes),
      field<&TaskReport::name>("name", "The task's name.").required().max_length(name_bytes),
      field<&TaskReport::uid>("uid", "The task's uid.").required().max_length(uid_bytes),
      field<&TaskReport::status>("status", "The fields of the status that the agent writes."));
}

template <>
Type Describe<protocol::Report>::type() {
  using protocol::Report;
  return object<Report>(
      "AgentReport", "What the agent observes.",
      field<&Report::sequence>("sequence", "Counts up in a session.").range(0, INT64_MAX),
      field<&Report::full>("full", "Names every task the agent knows."),
      field<&Report::engine_down>("engineDown", "The container engine does not answer."),
      field<&Report::tasks>("tasks", "The tasks that changed, or all of them.").max_items(report_tasks));
}

template <>
Type Describe<protocol::TaskEvent>::type() {
  using protocol::TaskEvent;
  return object<TaskEvent>(
      "AgentTaskEvent", "Something to tell users of one task.",
      field<&TaskEvent::ns>("namespace", "The task's namespace.").required().max_length(name_bytes),
      field<&TaskEvent::name>("name", "The task's name.").required().max_length(name_bytes),
      field<&TaskEvent::uid>("uid", "The task's uid.").required().max_length(uid_bytes),
      field<&TaskEvent::warning>("warning", "Something is wrong."),
      field<&TaskEvent::reason>("reason", "One word.").required().max_length(event_reason_bytes),
      field<&TaskEvent::message>("message", "The same for people.").max_length(reason_bytes));
}

template <>
Type Describe<protocol::Away>::type() {
  using protocol::Away;
  return object<Away>(
      "AgentAway", "A planned absence.",
      field<&Away::hold>("hold", "How long it lasts at most.").between(Duration::zero(), std::chrono::hours(24)));
}

template <>
Type Describe<protocol::Welcome>::type() {
  using protocol::Welcome;
  return object<Welcome>(
      "AgentWelcome", "The server's first frame.",
      field<&Welcome::instance_uid>("instanceUid", "The uid of the instance.").required().max_length(uid_bytes),
      field<&Welcome::cluster_uid>("clusterUid", "The uid of its cluster.").required().max_length(uid_bytes),
      field<&Welcome::beat_interval>("beatInterval", "The time between two beats.")
          .between(std::chrono::milliseconds(1), std::chrono::hours(1)));
}

template <>
Type Describe<protocol::Refuse>::type() {
  return object<protocol::Refuse>(
      "AgentRefuse", "The server does not serve this agent.",
      field<&protocol::Refuse::reason>("reason", "Why, for people.").max_length(reason_bytes));
}

template <>
Type Describe<protocol::Put>::type() {
  return object<protocol::Put>("AgentPut", "An object is new or has changed.",
                               field<&protocol::Put::object>("object", "The object, whole.").required());
}

template <>
Type Describe<protocol::Remove>::type() {
  using protocol::Remove;
  return object<Remove>("AgentRemove", "An object is no longer for this agent.",
                        field<&Remove::kind>("kind", "The kind of the object.").required().max_length(name_bytes),
                        field<&Remove::ns>("namespace", "Its namespace.").max_length(name_bytes),
                        field<&Remove::name>("name", "Its name.").required().max_length(name_bytes),
                        field<&Remove::uid>("uid", "Its uid.").max_length(uid_bytes));
}

template <>
Type Describe<protocol::Synced>::type() {
  return object<protocol::Synced>("AgentSynced", "The whole desired state has been sent.");
}

template <>
Type Describe<protocol::Ack>::type() {
  return object<protocol::Ack>(
      "AgentAck", "A report has been stored.",
      field<&protocol::Ack::sequence>("sequence", "The number of the report.").range(0, INT64_MAX));
}

template <>
Type Describe<protocol::StreamKind>::type() {
  return enumeration<protocol::StreamKind>("AgentStreamKind", "What a stream is for.",
                                           {"log", "exec", "attach", "forward"});
}

template <>
Type Describe<protocol::Open>::type() {
  using protocol::Open;
  return object<Open>("AgentOpen", "A request to dial a stream.",
                      field<&Open::stream>("stream", "The stream's name.").required().max_length(name_bytes),
                      field<&Open::task_uid>("taskUid", "The task.").required().max_length(uid_bytes),
                      field<&Open::container>("container", "The container's name in its task.").max_length(name_bytes),
                      field<&Open::follow>("follow", "Go on while the container lives."),
                      field<&Open::timestamps>("timestamps", "Begin each line with its time."),
                      field<&Open::tail>("tail", "Only the last lines; -1: all.").range(-1, tail_lines),
                      field<&Open::since>("since", "Only lines from this time on."),
                      field<&Open::kind>("kind", "What the stream is for."),
                      field<&Open::command>("command", "The command to run.").max_items(limits::command_words),
                      field<&Open::input>("input", "The process is sent input."),
                      field<&Open::output>("output", "Its output is wanted."),
                      field<&Open::errors>("errors", "Its error output is wanted."),
                      field<&Open::terminal>("terminal", "It runs in a terminal."),
                      field<&Open::port>("port", "The port to connect to.").range(0, 65'535));
}

}  // namespace muster

namespace muster::protocol {
namespace {

// The names on the wire, in the order of the variants.
constexpr std::array<std::string_view, 6> up_names = {"hello", "beat", "report", "away", "usage", "event"};
constexpr std::array<std::string_view, 7> down_names = {"welcome", "refuse", "put", "remove", "synced", "ack", "open"};
static_assert(up_names.size() == std::variant_size_v<Up> && down_names.size() == std::variant_size_v<Down>);

constexpr std::string_view put_begin = R"({"put":{"object":)";
constexpr std::string_view put_end = "}}";
constexpr std::string_view beat_line = R"({"beat":{}})";

template <class Frame>
std::string encode_frame(std::string_view name, const Frame& frame) {
  std::string out = str("{\"", name, "\":");
  const std::size_t begin = out.size();
  std::visit([&](const auto& value) { muster::encode(*type_of<std::decay_t<decltype(value)>>(), &value, out); }, frame);
  if (out.size() == begin) out += "{}";
  out += '}';
  return out;
}

template <class Frame, std::size_t I = 0>
Result<std::optional<Frame>> decode_body(std::string_view name, const Node& body,
                                         const std::array<std::string_view, std::variant_size_v<Frame>>& names) {
  if constexpr (I == std::variant_size_v<Frame>) {
    return std::optional<Frame>{};
  } else {
    if (name != names[I]) return decode_body<Frame, I + 1>(name, body, names);
    DecodeOptions options;
    options.unknown = Unknown::ignore;
    auto value = muster::decode<std::variant_alternative_t<I, Frame>>(body, options);
    if (!value.ok()) return std::move(value).error().under(name);
    return std::optional<Frame>(Frame(std::in_place_index<I>, std::move(value).value()));
  }
}

// What most lines are, without a parser. The object inside a put is checked by whoever decodes it.
std::optional<Up> shortcut(std::string_view line, const Up* /*selects*/) {
  if (line == beat_line) return Up(Beat{});
  return std::nullopt;
}
std::optional<Down> shortcut(std::string_view line, const Down* /*selects*/) {
  if (line.size() <= put_begin.size() + put_end.size() || line.substr(0, put_begin.size()) != put_begin ||
      line.substr(line.size() - put_end.size()) != put_end) {
    return std::nullopt;
  }
  line.remove_prefix(put_begin.size());
  line.remove_suffix(put_end.size());
  return Down(Put{Raw{std::string(line)}});
}

template <class Frame>
Status decode_line(std::string_view line, const std::array<std::string_view, std::variant_size_v<Frame>>& names,
                   std::vector<Frame>& out) {
  if (std::optional<Frame> frame = shortcut(line, static_cast<const Frame*>(nullptr))) {
    out.push_back(std::move(*frame));
    return {};
  }
  TRY(const Node node, parse_json(line));
  if (!node.is_map() || node.members.size() != 1) {
    return Error{Code::malformed, "a frame must be a map with one member, its type", {}};
  }
  const auto& [name, body] = node.members.front();
  TRY(std::optional<Frame> frame, decode_body<Frame>(name, body, names));
  if (frame) out.push_back(std::move(*frame));
  return {};
}

template <class Frame>
Result<std::vector<Frame>> decode_message(std::string_view message,
                                          const std::array<std::string_view, std::variant_size_v<Frame>>& names) {
  if (message.size() > message_bytes) {
    return Error{Code::too_large, str("a message of more than ", message_bytes, " bytes"), {}};
  }
  std::vector<Frame> out;
  std::size_t number = 0;
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    const std::string_view line = message.substr(0, end);
    message.remove_prefix(std::min(end + 1, message.size()));
    if (trim(line).empty()) continue;
    if (++number > message_frames) {
      return Error{Code::too_large, str("a message of more than ", message_frames, " frames"), {}};
    }
    Status decoded = decode_line(line, names, out);
    if (!decoded.ok()) return std::move(decoded).error().under(str("frame ", number));
  }
  return out;
}

}  // namespace

std::string encode(const Up& frame) {
  return encode_frame(up_names.at(frame.index()), frame);
}

std::string encode(const Down& frame) {
  return encode_frame(down_names.at(frame.index()), frame);
}

std::string encode_put(std::string_view object_json) {
  return str(put_begin, object_json, put_end);
}

Result<std::vector<Up>> decode_up(std::string_view message) {
  return decode_message<Up>(message, up_names);
}

Result<std::vector<Down>> decode_down(std::string_view message) {
  return decode_message<Down>(message, down_names);
}

}  // namespace muster::protocol
