#include "runtime/drivers/process/driver.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <utility>

#include "api/base/text.h"
#include "runtime/base/random.h"
#include "runtime/drivers/process/supervisor.h"
#include "runtime/drivers/process/usage.h"

namespace muster::drivers {

namespace {

// Docker's rule, and no more than a file name can have.
bool valid_name(const std::string& name) {
  if (name.empty() || name.size() > 250) return false;
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return alphanumeric(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
           return alphanumeric(c) || c == '_' || c == '.' || c == '-';
         });
}

// Containers that are asked for within this time are measured by one look at all processes.
constexpr Duration together = std::chrono::milliseconds(500);

class OnDrop final : public Subscription {
 public:
  explicit OnDrop(std::function<void()> drop) : drop_(std::move(drop)) {}
  ~OnDrop() override { drop_(); }

 private:
  std::function<void()> drop_;
};

Error no_container(std::string_view error_name, const std::string& name) {
  return Error{Code::not_found, str(error_name, ": no container ", name), {}};
}

}  // namespace

Result<std::unique_ptr<Driver>> make_process_driver(Loop& loop, ProcessOptions options) {
  if (options.log_files_max < 1 || options.log_files_max > 9 || options.log_bytes_max < 1) {
    return Error{Code::invalid, "log limits of the process driver: 1 to 9 files of at least 1 byte", {}};
  }
  std::error_code failed;
  std::filesystem::create_directories(options.directory + "/containers", failed);
  if (failed) return Error{Code::internal, str("create ", options.directory, ": ", failed.message()), {}};
  std::filesystem::permissions(options.directory, std::filesystem::perms::owner_all, failed);
  options.directory = std::filesystem::absolute(options.directory).string();
  TRY(Descriptor lock, lock_file(options.directory + "/lock"));
  auto driver = std::make_unique<ProcessDriver>(loop, std::move(options), std::move(lock));
  TRY_VOID(driver->adopt());
  return std::unique_ptr<Driver>(std::move(driver));
}

ProcessDriver::ProcessDriver(Loop& loop, ProcessOptions options, Descriptor lock)
    : loop_(loop), options_(std::move(options)), lock_(std::move(lock)), watcher_(loop) {}

ProcessDriver::~ProcessDriver() {
  for (auto& [name, container] : containers_) {
    loop_.cancel(container.kill_timer);
    end_checks(container);
  }
}

void ProcessDriver::later(std::function<void()> run) {
  loop_.post([life = std::weak_ptr<Life>(life_), run = std::move(run)] {
    if (!life.expired()) run();
  });
}

Loop::Timer ProcessDriver::timer(Duration delay, const Container& container, void (ProcessDriver::*run)(Container&)) {
  return loop_.after(
      delay, [this, life = std::weak_ptr<Life>(life_), name = container.record.name, id = container.record.id, run] {
        if (life.expired()) return;
        Container* target = find(name);
        if (target != nullptr && target->record.id == id) (this->*run)(*target);
      });
}

ProcessDriver::Container* ProcessDriver::find(const std::string& name) {
  const auto at = containers_.find(name);
  return at == containers_.end() ? nullptr : &at->second;
}

bool ProcessDriver::has_labels(const Container& container, const std::map<std::string, std::string>& labels) {
  return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    const auto at = container.record.labels.find(label.first);
    return at != container.record.labels.end() && at->second == label.second;
  });
}

ContainerState ProcessDriver::view(const Container& container) const {
  ContainerState out;
  out.id = container.record.id;
  out.name = container.record.name;
  out.labels = container.record.labels;
  switch (container.phase) {
    case Phase::created:
    case Phase::starting: out.phase = ContainerPhase::created; break;
    case Phase::running: out.phase = ContainerPhase::running; break;
    case Phase::exited: out.phase = ContainerPhase::exited; break;
  }
  out.exit_code = container.exit_code;
  out.error = container.error;
  out.started_at = container.started_at;
  out.finished_at = container.finished_at;
  out.health = container.health;
  if (container.phase == Phase::running) out.ports = container.record.ports;
  return out;
}

void ProcessDriver::changed(const Container& container) {
  for (const std::shared_ptr<Subscriber>& subscriber : subscribers_) {
    if (!has_labels(container, subscriber->labels)) continue;
    later([weak = std::weak_ptr<Subscriber>(subscriber), name = container.record.name] {
      if (const std::shared_ptr<Subscriber> alive = weak.lock()) alive->callback(name);
    });
  }
}

