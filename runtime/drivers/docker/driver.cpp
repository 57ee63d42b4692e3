#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <utility>

#include "api/base/text.h"
#include "runtime/drivers/docker/channels.h"
#include "runtime/drivers/docker/docker.h"
#include "runtime/drivers/docker/engine.h"
#include "runtime/drivers/docker/health.h"
#include "runtime/drivers/docker/pull.h"
#include "runtime/drivers/docker/subscriptions.h"
#include "runtime/drivers/docker/volumes.h"

namespace muster::drivers {

namespace docker {
namespace {

constexpr std::size_t inspects_at_once = 8;  // of one list
constexpr int podman_looks = 4;
constexpr Duration podman_pause = std::chrono::milliseconds(50);
constexpr std::size_t most_start_errors = 1'000;

constexpr std::string_view cannot_pull = "CannotPullContainerError";
constexpr std::string_view cannot_create = "CannotCreateContainerError";
constexpr std::string_view cannot_start = "CannotStartContainerError";
constexpr std::string_view cannot_stop = "CannotStopContainerError";
constexpr std::string_view cannot_remove = "CannotRemoveContainerError";
constexpr std::string_view cannot_inspect = "CannotInspectContainerError";
constexpr std::string_view cannot_describe = "CannotDescribeContainerError";
constexpr std::string_view cannot_tag = "CannotTagImageError";
constexpr std::string_view cannot_remove_image = "CannotRemoveImageError";
constexpr std::string_view docker_state = "DockerStateError";

bool success(const http::Response& response) {
  return response.status >= 200 && response.status < 300;
}

// Podman 4 answers 500.
bool is_name_conflict(const http::Response& response) {
  return response.status == 409 ||
         (response.status == 500 && response.body.find("name is already in use") != std::string::npos);
}

// An image's name in a path: its slashes stand.
std::string image_path(std::string_view before, std::string_view image, std::string_view after) {
  std::string out(before);
  for (const std::string_view part : split(image, '/')) {
    if (out.back() != '/') out += '/';
    out += http::percent_encode(part);
  }
  return out += after;
}

class DockerDriver final : public Driver {
 public:
  DockerDriver(http::IoLoop& loop, DockerOptions options)
      : options_(std::move(options)),
        engine_(std::make_shared<Engine>(loop, options_.host)),
        volumes_(make_volumes(engine_, options_)),
        checks_(engine_, HealthChecks::host_timers()) {}

  void info(Done<Info> done) override;
  void list(std::map<std::string, std::string> labels, Done<std::vector<ContainerState>> done) override;
  void inspect(std::string name, Done<ContainerState> done) override;
  bool has_registries() const override { return true; }
  void image(std::string reference, Done<Image> done) override;
  void resolve(std::string image, RegistryAuth auth, Done<std::string> done) override;
  void pull(std::string image, RegistryAuth auth, std::function<void(const PullProgress&)> progress,
            DoneVoid done) override;
  void tag(std::string image, std::string name, DoneVoid done) override;
  void images(Done<std::vector<Image>> done) override;
  void remove_image(std::string name, DoneVoid done) override;
  void usage(std::string name, Done<Usage> done) override;
  void create(ContainerConfig config, DoneVoid done) override;
  void create_there(ContainerConfig config, DoneVoid done);
  void start(std::string name, DoneVoid done) override;
  void stop(std::string name, Duration grace, DoneVoid done) override;
  void remove(std::string name, DoneVoid done) override;
  std::unique_ptr<Subscription> logs(std::string name, LogOptions options, LogCallbacks callbacks) override {
    return read_log(engine_, options_, name, options, std::move(callbacks));
  }
  std::unique_ptr<Subscription> events(std::map<std::string, std::string> labels, EventCallback callback) override {
    return follow_events(engine_, options_, labels, std::move(callback));
  }
  Volumes* volumes() override { return volumes_.get(); }
  std::unique_ptr<Channel> exec(std::string name, std::vector<std::string> command, ProcessStreams streams,
                                ChannelCallbacks callbacks) override {
    return open_exec(engine_, options_, name, command, streams, std::move(callbacks));
  }
  std::unique_ptr<Channel> attach(std::string name, ProcessStreams streams, ChannelCallbacks callbacks) override {
    return open_attach(engine_, options_, name, streams, std::move(callbacks));
  }
  std::unique_ptr<Channel> connect(std::string name, int port, ChannelCallbacks callbacks) override {
    return open_connection(engine_, options_, name, port, std::move(callbacks));
  }

 private:
  using Lane = Engine::Lane;
  using Answered = std::function<void(const http::Response&)>;

