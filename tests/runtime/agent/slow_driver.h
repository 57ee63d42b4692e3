// A driver whose answers take their time: each tells what was true when it was made, and a later one may come sooner.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/life.h"
#include "runtime/base/random.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent::testing {

class SlowDriver final : public drivers::Driver {
 public:
  SlowDriver(Loop& loop, std::uint64_t seed, Duration most, std::unique_ptr<drivers::Driver> inner)
      : loop_(loop), random_(seed), most_(most), inner_(std::move(inner)) {}

  void info(drivers::Done<drivers::Info> done) override { inner_->info(later(std::move(done))); }
  void list(std::map<std::string, std::string> labels,
            drivers::Done<std::vector<drivers::ContainerState>> done) override {
    inner_->list(std::move(labels), later(std::move(done)));
  }
  void inspect(std::string name, drivers::Done<drivers::ContainerState> done) override {
    inner_->inspect(std::move(name), later(std::move(done)));
  }
  bool has_registries() const override { return inner_->has_registries(); }
  void image(std::string reference, drivers::Done<drivers::Image> done) override {
    inner_->image(std::move(reference), later(std::move(done)));
  }
  void resolve(std::string image, drivers::RegistryAuth auth, drivers::Done<std::string> done) override {
    inner_->resolve(std::move(image), std::move(auth), later(std::move(done)));
  }
  void pull(std::string image, drivers::RegistryAuth auth, std::function<void(const drivers::PullProgress&)> progress,
            drivers::DoneVoid done) override {
    if (on_pull) on_pull(image, auth);
    inner_->pull(std::move(image), std::move(auth), std::move(progress), later(std::move(done)));
  }
  void tag(std::string image, std::string name, drivers::DoneVoid done) override {
    inner_->tag(std::move(image), std::move(name), later(std::move(done)));
  }
  void images(drivers::Done<std::vector<drivers::Image>> done) override { inner_->images(later(std::move(done))); }
  void remove_image(std::string name, drivers::DoneVoid done) override {
    inner_->remove_image(std::move(name), later(std::move(done)));
  }
  void usage(std::string name, drivers::Done<drivers::Usage> done) override {
    inner_->usage(std::move(name), later(std::move(done)));
  }
  void create(drivers::ContainerConfig config, drivers::DoneVoid done) override {
    if (on_create) on_create(config);
    inner_->create(std::move(config), later(std::move(done)));
  }
  void start(std::string name, drivers::DoneVoid done) override {
    inner_->start(std::move(name), later(std::move(done)));
  }
  void stop(std::string name, Duration grace, drivers::DoneVoid done) override {
    inner_->stop(std::move(name), grace, later(std::move(done)));
  }
  void remove(std::string name, drivers::DoneVoid done) override {
    inner_->remove(std::move(name), later(std::move(done)));
  }
  std::unique_ptr<drivers::Subscription> logs(std::string name, drivers::LogOptions options,
                                              drivers::LogCallbacks callbacks) override {
    return inner_->logs(std::move(name), options, std::move(callbacks));
  }
  std::unique_ptr<drivers::Subscription> events(std::map<std::string, std::string> labels,
                                                drivers::EventCallback callback) override {
    return inner_->events(std::move(labels), std::move(callback));
  }

  std::function<void(const drivers::ContainerConfig& config)> on_create;
  std::function<void(const std::string& image, const drivers::RegistryAuth& auth)> on_pull;

 private:
  template <class T>
  std::function<void(T)> later(std::function<void(T)> done) {
    const Duration delay{static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>(most_.count()))};
    return [this, delay, done = std::move(done)](T answer) {
      loop_.after(delay, life_.guard([done, answer = std::make_shared<T>(std::move(answer))] { done(*answer); }));
    };
  }

  Loop& loop_;
  SeededRandom random_;
  const Duration most_;
  std::unique_ptr<drivers::Driver> inner_;
  Life life_;
};

}  // namespace muster::agent::testing
