// The tasks of this host: what the server wants, what was found, and what is left when they have stopped.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/protocol/frames.h"
#include "api/types/task.h"
#include "runtime/agent/checkpoint.h"
#include "runtime/agent/usage_sampler.h"
#include "runtime/agent/worker.h"
#include "runtime/base/life.h"

namespace muster::agent {

struct RosterOptions {
  Duration keep_stopped = std::chrono::minutes(10);  // containers of stopped tasks, for their logs
  std::size_t most_stopped = 100;                    // of them at once; the oldest go first
};

class Roster {
 public:
  Roster(WorkerContext& context, Checkpoint& checkpoint, ConfigObjects& config, RosterOptions options);
  ~Roster();
  Roster(const Roster&) = delete;
  Roster& operator=(const Roster&) = delete;

  // From the disk.
  void restore(Saved saved);
  // Everything known is of another identity: forgotten here, set aside on disk.
  void forget_all();
  // Containers of a name before, in the same cluster, as asked for at `order`: nobody wants them here, so they are
  // stopped and removed.
  void end_former(std::uint64_t order, const std::vector<drivers::ContainerState>& containers);

  // The server's words. What was not mentioned between the two calls is no longer wanted.
  void begin_sync();
  void put(const protocol::Put& frame);
  void remove(const protocol::Remove& frame);
  void end_sync();

  // The engine's words.
  void listed(std::uint64_t order, std::vector<drivers::ContainerState> containers);
  // False when the container belongs to no task known here.
  bool container_event(const std::string& host_name);
  void look_at_all();

  // Connected to the worker context.
  void changed(Worker& worker);
  void gone(Worker& worker);
  // Names and ids of images that tasks which have not ended refer to.
  std::set<std::string> images() const;
  // That tasks have which have not ended.
  std::set<std::string> gpus() const;
  // The server has the present status of the task.
  void acknowledged(Worker& worker);

  // What the server may know.
  std::vector<std::shared_ptr<Worker>> reportable() const;
  // Their running containers.
  std::vector<Measured> running() const;
  const Worker* find(const std::string& uid) const;
  std::size_t size() const { return workers_.size(); }
  std::size_t count(LastStatus status) const;

 private:
  struct Revision {
    std::string uid;
    std::shared_ptr<const TaskDefinitionSpec> spec;
    bool mentioned = false;
  };

  // A TaskSet: what its first task found, for those that are here.
  struct Deployment {
    std::vector<ContainerImage> images;
    std::set<std::string> tasks;  // uids
  };

  void put_task(const Task& task);
  void put_revision(const TaskDefinitionRevision& revision);
  void put_task_set(const TaskSet& set);
  // Among the tasks of its TaskSet; null when it has none.
  const Deployment* join(const Task& task);
  // Values that tasks of the namespace may wait for have changed.
  void config_changed(const std::string& ns);
  void remove_config_files() const;
  std::shared_ptr<Worker> add(task::DesiredTask desired, task::TaskMemory memory);
  void add_ghost(const std::string& uid, std::uint64_t order, const std::vector<drivers::ContainerState>& containers,
                 bool former);
  void ghosts_from_strays();
  void end_task(Worker& worker);
  void remove_lost_volumes();
  void forget(const std::string& uid);
  void expire();
  void set_alarm();

  WorkerContext& context_;
  Checkpoint& checkpoint_;
  ConfigObjects& config_;
  const RosterOptions options_;
  std::map<std::string, std::shared_ptr<Worker>> workers_;  // by uid
  std::map<std::string, Revision> revisions_;               // by namespace/name
  std::map<std::string, Deployment> deployments_;           // by the uid of the TaskSet
  // Containers with our labels of tasks that are not known (yet), as of the last list.
  std::map<std::string, std::vector<drivers::ContainerState>> strays_;
  std::uint64_t strays_order_ = 0;
  bool synced_ = false;
  std::multimap<Time, std::string> stopped_;  // when the containers of which task go
  Loop::Timer alarm_ = 0;
  Life life_;
};

}  // namespace muster::agent
