// A driver as an agent really has it: each call takes a way to the engine's process and back, and a later answer may
// come sooner. The engine lives on a loop of its own, so that it goes on when the agent hangs or dies.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/drivers/simulated/simulated.h"
#include "runtime/simulation/virtual_loop.h"

namespace muster::simulation {

class RemoteDriver final : public drivers::Driver {
 public:
  // The loops outlive the driver and its calls.
  RemoteDriver(std::shared_ptr<drivers::SimulatedEngine> engine, VirtualLoop& engine_loop, VirtualLoop& agent_loop,
               std::uint64_t seed);

  void info(drivers::Done<drivers::Info> done) override;
  void list(std::map<std::string, std::string> labels,
            drivers::Done<std::vector<drivers::ContainerState>> done) override;
  void inspect(std::string name, drivers::Done<drivers::ContainerState> done) override;
  void image(std::string reference, drivers::Done<drivers::Image> done) override;
  void resolve(std::string image, drivers::RegistryAuth auth, drivers::Done<std::string> done) override;
  void pull(std::string image, drivers::RegistryAuth auth, std::function<void(const drivers::PullProgress&)> progress,
            drivers::DoneVoid done) override;
  void tag(std::string image, std::string name, drivers::DoneVoid done) override;
  void images(drivers::Done<std::vector<drivers::Image>> done) override;
  void remove_image(std::string name, drivers::DoneVoid done) override;
  void usage(std::string name, drivers::Done<drivers::Usage> done) override;
  void create(drivers::ContainerConfig config, drivers::DoneVoid done) override;
  void start(std::string name, drivers::DoneVoid done) override;
  void stop(std::string name, Duration grace, drivers::DoneVoid done) override;
  void remove(std::string name, drivers::DoneVoid done) override;
  std::unique_ptr<drivers::Subscription> logs(std::string name, drivers::LogOptions options,
                                              drivers::LogCallbacks callbacks) override;
  std::unique_ptr<drivers::Subscription> events(std::map<std::string, std::string> labels,
                                                drivers::EventCallback callback) override;

 private:
  struct Life {};
  Duration latency();
  // Runs the call at the engine, later.
  void ask(std::function<void(drivers::Driver&)> call);
  // The callback, as the engine may call it: the answer comes later, and not after this driver's end.
  template <class T>
  std::function<void(T)> answer(std::function<void(T)> done);

  std::shared_ptr<drivers::SimulatedDriver> inner_;
  VirtualLoop& engine_loop_;
  VirtualLoop& agent_loop_;
  SeededRandom random_;
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
};

}  // namespace muster::simulation