  // Sends; without an answer `fail` hears why, under the error's name.
  void ask(Lane lane, const std::string& method, const std::string& path, std::string body, Duration timeout,
           std::string_view error_name, std::string_view state, std::function<void(Error)> fail, Answered answered) {
    engine_->send(lane, method, path, std::move(body), timeout,
                  [life = std::weak_ptr<Life>(life_), timeout, error_name, state, fail = std::move(fail),
                   answered = std::move(answered)](Result<http::Response> response) {
                    if (life.expired()) return;
                    if (response.ok()) return answered(*response);
                    fail(no_answer(error_name, state, timeout, std::move(response).error()));
                  });
  }
  // A question about containers. Podman has no daemon: what it says and its clean-up after a container's end are
  // processes that race, and for a moment it answers such a question with an error of its own. It is asked again.
  void look(const std::string& path, std::string_view error_name, std::string_view state,
            const std::function<void(Error)>& fail, const Answered& answered, int tries = podman_looks) {
    ask(Lane::quick, "GET", path, "", options_.inspect_timeout, error_name, state, fail,
        [this, path, error_name, state, fail, answered, tries](const http::Response& response) {
          if (response.status < 500 || tries <= 1 || !engine_->is_podman()) return answered(response);
          engine_->loop().after(
              podman_pause, [this, life = std::weak_ptr<Life>(life_), path, error_name, state, fail, answered, tries] {
                if (!life.expired()) look(path, error_name, state, fail, answered, tries - 1);
              });
        });
  }
  // From the loop, never from inside the caller's call.
  void later(std::function<void()> run) {
    engine_->loop().post([life = std::weak_ptr<Life>(life_), run = std::move(run)] {
      if (!life.expired()) run();
    });
  }
  // The name is taken: by the container that was asked for, or by another one?
  void compare_existing(const ContainerConfig& config, const Error& conflict, const DoneVoid& done);

  // Of a running container, from the files of its control group; nothing when they cannot be read.
  std::optional<Usage> read_usage(const std::string& name) const;
  void ask_usage(const std::string& name, const Done<Usage>& done);
  // The engine's word on it.
  void remember(const std::string& name, const Inspected& container);

  void add_bridges(Info info, const Done<Info>& done);

  struct Gather;
  void gather(const std::shared_ptr<Gather>& work);

