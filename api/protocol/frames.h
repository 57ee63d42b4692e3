// The words between an agent and the server, on the agent's one WebSocket (a subresource of its ContainerInstance:
// GET /apis/muster.dev/v1beta1/containerinstances/NAME/agent). A text message holds one or more JSON values, one a
// line.
//
// Down: welcome | refuse, then the instance's desired state as `put` and `remove`, `synced` when all of it has been
// sent, then its changes for as long as the connection lives; `ack`; `open` (a request to dial a stream). Up: hello
// first, then beats, reports, events, usage, away.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/base/error.h"
#include "api/schema/raw.h"
#include "api/types/cluster.h"
#include "api/types/task.h"
#include "api/types/usage.h"

namespace muster::protocol {

// Up.
struct Hello {
  std::string cluster, name;
  std::string instance_uid;  // of the instance this agent's data belong to; empty: of none yet
  std::string session;       // new for each start of the agent
  VersionInfo version_info;
  std::vector<InstanceResource> resources;
  std::vector<Attribute> attributes;
  std::string address;  // where published ports answer
  bool operator==(const Hello&) const = default;
};
struct Beat {
  bool operator==(const Beat&) const = default;
};
// What the agent observes of one of its tasks: the fields of TaskStatus that the agent writes.
struct TaskReport {
  std::string ns, name, uid;
  TaskStatus status;
  bool operator==(const TaskReport&) const = default;
};
struct Report {
  std::int64_t sequence = 0;  // counts up in a session; answered by Ack once the writes are durable
  bool full = false;          // names every task the agent knows; the first report of a connection is full
  bool engine_down = false;   // the container engine does not answer: a condition, not a loss
  std::vector<TaskReport> tasks;
  bool operator==(const Report&) const = default;
};
// Something that a user would like to know of one of its tasks: becomes an Event. May be lost, and is dropped when too
// many come.
struct TaskEvent {
  std::string ns, name, uid;
  bool warning = false;
  std::string reason;  // CamelCase
  std::string message;
  bool operator==(const TaskEvent&) const = default;
};
// A planned absence: Suspect, never Lost, until it runs out.
struct Away {
  Duration hold{};
  bool operator==(const Away&) const = default;
};

// Down.
struct Welcome {
  std::string instance_uid, cluster_uid;
  Duration beat_interval{};
  bool operator==(const Welcome&) const = default;
};
struct Refuse {
  std::string reason;
  bool operator==(const Refuse&) const = default;
};
struct Put {
  // A Task, what it refers to (a TaskDefinitionRevision; Secrets and ConfigMaps, before the task; its TaskSet, once
  // that knows the images of its tasks) or the agent's ContainerInstance, as the API encodes it.
  Raw object;
  bool operator==(const Put&) const = default;
};
struct Remove {
  std::string kind, ns, name, uid;
  bool operator==(const Remove&) const = default;
};
struct Synced {
  bool operator==(const Synced&) const = default;
};
struct Ack {
  std::int64_t sequence = 0;
  bool operator==(const Ack&) const = default;
};
enum class StreamKind {
  log,      // sends the container's log
  exec,     // runs a command in the container
  attach,   // the container's own input and output
  forward,  // a connection to a port of the task
};
// Dial GET .../containerinstances/NAME/streams/ID and serve the stream there. A log is sent as it is; the others speak
// the messages of tunnel.h.
struct Open {
  std::string stream;  // unguessable; names the waiting reader
  std::string task_uid, container;
  bool follow = false, timestamps = false;
  std::int64_t tail = -1;  // lines; -1: all
  Time since{};
  StreamKind kind = StreamKind::log;
  std::vector<std::string> command;  // of exec
  // Of exec and attach: which of the process's streams are wanted, and whether it gets a terminal.
  bool input = false, output = false, errors = false, terminal = false;
  std::int32_t port = 0;  // of forward
  bool operator==(const Open&) const = default;
};

// InstanceUsage is kept in memory only, like beats.
using Up = std::variant<Hello, Beat, Report, Away, InstanceUsage, TaskEvent>;
using Down = std::variant<Welcome, Refuse, Put, Remove, Synced, Ack, Open>;

// One line, without the newline.
std::string encode(const Up& frame);
std::string encode(const Down& frame);
// The line of a Put without decoding and encoding its object.
std::string encode_put(std::string_view object_json);
// All lines of a message. Unknown types are skipped, so that either end may be newer.
Result<std::vector<Up>> decode_up(std::string_view message);
Result<std::vector<Down>> decode_down(std::string_view message);

}  // namespace muster::protocol
