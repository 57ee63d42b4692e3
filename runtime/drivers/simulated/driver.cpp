#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "runtime/drivers/simulated/state.h"

namespace muster::drivers {

namespace {

Error away() {
  return Error{Code::unavailable, "the simulated engine does not answer", {}};
}

class OnDrop final : public Subscription {
 public:
  explicit OnDrop(std::function<void()> drop) : drop_(std::move(drop)) {}
  ~OnDrop() override { drop_(); }

 private:
  std::function<void()> drop_;
};

}  // namespace

SimulatedDriver::SimulatedDriver(std::shared_ptr<SimulatedEngine> engine) : engine_(std::move(engine)) {}

SimulatedDriver::~SimulatedDriver() = default;

template <class T>
Done<T> SimulatedDriver::guard(Done<T> done) {
  return [life = std::weak_ptr<Life>(life_), engine = engine_->state_->weak_from_this(), epoch = engine_->state_->epoch,
          done = std::move(done)](Result<T> result) {
    const std::shared_ptr<SimulatedEngine::State> state = engine.lock();
    if (life.expired() || state == nullptr) return;
    done(state->epoch == epoch ? std::move(result) : Result<T>(away()));
  };
}

template <class T, class F>
void SimulatedDriver::call(Done<T> done, F operation) {
  SimulatedEngine::State& state = *engine_->state_;
  if (!state.available) {
    state.loop.post([life = std::weak_ptr<Life>(life_), done = std::move(done)] {
      if (!life.expired()) done(away());
    });
    return;
  }
  state.later(Duration::zero(), [operation = std::move(operation), done = guard<T>(std::move(done))](
                                    SimulatedEngine::State& now) { operation(now, done); });
}

void SimulatedDriver::info(Done<Info> done) {
  call<Info>(std::move(done), [](SimulatedEngine::State& state, const Done<Info>& answer) {
    Info info;
    info.engine = "simulated";
    info.cpus = state.options.cpus;
    info.memory_bytes = state.options.memory_bytes;
    answer(std::move(info));
  });
}

void SimulatedDriver::list(std::map<std::string, std::string> labels, Done<std::vector<ContainerState>> done) {
  call<std::vector<ContainerState>>(std::move(done),
                                    [labels = std::move(labels)](SimulatedEngine::State& state, const auto& answer) {
                                      std::vector<ContainerState> out;
                                      for (const auto& [name, container] : state.containers) {
                                        if (state.has_labels(container, labels)) out.push_back(state.view(container));
                                      }
                                      answer(std::move(out));
                                    });
}

void SimulatedDriver::inspect(std::string name, Done<ContainerState> done) {
  call<ContainerState>(std::move(done), [name = std::move(name)](SimulatedEngine::State& state, const auto& answer) {
    const SimulatedContainer* container = state.find(name);
    if (container == nullptr) return answer(Error{Code::not_found, "NoSuchContainerError: no container " + name, {}});
    answer(state.view(*container));
  });
}

// Nothing runs: a tenth of a core and 16 MiB each, so that there is something to see.
void SimulatedDriver::usage(std::string name, Done<Usage> done) {
  call<Usage>(std::move(done), [name = std::move(name)](SimulatedEngine::State& state, const auto& answer) {
    const SimulatedContainer* container = state.find(name);
    if (container == nullptr || container->phase != SimulatedContainer::Phase::running) {
      return answer(Error{Code::not_found, "NoSuchContainerError: no running container " + name, {}});
    }
    answer(Usage{(state.loop.now() - container->started_at) / 10, std::int64_t{16} << 20});
  });
}

void SimulatedDriver::image(std::string reference, Done<Image> done) {
  call<Image>(std::move(done), [reference = std::move(reference)](SimulatedEngine::State& state, const auto& answer) {
    // Names only: it keeps no builds but the present ones.
    if (reference.starts_with("sha256:") || !state.image_present(reference))
      return answer(Error{Code::not_found, "no image " + reference, {}});
    Image image;
    image.id = simulated_image_id(state.image_hash(reference));
    answer(std::move(image));
  });
}

void SimulatedDriver::resolve(std::string, RegistryAuth, Done<std::string> done) {
  call<std::string>(std::move(done), [](SimulatedEngine::State&, const auto& answer) {
    answer(Error{Code::unsupported, "there are no registries", {}});
  });
}

void SimulatedDriver::pull(std::string image, RegistryAuth, std::function<void(const PullProgress&)>, DoneVoid done) {
  call<void>(std::move(done), [image = std::move(image)](SimulatedEngine::State& state, const DoneVoid& answer) {
    state.pull(image, answer);
  });
}

void SimulatedDriver::tag(std::string, std::string, DoneVoid done) {
  call<void>(std::move(done), [](SimulatedEngine::State&, const DoneVoid& answer) { answer({}); });
}

void SimulatedDriver::images(Done<std::vector<Image>> done) {
  call<std::vector<Image>>(std::move(done), [](SimulatedEngine::State& state, const auto& answer) {
    std::vector<Image> out;
    for (const std::string& name : state.pulled) {
      Image& image = out.emplace_back();
      image.id = simulated_image_id(state.image_hash(name));
      image.tags = {name};
      for (const auto& [container, it] : state.containers) {
        image.in_use = image.in_use || simulated_image_id(it.image_hash) == image.id;
      }
    }
    answer(std::move(out));
  });
}

void SimulatedDriver::remove_image(std::string name, DoneVoid done) {
  call<void>(std::move(done), [name = std::move(name)](SimulatedEngine::State& state, const DoneVoid& answer) {
    state.pulled.erase(name);
    answer({});
  });
}

void SimulatedDriver::create(ContainerConfig config, DoneVoid done) {
  call<void>(std::move(done), [config = std::move(config)](SimulatedEngine::State& state, const DoneVoid& answer) {
    if (state.options.create_latency == Duration::zero()) return state.create(config, answer);
    state.later(state.options.create_latency,
                [config, answer](SimulatedEngine::State& later) { later.create(config, answer); });
  });
}

void SimulatedDriver::start(std::string name, DoneVoid done) {
  call<void>(std::move(done), [name = std::move(name)](SimulatedEngine::State& state, const DoneVoid& answer) {
    state.start(name, answer);
  });
}

void SimulatedDriver::stop(std::string name, Duration grace, DoneVoid done) {
  call<void>(std::move(done), [name = std::move(name), grace](SimulatedEngine::State& state, const DoneVoid& answer) {
    state.stop(name, grace, answer);
  });
}

void SimulatedDriver::remove(std::string name, DoneVoid done) {
  call<void>(std::move(done), [name = std::move(name)](SimulatedEngine::State& state, const DoneVoid& answer) {
    state.remove(name, answer);
  });
}

void SimulatedDriver::create_volume(VolumeConfig config, DoneVoid done) {
  call<void>(std::move(done), [config = std::move(config)](SimulatedEngine::State& state, const DoneVoid& answer) {
    state.volumes.emplace(config.name, config.labels);
    answer({});
  });
}

void SimulatedDriver::volume_present(std::string name, Done<bool> done) {
  call<bool>(std::move(done), [name = std::move(name)](SimulatedEngine::State& state, const Done<bool>& answer) {
    answer(state.volumes.contains(name));
  });
}

void SimulatedDriver::list_volumes(std::map<std::string, std::string> labels, Done<std::vector<std::string>> done) {
  call<std::vector<std::string>>(std::move(done),
                                 [labels = std::move(labels)](SimulatedEngine::State& state, const auto& answer) {
                                   std::vector<std::string> out;
                                   for (const auto& [name, has] : state.volumes) {
                                     if (std::ranges::includes(has, labels)) out.push_back(name);
                                   }
                                   answer(std::move(out));
                                 });
}

void SimulatedDriver::remove_volume(std::string name, DoneVoid done) {
  call<void>(std::move(done), [name = std::move(name)](SimulatedEngine::State& state, const DoneVoid& answer) {
    state.volumes.erase(name);
    answer({});
  });
}

std::unique_ptr<Subscription> SimulatedDriver::logs(std::string name, LogOptions options, LogCallbacks callbacks) {
  using Reader = SimulatedEngine::State::Reader;
  auto reader = std::make_shared<Reader>(Reader{std::move(callbacks)});
  auto read = [weak = std::weak_ptr<Reader>(reader), life = std::weak_ptr<Life>(life_), name = std::move(name),
               options](SimulatedEngine::State& state) {
    const std::shared_ptr<Reader> alive = weak.lock();
    if (alive == nullptr || life.expired()) return;
    if (!state.available) return alive->end(away());
    const SimulatedContainer* container = state.find(name);
    if (container == nullptr)
      return alive->end(Error{Code::not_found, "NoSuchContainerError: no container " + name, {}});
    const bool runs = container->phase == SimulatedContainer::Phase::running ||
                      container->phase == SimulatedContainer::Phase::stopping;
    const bool follows = options.follow && runs;
    if (follows) state.waiters[container->serial].logs.push_back(alive);
    const bool wanted = is_set(container->started_at) && !container->script->log.empty() &&
                        container->started_at >= options.since && options.tail.value_or(1) > 0;
    if (wanted && alive->callbacks.on_bytes) {
      const std::string stamp = options.timestamps ? format_time(container->started_at) + " " : "";
      alive->callbacks.on_bytes(stamp + container->script->log + "\n", false);
    }
    if (!follows) alive->end({});
  };
  engine_->state_->later(Duration::zero(), std::move(read));
  return std::make_unique<OnDrop>([reader = std::move(reader)] { reader->cancelled = true; });
}

std::unique_ptr<Subscription> SimulatedDriver::events(std::map<std::string, std::string> labels,
                                                      EventCallback callback) {
  using Subscriber = SimulatedEngine::State::Subscriber;
  SimulatedEngine::State& state = *engine_->state_;
  const std::uint64_t id = state.next_subscriber++;
  auto told = [life = std::weak_ptr<Life>(life_), callback = std::move(callback)](const std::string& name) {
    if (!life.expired()) callback(name);
  };
  state.subscribers.emplace(id, std::make_shared<Subscriber>(Subscriber{std::move(labels), std::move(told)}));
  return std::make_unique<OnDrop>([weak = state.weak_from_this(), id] {
    if (const std::shared_ptr<SimulatedEngine::State> alive = weak.lock()) alive->subscribers.erase(id);
  });
}

}  // namespace muster::drivers