  DockerOptions options_;
  std::shared_ptr<Engine> engine_;
  std::unique_ptr<Volumes> volumes_;
  HealthChecks checks_;
  // Why containers did not start, by name: Podman does not keep it.
  std::map<std::string, std::string> start_errors_;
  std::list<std::unique_ptr<Pull>> pulls_;
  struct Running {
    cgroup::Container container;
    bool unreadable = false;  // its files, right after it was inspected: the engine is asked at once
  };
  std::map<std::string, Running> running_;  // by name, as last inspected
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
};

void DockerDriver::info(Done<Info> done) {
  engine_->forget_version();
  ask(Lane::quick, "GET", "/info", "", options_.inspect_timeout, docker_state, "described", done,
      [this, done](const http::Response& response) {
        if (response.status != 200) return done(refused(docker_state, response));
        engine_->negotiate(
            [this, life = std::weak_ptr<Life>(life_), done, body = response.body](const Result<Server>& server) {
              if (life.expired()) return;
              if (!server.ok()) return done(server.error());
              Result<Info> info = decode_info(body, *server);
              if (!info.ok()) return done(std::move(info).error().under(docker_state));
              add_bridges(std::move(*info), done);
            });
      });
}

// Those of the network that containers in mode "bridge" are in. An engine without one is as good as any other.
void DockerDriver::add_bridges(Info info, const Done<Info>& done) {
  const std::string network = engine_->is_podman() ? "podman" : "bridge";
  ask(
      Lane::quick, "GET", "/networks/" + network, "", options_.inspect_timeout, docker_state, "described",
      [done, info](const Error&) { done(info); },
      [done, info](const http::Response& response) mutable {
        if (response.status == 200) info.bridges = decode_bridges(response.body);
        done(std::move(info));
      });
}

// One list's names, then each one's state: the list itself knows neither exit codes nor times.
struct DockerDriver::Gather {
  std::deque<std::string> names;
  std::size_t under_way = 0;
  std::vector<ContainerState> states;
  Done<std::vector<ContainerState>> done;
};

void DockerDriver::list(std::map<std::string, std::string> labels, Done<std::vector<ContainerState>> done) {
  std::string path = "/containers/json?all=true";
  if (!labels.empty()) path += "&filters=" + http::percent_encode(encode_filters(labels, ""));
  look(path, cannot_describe, "listed", done, [this, done](const http::Response& response) {
    if (response.status != 200) return done(refused(cannot_describe, response));
    Result<std::vector<std::string>> names = decode_names(response.body);
    if (!names.ok()) return done(std::move(names).error().under(cannot_describe));
    auto work = std::make_shared<Gather>();
    work->names.assign(names->begin(), names->end());
    work->done = done;
    gather(work);
  });
}

void DockerDriver::gather(const std::shared_ptr<Gather>& work) {
  if (work->done == nullptr) return;  // has failed
  if (work->names.empty() && work->under_way == 0) {
    std::sort(work->states.begin(), work->states.end(),
              [](const ContainerState& a, const ContainerState& b) { return a.name < b.name; });
    return std::exchange(work->done, nullptr)(std::move(work->states));
  }
  while (!work->names.empty() && work->under_way < inspects_at_once) {
    ++work->under_way;
    std::string name = std::move(work->names.front());
    work->names.pop_front();
    inspect(std::move(name), [this, work](Result<ContainerState> state) {
      --work->under_way;
      if (state.ok()) {
        work->states.push_back(std::move(*state));
      } else if (state.error().code != Code::not_found && work->done != nullptr) {
        // One that has gone in between is no error; without an answer the list would be wrong.
        return std::exchange(work->done, nullptr)(std::move(state).error());
      }
      gather(work);
    });
  }
}

void DockerDriver::inspect(std::string name, Done<ContainerState> done) {
  look(container_path(name, "/json"), cannot_inspect, "inspected", done,
       [this, name, done](const http::Response& response) {
         if (response.status == 404) {
           running_.erase(name);
           return done(refused("NoSuchContainerError", response));
         }
         if (response.status != 200) return done(refused(cannot_inspect, response));
         Result<Inspected> container = decode_inspect(response.body);
         if (!container.ok()) return done(std::move(container).error().under(cannot_inspect));
         // The engine also takes the beginning of an id for a name.
         if (container->state.name != name) {
           return done(Error{Code::not_found, "NoSuchContainerError: No such container: " + name, {}});
         }
         remember(name, *container);
         checks_.seen(*container);
         ContainerState& state = container->state;
         const auto failed = start_errors_.find(name);
         if (failed != start_errors_.end() && state.error.empty() && state.phase == ContainerPhase::created) {
           state.error = failed->second;
         }
         done(std::move(state));
       });
}

void DockerDriver::remember(const std::string& name, const Inspected& container) {
  // An engine elsewhere numbers the processes of another host.
  const bool here = options_.host.starts_with("unix://");
  if (!here || container.process == 0 || container.state.phase != ContainerPhase::running) {
    running_.erase(name);
    return;
  }
  running_[name] = {{container.state.id, container.process, container.network_mode != "host"}, false};
}

std::optional<Usage> DockerDriver::read_usage(const std::string& name) const {
  const auto found = running_.find(name);
  if (found == running_.end()) return std::nullopt;
  Result<Usage> usage = cgroup::read_usage(options_.control_groups, found->second.container);
  return usage.ok() ? std::optional(std::move(*usage)) : std::nullopt;
}

void DockerDriver::usage(std::string name, Done<Usage> done) {
  if (auto usage = read_usage(name)) {
    return later([done = std::move(done), usage = std::move(*usage)] { done(usage); });
  }
  const auto known = running_.find(name);
  const bool here = options_.host.starts_with("unix://");
  if (!here || (known != running_.end() && known->second.unreadable)) return ask_usage(name, done);
  // It has ended, or runs as another process, or has never been inspected; or there are no files here.
  inspect(name, [this, name, done = std::move(done)](const Result<ContainerState>& state) {
    if (!state.ok()) return done(state.error());
    if (state->phase != ContainerPhase::running) {
      return done(Error{Code::not_found, "NoSuchContainerError: the container does not run: " + name, {}});
    }
    if (auto usage = read_usage(name)) return done(std::move(*usage));
    if (const auto found = running_.find(name); found != running_.end()) found->second.unreadable = true;
    ask_usage(name, done);
  });
}

void DockerDriver::ask_usage(const std::string& name, const Done<Usage>& done) {
  ask(Lane::quick, "GET", container_path(name, "/stats?stream=false&one-shot=true"), "", options_.inspect_timeout,
      cannot_inspect, "measured", done, [done](const http::Response& response) {
        if (response.status == 404) return done(refused("NoSuchContainerError", response));
        if (response.status != 200) return done(refused(cannot_inspect, response));
        done(decode_usage(response.body));
      });
}

void DockerDriver::image(std::string reference, Done<Image> done) {
  Result<ImageName> parsed = parse_image(reference);
  if (!parsed.ok()) {
    return later([done = std::move(done), error = std::move(parsed).error().under(cannot_pull)] { done(error); });
  }
  ask(Lane::quick, "GET", image_path("/images/", reference, "/json"), "", options_.inspect_timeout, cannot_pull,
      "inspected", done, [done](const http::Response& response) {
        if (response.status != 200) return done(refused(cannot_pull, response));
        Result<Image> image = decode_image(response.body);
        done(image.ok() ? std::move(image) : Result<Image>(std::move(image).error().under(cannot_pull)));
      });
}

void DockerDriver::resolve(std::string image, RegistryAuth auth, Done<std::string> done) {
  Result<ImageName> parsed = parse_image(image);
  if (!parsed.ok()) {
    return later([done = std::move(done), error = std::move(parsed).error().under(cannot_pull)] { done(error); });
  }
  http::Headers headers;
  if (!auth.empty()) headers.emplace_back("X-Registry-Auth", encode_auth(auth));
  // The registry that does not answer is no pull: the engine waits for it in silence.
  const Duration patience = options_.pull_inactivity;
  engine_->send(
      Lane::waiting, "GET", image_path("/distribution/", image, "/json"), "", patience,
      [life = std::weak_ptr<Life>(life_), image, patience, done = std::move(done)](Result<http::Response> response) {
        if (life.expired()) return;
        if (!response.ok()) {
          if (response.error().code != Code::timeout) return done(std::move(response).error().under(cannot_pull));
          return done(Error{Code::timeout,
                            str(cannot_pull, ": the pull of ", image, " has stalled: its registry did not answer for ",
                                format_duration(patience)),
                            {}});
        }
        if (response->status == 200) {
          Result<std::string> digest = decode_distribution(response->body);
          return done(digest.ok() ? std::move(digest)
                                  : Result<std::string>(std::move(digest).error().under(cannot_pull)));
        }
        // Podman's service has no such path: its own router answers, without a message.
        Error error = refused(cannot_pull, *response);
        const bool absent = (response->status == 404 || response->status == 405 || response->status == 501) &&
                            response->body.find("\"message\"") == std::string::npos;
        if (absent) error.code = Code::unsupported;
        done(std::move(error));
      },
      headers);
}

void DockerDriver::pull(std::string image, RegistryAuth auth, std::function<void(const PullProgress&)> progress,
                        DoneVoid done) {
  Result<ImageName> parsed = parse_image(image);
  if (!parsed.ok()) {
    return later([done = std::move(done), error = std::move(parsed).error().under(cannot_pull)] { done(error); });
  }
  pulls_.push_back(nullptr);
  const auto at = std::prev(pulls_.end());
  *at = std::make_unique<Pull>(*engine_, options_, std::move(progress),
                               [this, at, done = std::move(done)](Status status) {
                                 const DoneVoid answer = done;
                                 later([this, at, answer, status = std::move(status)] {
                                   pulls_.erase(at);
                                   answer(status);
                                 });
                               });
  (*at)->run(*parsed, auth);
}

void DockerDriver::tag(std::string image, std::string name, DoneVoid done) {
  Result<ImageName> parsed = parse_image(name);
  if (!parsed.ok()) {
    return later([done = std::move(done), error = std::move(parsed).error().under(cannot_tag)] { done(error); });
  }
  const std::string path =
      image_path("/images/", image,
                 str("/tag?repo=", http::percent_encode(parsed->name), "&tag=", http::percent_encode(parsed->tag)));
  ask(Lane::quick, "POST", path, "", options_.inspect_timeout, cannot_tag, "tagged", done,
      [done](const http::Response& response) {
        if (success(response)) return done({});
        done(refused(cannot_tag, response));
      });
}

void DockerDriver::images(Done<std::vector<Image>> done) {
  ask(Lane::quick, "GET", "/images/json", "", options_.inspect_timeout, cannot_describe, "listed", done,
      [this, done](const http::Response& response) {
        if (response.status != 200) return done(refused(cannot_describe, response));
        Result<std::vector<Image>> images = decode_images(response.body);
        if (!images.ok()) return done(std::move(images).error().under(cannot_describe));
        // Asked for after the images: a container that has come in between counts.
        ask(Lane::quick, "GET", "/containers/json?all=true", "", options_.inspect_timeout, cannot_describe, "listed",
            done, [done, all = std::make_shared<std::vector<Image>>(std::move(*images))](const http::Response& listed) {
              if (listed.status != 200) return done(refused(cannot_describe, listed));
              const Result<std::set<std::string>> used = decode_used_images(listed.body);
              if (!used.ok()) return done(Error(used.error()).under(cannot_describe));
              for (Image& image : *all) image.in_use = used->contains(image.id);
              done(std::move(*all));
            });
      });
}

void DockerDriver::remove_image(std::string name, DoneVoid done) {
  ask(Lane::waiting, "DELETE", image_path("/images/", name, ""), "", options_.remove_timeout, cannot_remove_image,
      "removed", done, [done](const http::Response& response) {
        if (success(response) || response.status == 404) return done({});
        done(refused(cannot_remove_image, response));
      });
}

void DockerDriver::create(ContainerConfig config, DoneVoid done) {
  if (config.gpu_ids.empty()) return create_there(std::move(config), std::move(done));
  engine_->negotiate([life = std::weak_ptr<Life>(life_), this, config = std::move(config),
                      done = std::move(done)](const Result<Server>& server) {
    if (life.expired()) return;
    if (!server.ok() || !engine_->is_podman()) return create_there(config, done);
    // It would make the container without them and say nothing.
    later([done] {
      done(Error{Code::unsupported, str(cannot_create, ": Podman's service gives containers no GPUs"), {}});
    });
  });
}

void DockerDriver::create_there(ContainerConfig config, DoneVoid done) {
  Result<std::string> body = encode_create(config, LogPolicy{options_.log_max_size, options_.log_max_files});
  if (!body.ok()) {
    return later([done = std::move(done), error = std::move(body).error().under(cannot_create)] { done(error); });
  }
  const std::string path = "/containers/create?name=" + http::percent_encode(config.name);
  ask(Lane::waiting, "POST", path, std::move(*body), options_.create_timeout, cannot_create, "created", done,
      [this, config = std::move(config), done](const http::Response& response) {
        if (success(response)) return done({});
        if (is_name_conflict(response)) return compare_existing(config, refused(cannot_create, response), done);
        done(refused(cannot_create, response));
      });
}

void DockerDriver::compare_existing(const ContainerConfig& config, const Error& conflict, const DoneVoid& done) {
  inspect(config.name, [labels = config.labels, conflict, done](const Result<ContainerState>& there) {
    if (!there.ok()) return done(there.error().code == Code::not_found ? conflict : there.error());
    // The engine adds the image's labels to those asked for.
    const bool same = std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
      const auto at = there->labels.find(label.first);
      return at != there->labels.end() && at->second == label.second;
    });
    if (same) return done({});
    done(Error{Code::already_exists, conflict.message, {}});
  });
}

void DockerDriver::start(std::string name, DoneVoid done) {
  ask(Lane::waiting, "POST", container_path(name, "/start"), "", options_.start_timeout, cannot_start, "started", done,
      [this, name, done](const http::Response& response) {
        start_errors_.erase(name);
        // 304: it runs already.
        if (success(response) || response.status == 304) return done({});
        Error error = refused(cannot_start, response);
        if (response.status != 404 && start_errors_.size() < most_start_errors) start_errors_[name] = error.message;
        done(std::move(error));
      });
}

void DockerDriver::stop(std::string name, Duration grace, DoneVoid done) {
  const std::int64_t seconds = std::chrono::ceil<std::chrono::seconds>(std::max(grace, Duration::zero())).count();
  ask(Lane::waiting, "POST", container_path(name, str("/stop?t=", seconds)), "", grace + options_.stop_allowance,
      cannot_stop, "stopped", done, [done](const http::Response& response) {
        // 304: it does not run; 404: it is gone.
        if (success(response) || response.status == 304 || response.status == 404) return done({});
        done(refused(cannot_stop, response));
      });
}

void DockerDriver::remove(std::string name, DoneVoid done) {
  ask(Lane::waiting, "DELETE", container_path(name, "?force=true&v=true"), "", options_.remove_timeout, cannot_remove,
      "removed", done, [this, name, done](const http::Response& response) {
        running_.erase(name);
        start_errors_.erase(name);
        checks_.forget(name);
        // 404: it is gone; 409: its removal is under way.
        if (success(response) || response.status == 404 || response.status == 409) return done({});
        done(refused(cannot_remove, response));
      });
}

}  // namespace
}  // namespace docker

std::unique_ptr<Driver> make_docker_driver(http::IoLoop& loop, DockerOptions options) {
  return std::make_unique<docker::DockerDriver>(loop, std::move(options));
}

}  // namespace muster::drivers
