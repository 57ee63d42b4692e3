// The process driver itself. For this folder only.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/drivers/base/driver.h"
#include "runtime/drivers/process/file.h"
#include "runtime/drivers/process/launch.h"
#include "runtime/drivers/process/log_reader.h"
#include "runtime/drivers/process/process.h"
#include "runtime/drivers/process/record.h"
#include "runtime/drivers/process/supervisor.h"
#include "runtime/drivers/process/watcher.h"

namespace muster::drivers {

class ProcessDriver final : public Driver {
 public:
  ProcessDriver(Loop& loop, ProcessOptions options, Descriptor lock);
  ~ProcessDriver() override;

  // Reads the directory and adopts what runs. Once, before anything else.
  Status adopt();

  void info(Done<Info> done) override;
  void list(std::map<std::string, std::string> labels, Done<std::vector<ContainerState>> done) override;
  void inspect(std::string name, Done<ContainerState> done) override;
  void image(std::string reference, Done<Image> done) override;
  void resolve(std::string image, RegistryAuth auth, Done<std::string> done) override;
  void pull(std::string image, RegistryAuth auth, std::function<void(const PullProgress&)> progress,
            DoneVoid done) override;
  void tag(std::string image, std::string name, DoneVoid done) override;
  void images(Done<std::vector<Image>> done) override;
  void remove_image(std::string name, DoneVoid done) override;
  void usage(std::string name, Done<Usage> done) override;
  void create(ContainerConfig config, DoneVoid done) override;
  void start(std::string name, DoneVoid done) override;
  void stop(std::string name, Duration grace, DoneVoid done) override;
  void remove(std::string name, DoneVoid done) override;
  std::unique_ptr<Subscription> logs(std::string name, LogOptions options, LogCallbacks callbacks) override;
  std::unique_ptr<Subscription> events(std::map<std::string, std::string> labels, EventCallback callback) override;
  std::unique_ptr<Channel> exec(std::string name, std::vector<std::string> command, ProcessStreams streams,
                                ChannelCallbacks callbacks) override;
  std::unique_ptr<Channel> connect(std::string name, int port, ChannelCallbacks callbacks) override;
  std::unique_ptr<Channel> attach(std::string name, ProcessStreams streams, ChannelCallbacks callbacks) override;

 private:
  struct Life {};
  enum class Phase { created, starting, running, exited };

  struct Container {
    ProcessRecord record;
    std::string directory;
    Phase phase = Phase::created;
    std::optional<int> exit_code;
    std::string error;
    Time started_at{};
    Time finished_at{};
    Watcher::Id watch = 0;  // of the report while starting, of the supervisor's end while running
    std::vector<DoneVoid> start_waiters;
    std::vector<DoneVoid> exit_waiters;
    Loop::Timer kill_timer = 0;
    Duration kill_at{};                        // monotonic; of kill_timer
    std::optional<Duration> stop_after_start;  // the grace of a stop that came while starting
    bool remove_after_exit = false;
    Health health = Health::none;
    int health_failures = 0;
    Loop::Timer health_timer = 0;
    pid_t check = 0;  // a health check under way
    Watcher::Id check_watch = 0;
  };
  struct Subscriber {
    std::map<std::string, std::string> labels;
    EventCallback callback;
  };
  struct Reader;  // one log subscription
  // What all sessions of this host used at a moment: one look at /proc serves the containers that are asked for
  // together.
  struct Measured {
    std::map<pid_t, Usage> sessions;
    Duration at{};  // monotonic
  };

  Status adopt_one(const std::string& directory);
  void adopt_state(Container& container);
  void adopt_running(Container& container);
  Container* find(const std::string& name);
  ContainerState view(const Container& container) const;
  void changed(const Container& container);
  static bool has_labels(const Container& container, const std::map<std::string, std::string>& labels);

  Status create_now(const ContainerConfig& config);
  std::string secrets_file(const ProcessRecord& record) const;
  Status save_secrets(const ProcessRecord& record) const;
  void load_secrets(ProcessRecord& record) const;
  Status launch(Container& container);
  void reported(Container& container, const Launch& launched, Descriptor supervisor, const Descriptor& report);
  void start_failed(Container& container, std::string error);
  void watch_supervisor(Container& container, Descriptor supervisor);
  void supervisor_ended(Container& container);
  void read_exit(Container& container);
  void begin_stop(Container& container, Duration grace);
  void send_signal(const Container& container, int signal);
  void erase(Container& container);

  enum class CheckResult { passed, failed };
  void schedule_check(Container& container);
  void run_check(Container& container);
  void check_timed_out(Container& container);
  void check_ended(Container& container, CheckResult result);
  void end_checks(Container& container);

  void pump(const std::shared_ptr<Reader>& reader);

  // Runs soon on the loop, unless this driver has gone.
  void later(std::function<void()> run);
  // A timer of a container: not after the driver or the container has gone.
  Loop::Timer timer(Duration delay, const Container& container, void (ProcessDriver::*run)(Container&));
  void kill_now(Container& container);

  Loop& loop_;
  ProcessOptions options_;
  Descriptor lock_;
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
  Watcher watcher_;
  std::map<std::string, Container> containers_;  // by name
  std::list<std::shared_ptr<Subscriber>> subscribers_;
  std::optional<Measured> measured_;
};

}  // namespace muster::drivers
