// What runs containers. A driver knows containers only, never tasks or services; it never retries and never decides.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"

namespace muster::drivers {

struct PortMapping {
  int container_port = 0;
  int host_port = 0;  // 0: the driver or the engine chooses; the choice is in ContainerState::ports
  std::string protocol = "tcp";
  std::string host_ip;  // empty: all addresses
  bool operator==(const PortMapping&) const = default;
};

struct HealthCheck {
  std::vector<std::string> test;  // Docker's form: {"CMD", ...} or {"CMD-SHELL", "..."}
  Duration interval{};
  Duration timeout{};
  Duration start_period{};
  int retries = 0;
  bool operator==(const HealthCheck&) const = default;
};

// A limit of each process, by its name without RLIMIT_ in lower case.
struct Ulimit {
  std::string name;
  std::int64_t soft = 0, hard = 0;  // -1: unlimited
};

struct Mount {
  std::string source;  // an absolute path of the host, made as a directory when it is missing; or a volume's name
  std::string target;
  bool read_only = false;
};

struct Device {
  std::string host_path, container_path;
  std::string permissions = "rwm";  // read, write, mknod
};

// Where a container's output goes.
struct LogConfig {
  std::string driver;
  std::map<std::string, std::string> options;
};

struct FileMount {
  std::string source;  // a file or folder of the host, which must be there when the container starts
  std::string target;
  bool operator==(const FileMount&) const = default;
};

// Everything needed to create one container.
struct ContainerConfig {
  std::string name;  // unique on the host; contains the task's uid
  std::string image;
  std::optional<std::vector<std::string>> entry_point;  // absent: the image's
  std::optional<std::vector<std::string>> command;      // absent: the image's
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> secret_variables;  // names of the environment whose values a driver must not write to disk
  std::string working_directory;
  std::string user;
  std::string hostname;
  std::map<std::string, std::string> labels;
  std::string network_mode = "bridge";  // bridge, host, none
  std::vector<PortMapping> ports;
  std::int64_t cpu_shares = 0;    // 0: the engine's default
  std::int64_t memory_bytes = 0;  // hard limit; 0: none
  std::int64_t memory_reservation_bytes = 0;
  bool privileged = false;
  bool read_only_root = false;
  bool init = false;
  bool interactive = false;
  bool pseudo_terminal = false;
  std::vector<std::string> links;  // "container-name:alias"
  std::vector<std::string> dns_servers;
  std::vector<std::string> dns_search;
  std::vector<std::string> extra_hosts;  // "name:ip"
  std::optional<HealthCheck> health_check;
  std::string stop_signal;
  std::int64_t shared_memory_bytes = 0;      // 0: the engine's default
  std::int64_t memory_and_swap_bytes = 0;    // 0: the engine's default; memory_bytes: no swap
  std::optional<std::int32_t> swappiness;    // 0 to 100; absent: the host's
  std::map<std::string, std::string> tmpfs;  // directory -> options of the mount, separated by commas
  std::vector<Ulimit> ulimits;
  std::vector<Mount> mounts;
  std::vector<FileMount> file_mounts;     // read-only
  std::vector<std::string> volumes_from;  // "container-name" or "container-name:ro"
  std::vector<std::string> capabilities_add, capabilities_drop;
  std::vector<Device> devices;
  std::map<std::string, std::string> system_controls;
  std::vector<std::string> security_options;
  bool network_disabled = false;
  std::string pid_mode;              // empty: its own; host, or container:NAME
  std::string ipc_mode;              // empty: the engine's default; host, none, shareable, or container:NAME
  std::optional<LogConfig> log;      // absent: a log that the driver can read and that cannot fill a disk
  std::vector<std::string> gpu_ids;  // by their own names ("GPU-..."), or their numbers
  std::string cgroup_parent;         // where the engine puts its control group; empty: in the engine's default place
};

// A volume of the engine.
struct VolumeConfig {
  std::string name;
  std::string driver = "local";
  std::map<std::string, std::string> driver_options, labels;
};

enum class ContainerPhase { created, running, exited };
enum class Health { none, starting, healthy, unhealthy };

// What the driver sees of one container now.
struct ContainerState {
  std::string id;  // the driver's own, never reused
  std::string name;
  std::map<std::string, std::string> labels;
  ContainerPhase phase = ContainerPhase::created;
  std::optional<int> exit_code;
  bool out_of_memory = false;
  std::string error;  // the engine's text when a start failed
  Time created_at{};  // not set: the driver does not tell
  Time started_at{};
  Time finished_at{};
  Health health = Health::none;
  std::vector<PortMapping> ports;  // with the host ports really bound
  std::string image_id;            // "sha256:..."
  std::string ip_address;
};

struct LogOptions {
  bool follow = false;
  std::optional<std::int64_t> tail;  // lines; absent: all
  Time since{};                      // unset: from the start
  bool timestamps = false;
};

struct LogCallbacks {
  std::function<void(std::string_view bytes, bool is_stderr)> on_bytes;
  std::function<void(Status end)> on_end;  // once; not after a cancel
};

// Cancels what it stands for when dropped.
class Subscription {
 public:
  virtual ~Subscription() = default;
  // Back-pressure: no more callbacks until resume(), if the source can wait. One that cannot goes on.
  virtual void pause() {}
  virtual void resume() {}
};

// Which of a process's streams are wanted. With a terminal all output comes as one.
struct ProcessStreams {
  bool input = false, output = false, errors = false;
  bool terminal = false;
};

struct ChannelCallbacks {
  std::function<void(std::string_view bytes, bool is_stderr)> on_bytes;
  // The other end sends nothing more, but may still take input. Only of connect().
  std::function<void()> on_output_end;
  // Once, the last: the process's exit code (0 where there is none to tell), or why the channel failed.
  std::function<void(Result<int> end)> on_end;
};

// Bytes both ways with a process in a container or with one of its ports. Ends what it stands for when dropped, as far
// as the engine can; pause() and resume() are for what it sends. Input that comes before it is connected is kept.
class Channel : public Subscription {
 public:
  // False when it has ended or too much is queued.
  virtual bool write(std::string bytes) = 0;
  virtual std::size_t queued() const = 0;  // bytes of input that are not yet on their way
  virtual void end_input() = 0;
  virtual void resize(int /*width*/, int /*height*/) {}
};

// "Container NAME may have changed", or with an empty name "anything may have changed, list again" (after a reconnect).
using EventCallback = std::function<void(const std::string& name)>;

// Of the kernel's scheduler, for a container with a CPU quota.
struct CpuQuota {
  Duration quota{}, period{};             // zero: no quota
  std::int64_t periods = 0, held_up = 0;  // that have passed, and in which it was held up
  Duration held_up_for{};                 // of all its threads together
  bool operator==(const CpuQuota&) const = default;
};
// In bytes.
struct MemoryUsage {
  std::int64_t usage = 0;  // with what the kernel keeps of files
  std::int64_t rss = 0, cache = 0, swap = 0;
  std::int64_t limit = 0;    // 0: none
  std::int64_t highest = 0;  // usage ever; 0: not known
  bool operator==(const MemoryUsage&) const = default;
};
struct PacketCounts {
  std::int64_t bytes = 0, packets = 0, errors = 0, dropped = 0;
  bool operator==(const PacketCounts&) const = default;
};
struct InterfaceUsage {
  std::string name;  // in the container: "eth0"
  PacketCounts received, sent;
  bool operator==(const InterfaceUsage&) const = default;
};
// Of all block devices together.
struct DiskUsage {
  std::int64_t read_bytes = 0, written_bytes = 0, reads = 0, writes = 0;
  bool operator==(const DiskUsage&) const = default;
};

// What a container's processes use. All but the first two as far as the driver gets to know it.
struct Usage {
  Duration cpu{};                 // since it started
  std::int64_t memory_bytes = 0;  // the working set: without what the kernel can drop at once
  std::optional<CpuQuota> quota = {};
  std::optional<MemoryUsage> memory = {};
  std::vector<InterfaceUsage> network = {};  // none in the host's network
  std::optional<DiskUsage> disk = {};
  std::optional<std::int64_t> processes = {}, out_of_memory_kills = {};
  bool operator==(const Usage&) const = default;
};

// An image that an engine has.
struct Image {
  std::string id;                    // "sha256:..."; empty: the driver runs things without images
  std::vector<std::string> tags;     // "repository:tag"
  std::vector<std::string> digests;  // "repository@sha256:..."; none: it came from no registry
  std::int64_t size_bytes = 0;       // layers that it shares with others included
  bool in_use = false;               // by a container, whoever's. Known in images() only
};

// What a registry is told of who pulls. Never logged.
struct RegistryAuth {
  std::string registry;  // "127.0.0.1:5000"; Docker's hub is "https://index.docker.io/v1/"
  std::string username, password;
  std::string identity_token;  // in place of both
  bool empty() const { return username.empty() && password.empty() && identity_token.empty(); }
};

struct PullProgress {
  std::size_t layers = 0, layers_done = 0;    // as far as is known
  std::int64_t bytes = 0, bytes_to_come = 0;  // fetched, and still to be; as far as is known
};

// A network of the engine through which containers in network mode "bridge" reach their host. IPv4.
struct Bridge {
  std::string gateway;  // the host's own address there: "172.17.0.1"
  std::string subnet;   // "172.17.0.0/16"
  bool operator==(const Bridge&) const = default;
};

struct Info {
  std::string engine;  // "docker 20.10.24", "process", "simulated"
  std::int64_t cpus = 0;
  std::int64_t memory_bytes = 0;
  std::map<std::string, std::string> attributes;  // com.amazonaws.ecs.capability.* and the like
  std::string data_directory;                     // where it keeps images, as it says; may be empty
  // How it makes control groups; empty and 0 where containers have none that somebody else could put into another.
  std::string cgroup_driver;         // "cgroupfs", "systemd"
  int cgroup_version = 0;            // 1, 2
  std::vector<Bridge> bridges = {};  // none: containers have no such network, or the engine does not tell
};

template <class T>
using Done = std::function<void(Result<T>)>;
using DoneVoid = std::function<void(Status)>;

// The volumes of an engine. The rules are those of Driver: idempotent, no answer from inside a call, errors that begin
// with an ECS error name.
class Volumes {
 public:
  virtual ~Volumes() = default;
  // One that is there already stays as it is.
  virtual void create_volume(VolumeConfig config, DoneVoid done) = 0;
  virtual void volume_present(std::string name, Done<bool> done) = 0;
  // The names of those that carry every one of these labels.
  virtual void list_volumes(std::map<std::string, std::string> labels, Done<std::vector<std::string>> done) = 0;
  // Code::conflict while a container has it.
  virtual void remove_volume(std::string name, DoneVoid done) = 0;
};

// All calls and callbacks are on the loop the driver was made with. Every operation is idempotent: "already there" and
// "already gone" are successes. Error texts begin with an ECS error name ("CannotPullContainerError: ...").
// Code::unavailable means the engine itself did not answer; nothing is then known of the container.
class Driver {
 public:
  virtual ~Driver() = default;

