// A driver by which an agent is killed at a chosen call: from then on nothing that the agent does has any effect. The
// call itself has one or not, as chosen.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/drivers/base/driver.h"

namespace muster::agent::testing {

struct Death {
  int calls_left = 0;         // until the call at which it happens
  bool takes_effect = false;  // that call
  bool happened = false;
  std::function<void()> on_death;  // before the call takes effect, and before the agent does anything else
  std::string call;                // which one it was
};

class MortalDriver final : public drivers::Driver {
 public:
  MortalDriver(std::shared_ptr<Death> death, std::unique_ptr<drivers::Driver> inner)
      : death_(std::move(death)), inner_(std::move(inner)) {}

  void info(drivers::Done<drivers::Info> done) override {
    if (lives("info")) inner_->info(alive(std::move(done)));
  }
  void list(std::map<std::string, std::string> labels,
            drivers::Done<std::vector<drivers::ContainerState>> done) override {
    if (lives("list")) inner_->list(std::move(labels), alive(std::move(done)));
  }
  void inspect(std::string name, drivers::Done<drivers::ContainerState> done) override {
    if (lives("inspect " + name)) inner_->inspect(std::move(name), alive(std::move(done)));
  }
  void image(std::string reference, drivers::Done<drivers::Image> done) override {
    if (lives("image")) inner_->image(std::move(reference), alive(std::move(done)));
  }
  void resolve(std::string image, drivers::RegistryAuth auth, drivers::Done<std::string> done) override {
    if (lives("resolve")) inner_->resolve(std::move(image), std::move(auth), alive(std::move(done)));
  }
  void pull(std::string image, drivers::RegistryAuth auth, std::function<void(const drivers::PullProgress&)> progress,
            drivers::DoneVoid done) override {
    if (lives("pull")) inner_->pull(std::move(image), std::move(auth), std::move(progress), alive(std::move(done)));
  }
  void tag(std::string image, std::string name, drivers::DoneVoid done) override {
    if (lives("tag")) inner_->tag(std::move(image), std::move(name), alive(std::move(done)));
  }
  void images(drivers::Done<std::vector<drivers::Image>> done) override {
    if (lives("images")) inner_->images(alive(std::move(done)));
  }
  void remove_image(std::string name, drivers::DoneVoid done) override {
    if (lives("remove_image")) inner_->remove_image(std::move(name), alive(std::move(done)));
  }
  void usage(std::string name, drivers::Done<drivers::Usage> done) override {
    if (!death_->happened) inner_->usage(std::move(name), alive(std::move(done)));
  }
  void create(drivers::ContainerConfig config, drivers::DoneVoid done) override {
    if (lives("create " + config.name)) inner_->create(std::move(config), alive(std::move(done)));
  }
  void start(std::string name, drivers::DoneVoid done) override {
    if (lives("start " + name)) inner_->start(std::move(name), alive(std::move(done)));
  }
  void stop(std::string name, Duration grace, drivers::DoneVoid done) override {
    if (lives("stop " + name)) inner_->stop(std::move(name), grace, alive(std::move(done)));
  }
  void remove(std::string name, drivers::DoneVoid done) override {
    if (lives("remove " + name)) inner_->remove(std::move(name), alive(std::move(done)));
  }
  std::unique_ptr<drivers::Subscription> logs(std::string name, drivers::LogOptions options,
                                              drivers::LogCallbacks callbacks) override {
    return inner_->logs(std::move(name), options, std::move(callbacks));
  }
  std::unique_ptr<drivers::Subscription> events(std::map<std::string, std::string> labels,
                                                drivers::EventCallback callback) override {
    return inner_->events(std::move(labels), [death = death_, callback = std::move(callback)](const std::string& name) {
      if (!death->happened) callback(name);
    });
  }

 private:
  // Whether the call reaches the engine.
  bool lives(const std::string& call) {
    if (death_->happened) return false;
    if (death_->calls_left-- > 0) return true;
    death_->happened = true;
    death_->call = call;
    death_->on_death();
    return death_->takes_effect;
  }
  // Who is dead hears nothing.
  template <class T>
  std::function<void(T)> alive(std::function<void(T)> done) {
    return [death = death_, done = std::move(done)](T answer) {
      if (!death->happened) done(std::move(answer));
    };
  }

  const std::shared_ptr<Death> death_;
  const std::unique_ptr<drivers::Driver> inner_;
};

}  // namespace muster::agent::testing