void ProcessDriver::info(Done<Info> done) {
  later([done = std::move(done)] {
    Info info;
    info.engine = "process";
    info.cpus = std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN));
    info.memory_bytes = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGE_SIZE);
    done(std::move(info));
  });
}

void ProcessDriver::list(std::map<std::string, std::string> labels, Done<std::vector<ContainerState>> done) {
  later([this, labels = std::move(labels), done = std::move(done)] {
    std::vector<ContainerState> out;
    for (const auto& [name, container] : containers_) {
      if (has_labels(container, labels)) out.push_back(view(container));
    }
    done(std::move(out));
  });
}

void ProcessDriver::inspect(std::string name, Done<ContainerState> done) {
  later([this, name = std::move(name), done = std::move(done)] {
    const Container* container = find(name);
    if (container == nullptr) return done(no_container("NoSuchContainerError", name));
    done(view(*container));
  });
}

void ProcessDriver::usage(std::string name, Done<Usage> done) {
  later([this, name = std::move(name), done = std::move(done)] {
    const Container* container = find(name);
    const bool runs = container != nullptr && container->phase == Phase::running;
    if (!runs) return done(no_container("NoSuchContainerError", name));
    const auto text = read_file(container->directory + "/run");
    const auto run = text.ok() ? parse_run(*text) : std::optional<RunRecord>();
    if (!run) return done(no_container("NoSuchContainerError", name));
    const Duration now = loop_.monotonic();
    if (!measured_ || now - measured_->at > together) measured_ = Measured{session_usages(), now};
    const auto found = measured_->sessions.find(run->process);
    if (found == measured_->sessions.end()) return done(no_container("NoSuchContainerError", name));
    done(found->second);
  });
}

// There are no images: each is as good as present, and nothing is known of it.
void ProcessDriver::image(std::string, Done<Image> done) {
  later([done = std::move(done)] { done(Image{}); });
}

void ProcessDriver::resolve(std::string, RegistryAuth, Done<std::string> done) {
  later([done = std::move(done)] { done(Error{Code::unsupported, "there are no registries", {}}); });
}

void ProcessDriver::pull(std::string, RegistryAuth, std::function<void(const PullProgress&)>, DoneVoid done) {
  later([done = std::move(done)] { done({}); });
}

void ProcessDriver::tag(std::string, std::string, DoneVoid done) {
  later([done = std::move(done)] { done({}); });
}

void ProcessDriver::images(Done<std::vector<Image>> done) {
  later([done = std::move(done)] { done(std::vector<Image>{}); });
}

void ProcessDriver::remove_image(std::string, DoneVoid done) {
  later([done = std::move(done)] { done({}); });
}

void ProcessDriver::create(ContainerConfig config, DoneVoid done) {
  later([this, config = std::move(config), done = std::move(done)] {
    Status created = create_now(config);
    done(created.ok() ? Status{} : Status(std::move(created).error().under("CannotCreateContainerError")));
  });
}

Status ProcessDriver::create_now(const ContainerConfig& config) {
  if (const Container* there = find(config.name)) {
    if (there->record.labels == config.labels && !there->remove_after_exit) return {};
    return Error{Code::already_exists, str("the name ", config.name, " is taken by another container"), {}};
  }
  if (!valid_name(config.name)) return Error{Code::invalid, str("not a container name: '", config.name, "'"), {}};
  if (!config.mounts.empty() || !config.volumes_from.empty()) {
    return Error{Code::invalid, "processes see the host's files: there is nothing to mount volumes into", {}};
  }
  SystemRandom random;
  Container container;
  TRY(container.record, make_record(config, random_hex32(random)));
  container.directory = str(options_.directory, "/containers/", config.name);
  std::error_code failed;
  std::filesystem::create_directories(container.directory + "/work", failed);
  if (failed) return Error{Code::internal, str("create ", container.directory, ": ", failed.message()), {}};
  TRY_VOID(save_secrets(container.record));
  TRY_VOID(write_file(container.directory + "/record", encode_record(without_secrets(container.record))));
  const auto at = containers_.emplace(config.name, std::move(container)).first;
  changed(at->second);
  return {};
}

void ProcessDriver::start(std::string name, DoneVoid done) {
  later([this, name = std::move(name), done = std::move(done)] {
    Container* container = find(name);
    if (container == nullptr) return done(no_container("CannotStartContainerError", name));
    if (container->phase == Phase::running) return done({});
    container->start_waiters.push_back(done);
    if (container->phase == Phase::starting) return;
    const Status launched = launch(*container);
    if (!launched.ok()) start_failed(*container, launched.error().message);
  });
}