  // Is the engine there, and what does it have?
  virtual void info(Done<Info> done) = 0;
  // All containers, dead ones included, that carry every one of these labels. First call of an agent: a restart is
  // normal.
  virtual void list(std::map<std::string, std::string> labels, Done<std::vector<ContainerState>> done) = 0;
  // By name. Code::not_found when there is none.
  virtual void inspect(std::string name, Done<ContainerState> done) = 0;
  // Whether images come from registries, where a tag can move. Otherwise what is present is all there is to know.
  virtual bool has_registries() const { return false; }
  // By "repository:tag", "repository@sha256:..." or id. Code::not_found when it is not there: it needs a pull.
  virtual void image(std::string reference, Done<Image> done) = 0;
  // The digest that the registry has for the image now. Code::unsupported where the engine does not ask registries:
  // a pull finds out.
  virtual void resolve(std::string image, RegistryAuth auth, Done<std::string> done) = 0;
  // Makes the image present. `progress` may be null; it is told whenever something has changed.
  virtual void pull(std::string image, RegistryAuth auth, std::function<void(const PullProgress&)> progress,
                    DoneVoid done) = 0;
  // Gives an image that is present a further name, "repository:tag"; an image of that name before loses it.
  virtual void tag(std::string image, std::string name, DoneVoid done) = 0;
  // All that are there.
  virtual void images(Done<std::vector<Image>> done) = 0;
  // Takes the name from its image; the image goes with its last name. Code::conflict when a container uses it.
  virtual void remove_image(std::string name, DoneVoid done) = 0;
  // Of a running container. Code::not_found when there is none, or it does not run.
  virtual void usage(std::string name, Done<Usage> done) = 0;
  virtual void create(ContainerConfig config, DoneVoid done) = 0;
  virtual void start(std::string name, DoneVoid done) = 0;
  // The stop protocol: the stop signal, then SIGKILL after `grace`. `done` when the container has exited.
  virtual void stop(std::string name, Duration grace, DoneVoid done) = 0;
  virtual void remove(std::string name, DoneVoid done) = 0;
  virtual std::unique_ptr<Subscription> logs(std::string name, LogOptions options, LogCallbacks callbacks) = 0;
  // Reconnects by itself; each reconnect is announced by an empty name.
  virtual std::unique_ptr<Subscription> events(std::map<std::string, std::string> labels, EventCallback callback) = 0;

  // Null where the driver has no volumes; containers with mounts are then refused. Lives as long as the driver.
  virtual Volumes* volumes() { return nullptr; }

  // Null where the driver cannot do it. No callback comes from inside the call.
  // NOLINTBEGIN(performance-unnecessary-value-param): those who can keep what they are given
  // Runs a command in a running container.
  virtual std::unique_ptr<Channel> exec(std::string /*name*/, std::vector<std::string> /*command*/,
                                        ProcessStreams /*streams*/, ChannelCallbacks /*callbacks*/) {
    return nullptr;
  }
  // The input and output of the container's own process, from now on. Whether it has a terminal and takes input was
  // decided when it was created.
  virtual std::unique_ptr<Channel> attach(std::string /*name*/, ProcessStreams /*streams*/,
                                          ChannelCallbacks /*callbacks*/) {
    return nullptr;
  }
  // A TCP connection to a port of the container, whether published or not.
  virtual std::unique_ptr<Channel> connect(std::string /*name*/, int /*port*/, ChannelCallbacks /*callbacks*/) {
    return nullptr;
  }
  // NOLINTEND(performance-unnecessary-value-param)
};

}  // namespace muster::drivers
