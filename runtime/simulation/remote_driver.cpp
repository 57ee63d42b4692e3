#include "runtime/simulation/remote_driver.h"

#include "runtime/simulation/draw.h"

namespace muster::simulation {
namespace {

constexpr Duration shortest = std::chrono::microseconds(100), longest = std::chrono::milliseconds(3);

}  // namespace

RemoteDriver::RemoteDriver(std::shared_ptr<drivers::SimulatedEngine> engine, VirtualLoop& engine_loop,
                           VirtualLoop& agent_loop, std::uint64_t seed)
    : inner_(std::make_shared<drivers::SimulatedDriver>(std::move(engine))),
      engine_loop_(engine_loop),
      agent_loop_(agent_loop),
      random_(seed) {}

Duration RemoteDriver::latency() {
  return draw_duration(random_, shortest, longest);
}

void RemoteDriver::ask(std::function<void(drivers::Driver&)> call) {
  engine_loop_.after(latency(), [inner = inner_, call = std::move(call)] { call(*inner); });
}

template <class T>
std::function<void(T)> RemoteDriver::answer(std::function<void(T)> done) {
  return [life = std::weak_ptr<Life>(life_), &loop = agent_loop_, delay = latency(), done = std::move(done)](T result) {
    loop.after(delay, [life, done, result = std::make_shared<T>(std::move(result))] {
      if (!life.expired()) done(std::move(*result));
    });
  };
}

void RemoteDriver::info(drivers::Done<drivers::Info> done) {
  ask([done = answer(std::move(done))](drivers::Driver& inner) { inner.info(done); });
}

void RemoteDriver::list(std::map<std::string, std::string> labels,
                        drivers::Done<std::vector<drivers::ContainerState>> done) {
  ask([labels = std::move(labels), done = answer(std::move(done))](drivers::Driver& inner) {
    inner.list(labels, done);
  });
}

void RemoteDriver::inspect(std::string name, drivers::Done<drivers::ContainerState> done) {
  ask([name = std::move(name), done = answer(std::move(done))](drivers::Driver& inner) { inner.inspect(name, done); });
}

void RemoteDriver::image(std::string reference, drivers::Done<drivers::Image> done) {
  ask([reference = std::move(reference), done = answer(std::move(done))](drivers::Driver& inner) {
    inner.image(reference, done);
  });
}

void RemoteDriver::resolve(std::string image, drivers::RegistryAuth auth, drivers::Done<std::string> done) {
  ask([image = std::move(image), auth = std::move(auth), done = answer(std::move(done))](drivers::Driver& inner) {
    inner.resolve(image, auth, done);
  });
}

void RemoteDriver::pull(std::string image, drivers::RegistryAuth auth,
                        std::function<void(const drivers::PullProgress&)>, drivers::DoneVoid done) {
  ask([image = std::move(image), auth = std::move(auth), done = answer(std::move(done))](drivers::Driver& inner) {
    inner.pull(image, auth, nullptr, done);
  });
}

void RemoteDriver::tag(std::string image, std::string name, drivers::DoneVoid done) {
  ask([image = std::move(image), name = std::move(name), done = answer(std::move(done))](drivers::Driver& inner) {
    inner.tag(image, name, done);
  });
}

void RemoteDriver::images(drivers::Done<std::vector<drivers::Image>> done) {
  ask([done = answer(std::move(done))](drivers::Driver& inner) { inner.images(done); });
}

void RemoteDriver::remove_image(std::string name, drivers::DoneVoid done) {
  ask([name = std::move(name), done = answer(std::move(done))](drivers::Driver& inner) {
    inner.remove_image(name, done);
  });
}

void RemoteDriver::usage(std::string name, drivers::Done<drivers::Usage> done) {
  ask([name = std::move(name), done = answer(std::move(done))](drivers::Driver& inner) { inner.usage(name, done); });
}

void RemoteDriver::create(drivers::ContainerConfig config, drivers::DoneVoid done) {
  ask([config = std::move(config), done = answer(std::move(done))](drivers::Driver& inner) {
    inner.create(config, done);
  });
}

void RemoteDriver::start(std::string name, drivers::DoneVoid done) {
  ask([name = std::move(name), done = answer(std::move(done))](drivers::Driver& inner) { inner.start(name, done); });
}

void RemoteDriver::stop(std::string name, Duration grace, drivers::DoneVoid done) {
  ask([name = std::move(name), grace, done = answer(std::move(done))](drivers::Driver& inner) {
    inner.stop(name, grace, done);
  });
}

void RemoteDriver::remove(std::string name, drivers::DoneVoid done) {
  ask([name = std::move(name), done = answer(std::move(done))](drivers::Driver& inner) { inner.remove(name, done); });
}

std::unique_ptr<drivers::Subscription> RemoteDriver::logs(std::string name, drivers::LogOptions options,
                                                          drivers::LogCallbacks callbacks) {
  return inner_->logs(std::move(name), options, std::move(callbacks));
}

std::unique_ptr<drivers::Subscription> RemoteDriver::events(std::map<std::string, std::string> labels,
                                                            drivers::EventCallback callback) {
  return inner_->events(std::move(labels),
                        [this, life = std::weak_ptr<Life>(life_), callback](const std::string& name) {
                          if (life.expired()) return;
                          agent_loop_.after(latency(), [life, callback, name] {
                            if (!life.expired()) callback(name);
                          });
                        });
}

}  // namespace muster::simulation