void ProcessDriver::stop(std::string name, Duration grace, DoneVoid done) {
  later([this, name = std::move(name), grace, done = std::move(done)] {
    Container* container = find(name);
    const bool runs = container != nullptr && container->phase != Phase::created && container->phase != Phase::exited;
    if (!runs) return done({});
    container->exit_waiters.push_back(done);
    if (container->phase == Phase::starting) {
      container->stop_after_start = grace;
    } else {
      begin_stop(*container, grace);
    }
  });
}

void ProcessDriver::remove(std::string name, DoneVoid done) {
  later([this, name = std::move(name), done = std::move(done)] {
    Container* container = find(name);
    if (container == nullptr) return done({});
    if (container->phase == Phase::created || container->phase == Phase::exited) {
      erase(*container);
      return done({});
    }
    container->exit_waiters.push_back(done);
    container->remove_after_exit = true;
    if (container->phase == Phase::starting) {
      container->stop_after_start = Duration::zero();
    } else {
      kill_now(*container);
    }
  });
}

void ProcessDriver::erase(Container& container) {
  changed(container);
  loop_.cancel(container.kill_timer);
  end_checks(container);
  // The record first: what is left after a crash in between is not a container any more.
  std::error_code ignored;
  std::filesystem::remove(container.directory + "/record", ignored);
  std::filesystem::remove_all(container.directory, ignored);
  if (!container.record.secret_variables.empty()) std::filesystem::remove(secrets_file(container.record), ignored);
  const std::string name = container.record.name;
  containers_.erase(name);
}

std::unique_ptr<Subscription> ProcessDriver::events(std::map<std::string, std::string> labels, EventCallback callback) {
  subscribers_.push_back(std::make_shared<Subscriber>(Subscriber{std::move(labels), std::move(callback)}));
  return std::make_unique<OnDrop>(
      [this, life = std::weak_ptr<Life>(life_), weak = std::weak_ptr<Subscriber>(subscribers_.back())] {
        if (!life.expired()) subscribers_.remove(weak.lock());
      });
}

struct ProcessDriver::Reader {
  Reader(std::string the_name, std::string the_id, const std::string& directory, const LogOptions& options,
         LogCallbacks the_callbacks)
      : name(std::move(the_name)),
        id(std::move(the_id)),
        log(directory, options),
        follows(options.follow),
        callbacks(std::move(the_callbacks)) {}
  std::string name;
  std::string id;
  LogReader log;
  bool follows;
  LogCallbacks callbacks;
};

std::unique_ptr<Subscription> ProcessDriver::logs(std::string name, LogOptions options, LogCallbacks callbacks) {
  // The subscription owns the reader; whatever waits has only a weak reference.
  auto slot = std::make_shared<std::shared_ptr<Reader>>();
  later([this, weak = std::weak_ptr(slot), name = std::move(name), options, callbacks = std::move(callbacks)] {
    const auto alive = weak.lock();
    if (alive == nullptr) return;
    const Container* container = find(name);
    if (container == nullptr) {
      if (callbacks.on_end) callbacks.on_end(no_container("NoSuchContainerError", name));
      return;
    }
    *alive = std::make_shared<Reader>(name, container->record.id, container->directory, options, callbacks);
    pump(*alive);
  });
  return std::make_unique<OnDrop>([slot]() mutable {
    if (*slot != nullptr) (*slot)->log.stop();
    slot->reset();
  });
}

void ProcessDriver::pump(const std::shared_ptr<Reader>& reader) {
  const std::shared_ptr<Reader> held = reader;
  const Container* container = find(held->name);
  const bool runs = container != nullptr && container->record.id == held->id &&
                    (container->phase == Phase::running || container->phase == Phase::starting);
  const std::weak_ptr<Life> life = life_;
  const LogReader::Progress progress = held->log.read([&held](std::string_view bytes, bool is_stderr) {
    if (held->callbacks.on_bytes) held->callbacks.on_bytes(bytes, is_stderr);
  });
  if (life.expired() || held->log.stopped()) return;
  auto again = [this, life, weak = std::weak_ptr<Reader>(held)] {
    const std::shared_ptr<Reader> alive = weak.lock();
    if (!life.expired() && alive != nullptr) pump(alive);
  };
  if (progress == LogReader::Progress::more) {
    loop_.post(std::move(again));
  } else if (held->follows && runs) {
    loop_.after(std::chrono::milliseconds(100), std::move(again));
  } else if (held->callbacks.on_end) {
    held->callbacks.on_end({});
  }
}

}  // namespace muster::drivers
