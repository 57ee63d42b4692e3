// A driver that answers nothing: tests override the calls that they are about.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/drivers/base/driver.h"

namespace muster::testing {

class SilentDriver : public drivers::Driver {
 public:
  void info(drivers::Done<drivers::Info>) override {}
  void list(std::map<std::string, std::string>, drivers::Done<std::vector<drivers::ContainerState>>) override {}
  void inspect(std::string, drivers::Done<drivers::ContainerState>) override {}
  void image(std::string, drivers::Done<drivers::Image>) override {}
  void resolve(std::string, drivers::RegistryAuth, drivers::Done<std::string>) override {}
  void pull(std::string, drivers::RegistryAuth, std::function<void(const drivers::PullProgress&)>,
            drivers::DoneVoid) override {}
  void tag(std::string, std::string, drivers::DoneVoid) override {}
  void images(drivers::Done<std::vector<drivers::Image>>) override {}
  void remove_image(std::string, drivers::DoneVoid) override {}
  void usage(std::string, drivers::Done<drivers::Usage>) override {}
  void create(drivers::ContainerConfig, drivers::DoneVoid) override {}
  void start(std::string, drivers::DoneVoid) override {}
  void stop(std::string, Duration, drivers::DoneVoid) override {}
  void remove(std::string, drivers::DoneVoid) override {}
  std::unique_ptr<drivers::Subscription> logs(std::string, drivers::LogOptions, drivers::LogCallbacks) override {
    return nullptr;
  }
  std::unique_ptr<drivers::Subscription> events(std::map<std::string, std::string>, drivers::EventCallback) override {
    return nullptr;
  }
};

}  // namespace muster::testing
