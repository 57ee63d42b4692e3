// One task on this host: observe -> plan -> step -> observe, until the plan has nothing to do. Decides nothing itself:
// all decisions are controllers/task. At most one step a container at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controllers/task/container_config.h"
#include "controllers/task/plan.h"
#include "runtime/agent/config_folder.h"
#include "runtime/agent/config_objects.h"
#include "runtime/agent/gpus.h"
#include "runtime/agent/images.h"
#include "runtime/agent/lanes.h"
#include "runtime/agent/metadata/endpoint.h"
#include "runtime/agent/ports.h"
#include "runtime/agent/readiness_probe.h"
#include "runtime/agent/redaction.h"
#include "runtime/agent/task_cgroups.h"
#include "runtime/base/loop.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

class Worker;

// What has happened since the start, for metrics.
struct WorkerCounts {
  std::uint64_t creations = 0, starts = 0, stops = 0, removals = 0, failures = 0;
};

// What all workers of an agent share; outlives them.
struct WorkerContext {
  Loop& loop;
  drivers::Driver& driver;
  Images& images;
  Lanes& lanes;
  Ports* ports;  // null: the driver chooses host ports
  task::Identity identity;
  // False while nothing is known of the engine: no step is decided then.
  std::function<bool()> may_act;
  std::function<void()> engine_failed;
  // The memory, and `status_changed` what is to be reported, has changed. Called before the steps that follow from it.
  std::function<void(Worker& worker, bool status_changed)> changed;
  // Nothing of the task is left on the host.
  std::function<void(Worker& worker)> gone;
  // Something that users may want to know of the task.
  std::function<void(const Worker& worker, const ImageNews& news)> tell;
  WorkerCounts counts;
  // Orders observations: what was asked for before a step ended says nothing about its outcome.
  std::uint64_t order = 0;
  // Null: there are none, and definitions that refer to any cannot run.
  const ConfigObjects* config = nullptr;
  const ConfigFolder* config_files = nullptr;
  // Of the host, and which of them tasks have that have not ended.
  Gpus gpus = {};
  std::function<std::set<std::string>()> gpus_in_use = nullptr;
  // Null: containers are limited one by one.
  const TaskCgroups* cgroups = nullptr;
  // Null: containers find no task metadata.
  const metadata::Endpoint* metadata = nullptr;
};

class Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(WorkerContext& context, task::DesiredTask desired, task::TaskMemory memory);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  const task::DesiredTask& desired() const { return desired_; }
  const task::TaskMemory& memory() const { return memory_; }
  const TaskStatus& status() const { return memory_.status; }
  bool stopped() const { return memory_.status.last_status == LastStatus::stopped; }
  bool has_containers() const;
  // Containers, or volumes that go with them.
  bool has_remains() const;
  // That its containers have, by its memory or by what the engine says.
  std::set<std::string> gpus() const;
  // The name on the host, or empty when there is none of that name in the task. An empty name: the first container.
  std::string host_name(const std::string& container) const;
  // What the engine says of its containers, for those who look at the task from inside it.
  std::vector<metadata::Found> found() const;

  // Something is wanted differently; look() afterwards.
  task::DesiredTask& wish() { return desired_; }
  // The engine's whole list was asked for at `order`; these of it are this task's.
  void listed(std::uint64_t order, const std::vector<drivers::ContainerState>& containers);
  // The engine says that this container may have changed.
  void container_event(const std::string& host_name);
  // Plans and begins what can be begun.
  void look();

  // Whose turn it is to report; kept by the reporter.
  struct {
    bool due = false;
    std::int64_t sequence = 0;  // of the report that holds the present status; 0: none yet
    bool acknowledged = false;  // the present status is durable at the server
  } report;
  bool ghost = false;          // found on the host, unknown to the server
  bool former = false;         // a ghost of an identity that this agent had before: other labels
  bool known_stopped = false;  // the server knew that it has stopped when it was given
  bool mentioned = false;      // by the server since the connection was made
  bool deleted = false;        // by the server: forget it when gone
  std::string task_set;        // the uid of the TaskSet that owns the task; empty: none, or not known since a restart
  // The server has sent what the task refers to since this process began: what is not there does not exist.
  bool config_known = false;

 private:
  // Beside observed_[same index].
  struct Slot {
    std::string host_name, ip_address;
    Time created_at{};
    std::uint64_t as_of = 0;  // the order of the last observation that counts
    std::uint64_t step = 0;   // counts up; tells the outcome of a pull that is no longer waited for
    Lane::Ticket ticket = 0;  // waiting in a lane
    task::StepKind waiting_for = task::StepKind::pull;
    bool inspecting = false;
    bool settling = false;  // the step has ended, its effect has not been seen
    bool stale = false;     // an event came while it was inspected or worked on
    bool chose_ports = false;
    int port_tries = 0;
    int image_tries = 0;
    std::optional<Redaction> given;  // what it was made with by this process
    std::unique_ptr<ReadinessProbe> probe;
    Time probed{};  // the start of the run that it is of
  };

  // Null when there is none of that name, or the definition is unknown.
  const ContainerDefinition* definition_of(const std::string& container) const;
  std::size_t slot_of(const std::string& container);
  void apply(std::size_t at, std::uint64_t order, const drivers::ContainerState* state);
  // The readiness check goes on while the container runs.
  void tend_probe(std::size_t at);
  void inspect(std::size_t at);
  void inspected(std::size_t at, std::uint64_t order, const Result<drivers::ContainerState>& state);
  // Takes values from Secrets or ConfigMaps, in the definition or the task's overrides.
  bool takes_config(const std::string& container) const;
  Result<task::Configured> configure(const std::string& container) const;
  // A text of the engine about that container, without values of Secrets.
  std::string redacted(std::size_t at, std::string text) const;
  void find_obstacles();
  void decide();
  void begin(const task::Step& step);
  void queue(std::size_t at, const task::Step& step);
  void run(std::size_t at, const task::Step& step, const std::shared_ptr<Lane::Pass>& pass);
  void pull(std::size_t at);
  void image_ready(std::size_t at, const Result<ReadyImage>& image);
  void image_resolved(std::size_t at, const ReadyImage& image);
  // What to ask for, for the container of that definition.
  ImageRequest image_request(const ContainerDefinition& definition) const;
  void create(std::size_t at, const std::shared_ptr<Lane::Pass>& pass);
  void create_container(std::size_t at, const std::shared_ptr<Lane::Pass>& pass);
  Result<drivers::ContainerConfig> config_for(std::size_t at);
  // Control groups, and files from Secrets and ConfigMaps, are gone after the host has been started anew.
  Status restore(std::size_t at);
  void offer_metadata(const std::string& container, task::ContainerConfig& config) const;
  Status choose_ports(Slot& slot, task::ContainerConfig& config);
  // The same as before for a container that is made once more.
  Status choose_gpus(std::size_t at, task::ContainerConfig& config);
  // The control group of the task, if it has one here: its name for the engine.
  Result<std::string> provide_cgroup() const;
  void ended(std::size_t at, task::StepKind kind, const Status& status);
  void ended_well(std::size_t at, task::StepKind kind);
  // True when the failure was dealt with and is to be tried in another way.
  bool try_differently(std::size_t at, task::StepKind kind, const Error& error);
  // Nothing is left but perhaps volumes.
  void leave();
  void left(const Status& status);
  void leave_lane(std::size_t at, task::StepKind kind);
  void set_alarm(std::optional<Duration> after);
  template <class F>
  auto guard(F callback) const;

  WorkerContext& context_;
  task::DesiredTask desired_;
  task::TaskMemory memory_;
  std::vector<task::ObservedContainer> observed_;
  std::vector<Slot> slots_;
  Loop::Timer alarm_ = 0;
  bool looking_ = false, again_ = false;
  enum class Volumes { unknown, provided, going, gone };
  Volumes volumes_ = Volumes::unknown;
  int volume_tries_ = 0;  // to remove them
};

}  // namespace muster::agent
