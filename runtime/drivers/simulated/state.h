// The inside of SimulatedEngine. For this folder only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "runtime/drivers/simulated/simulated.h"

namespace muster::drivers {

// One container. Kept small: a test holds 50,000 of them in one process.
struct SimulatedContainer {
  enum class Phase : std::uint8_t { created, starting, running, stopping, exited };

  const std::string* name = nullptr;  // the key in the map
  std::uint64_t serial = 0;
  std::uint64_t image_hash = 0;
  std::shared_ptr<const std::vector<std::string>> label_keys;  // shared by containers with the same keys
  std::string label_values;                                    // in the keys' order, each ended by a zero byte
  std::shared_ptr<const SimulatedScript> script;               // shared by containers with the same script
  std::vector<PortMapping> wanted_ports;
  std::vector<int> bound_ports;  // host ports in the order of wanted_ports; empty unless running
  std::string error;
  Time started_at{};
  Time finished_at{};
  Duration stop_at{};           // monotonic; of the timer, while stopping
  Loop::Timer phase_timer = 0;  // end of starting, of run_for or of the grace
  Loop::Timer health_timer = 0;
  Loop::Timer unhealthy_timer = 0;
  int exit_code = 0;
  Phase phase = Phase::created;
  Health health = Health::none;
  bool has_exit_code = false;
  bool out_of_memory = false;
  bool has_health_check = false;
  bool has_address = false;
  std::optional<Duration> stop_after_start;  // a stop that came while starting: its grace
};

// "sha256:..."
std::string simulated_image_id(std::uint64_t image_hash);

struct SimulatedEngine::State : std::enable_shared_from_this<SimulatedEngine::State> {
  State(Loop& the_loop, SimulatedOptions the_options) : loop(the_loop), options(std::move(the_options)) {}

  // Runs soon, or after the delay; not after the engine's end.
  void later(Duration delay, std::function<void(State&)> run);
  Loop::Timer timer(Duration delay, SimulatedContainer& container, void (State::*run)(SimulatedContainer&));
  SimulatedContainer* find(const std::string& name);

  void pull(const std::string& image, DoneVoid done);
  bool image_present(const std::string& image) const;
  std::uint64_t image_hash(const std::string& image) const;
  void create(ContainerConfig config, const DoneVoid& done);
  void start(const std::string& name, DoneVoid done);
  void stop(const std::string& name, Duration grace, DoneVoid done);
  void remove(const std::string& name, const DoneVoid& done);

  void started(SimulatedContainer& container);
  // The host goes down; nobody is answered.
  void abort_start(SimulatedContainer& container);
  void ran_out(SimulatedContainer& container);
  void stop_timed(SimulatedContainer& container);
  void became_healthy(SimulatedContainer& container);
  void became_unhealthy(SimulatedContainer& container);
  void begin_stop(SimulatedContainer& container, Duration grace);
  void exit(SimulatedContainer& container, int exit_code);
  Status bind_ports(SimulatedContainer& container);
  void release_ports(SimulatedContainer& container);
  void cancel_timers(SimulatedContainer& container);

  ContainerState view(const SimulatedContainer& container) const;
  bool has_labels(const SimulatedContainer& container, const std::map<std::string, std::string>& labels) const;
  std::map<std::string, std::string> labels_of(const SimulatedContainer& container) const;
  void set_labels(SimulatedContainer& container, const std::map<std::string, std::string>& labels);
  void changed(const SimulatedContainer& container);
  void tell_reconnected();

  struct Subscriber {
    std::map<std::string, std::string> labels;
    EventCallback callback;
  };
  // Somebody who reads a log. Dropping the subscription sets `cancelled`, also from inside a callback.
  struct Reader {
    LogCallbacks callbacks;
    bool cancelled = false;
    void end(Status status) {
      if (!cancelled && callbacks.on_end) callbacks.on_end(std::move(status));
    }
  };
  struct Waiters {
    std::vector<DoneVoid> start;
    std::vector<DoneVoid> stop;
    std::vector<std::weak_ptr<Reader>> logs;
  };
  static void answer(const std::vector<DoneVoid>& waiters, const Status& status);

  Loop& loop;
  SimulatedOptions options;
  std::map<std::string, SimulatedContainer> containers;
  std::map<std::uint64_t, Waiters> waiters;      // by serial; only containers somebody waits for
  std::set<std::tuple<std::string, int>> bound;  // protocol, host port
  std::set<std::string> pulled;
  std::map<std::string, std::map<std::string, std::string>> volumes;  // their labels
  std::map<std::string, std::uint64_t, std::less<>> builds;           // of images; absent: 0
  std::map<std::uint64_t, std::shared_ptr<Subscriber>> subscribers;
  std::shared_ptr<const std::vector<std::string>> last_label_keys;
  std::shared_ptr<const SimulatedScript> last_script;
  std::uint64_t next_serial = 1;
  std::uint64_t next_subscriber = 1;
  int next_port = 0;        // the last one given
  std::uint64_t epoch = 0;  // goes up whenever the engine becomes unavailable
  bool available = true;
  Loop::Timer back_timer = 0;
  std::size_t running = 0;
  std::uint64_t starts = 0;
  std::function<void(const std::string& name)> on_start;
};

}  // namespace muster::drivers
