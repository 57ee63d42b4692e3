// Containers that exist only as timers on a Loop, real or virtual: for scale tests and for the deterministic
// simulation. SimulatedEngine is the host and outlives agents; SimulatedDriver is one connection to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/loop.h"
#include "runtime/drivers/base/driver.h"
#include "runtime/drivers/simulated/script.h"

namespace muster::drivers {

struct SimulatedOptions {
  std::string host = "simulated";  // stands in container ids
  Duration pull_latency{};         // 0: every image is present, unless its script has a pull_error
  Duration create_latency{};
  Duration start_latency{};
  Duration stop_latency{};  // from SIGTERM to the exit
  std::int64_t cpus = 2;
  std::int64_t memory_bytes = std::int64_t{4} << 30;
  int first_dynamic_port = 32768;
  int last_dynamic_port = 60999;
  std::map<std::string, SimulatedScript, std::less<>> images;  // the script of an image; the environment overrides it
};

// The host: keeps its containers while drivers come and go. Everything on the loop's thread; operations cost O(log n).
class SimulatedEngine {
 public:
  SimulatedEngine(Loop& loop, SimulatedOptions options);
  ~SimulatedEngine();
  SimulatedEngine(const SimulatedEngine&) = delete;
  SimulatedEngine& operator=(const SimulatedEngine&) = delete;

  // The container's process ends now, as by `docker kill`. not_found, or conflict when it does not run.
  Status kill(const std::string& name, int exit_code);
  // As by the kernel when the memory limit is passed: exit code 137 and the out-of-memory mark.
  Status kill_out_of_memory(const std::string& name);
  // Power loss of the host: every running container has exited with 137, what was starting does not start; the
  // containers themselves stay.
  void kill_all();
  // Called whenever a container's process has started, whoever asked for it.
  void on_start(std::function<void(const std::string& name)> observer);
  // Sets the verdict of the container's health check. not_found, or conflict when it does not run.
  Status set_health(const std::string& name, Health health);
  // From now on every call fails with Code::unavailable, those under way too. Containers run on.
  void make_unavailable();
  // The same, ending by itself after the time.
  void make_unavailable_for(Duration time);
  // Ends it; every subscriber of events is told that anything may have changed.
  void make_available();
  void set_image(const std::string& image, SimulatedScript script);
  // What the image is on this host from now on: hosts on which it was built at different times differ. `build` 0 is
  // what it is on hosts that were told nothing.
  void set_build(const std::string& image, std::uint64_t build);

  // What the host has, by name; works while unavailable.
  std::vector<ContainerState> containers() const;
  std::size_t running() const;
  std::vector<std::string> volumes() const;
  // Containers that were ever started, restarts included: shows whether something was started twice.
  std::uint64_t starts() const;

  struct State;  // defined in state.h, for this folder only

 private:
  friend class SimulatedDriver;
  std::shared_ptr<State> state_;
};

// A connection. Dropping it is an agent's crash: no callback follows, what was asked for still happens.
class SimulatedDriver final : public Driver, private Volumes {
 public:
  explicit SimulatedDriver(std::shared_ptr<SimulatedEngine> engine);
  ~SimulatedDriver() override;

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
  Volumes* volumes() override { return this; }

 private:
  void create_volume(VolumeConfig config, DoneVoid done) override;
  void volume_present(std::string name, Done<bool> done) override;
  void list_volumes(std::map<std::string, std::string> labels, Done<std::vector<std::string>> done) override;
  void remove_volume(std::string name, DoneVoid done) override;

  struct Life {};
  // The callback as the engine may call it: not after this driver's end, and with an error once the engine has been
  // away.
  template <class T>
  Done<T> guard(Done<T> done);
  // Runs the call on the loop, or answers that the engine is away.
  template <class T, class F>
  void call(Done<T> done, F operation);

  std::shared_ptr<SimulatedEngine> engine_;
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
};

}  // namespace muster::drivers
