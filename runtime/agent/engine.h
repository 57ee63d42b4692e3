// The engine as a whole: is it there, what containers of ours does it have, which of them changed? Looks when it is
// told to, when the engine comes back, and every few minutes in case an event was lost.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/life.h"
#include "runtime/base/loop.h"
#include "runtime/base/random.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

struct EngineCallbacks {
  // Called when a list is asked for; the answer comes back with it.
  std::function<std::uint64_t()> next_order;
  std::function<void(std::uint64_t order, std::vector<drivers::ContainerState> containers)> on_list;
  std::function<void(const std::string& host_name)> on_event;
  // After up() has changed; before on_list when it came back.
  std::function<void()> on_availability;
};

class Engine {
 public:
  Engine(Loop& loop, Random& random, drivers::Driver& driver, EngineCallbacks callbacks);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Watches containers with these labels from now on. Again with others: the former are let go of.
  void watch(std::map<std::string, std::string> labels);
  // Somebody was told that the engine is away.
  void failed();
  // Lists again soon.
  void refresh();

  // The last call was answered.
  bool up() const { return up_; }
  // The labels given last have been listed at least once.
  bool listed() const { return listed_; }

 private:
  void list();
  void on_listed(Result<std::vector<drivers::ContainerState>> containers, std::uint64_t order, std::uint64_t watch);
  void list_after(Duration delay);
  void set_up(bool up);

  Loop& loop_;
  Random& random_;
  drivers::Driver& driver_;
  EngineCallbacks callbacks_;
  std::map<std::string, std::string> labels_;
  std::unique_ptr<drivers::Subscription> events_;
  std::uint64_t watch_ = 0;  // counts the calls of watch()
  bool up_ = true;
  bool listed_ = false;
  bool listing_ = false, again_ = false;
  Duration delay_;
  Loop::Timer timer_ = 0;
  Life life_;
};

}  // namespace muster::agent
