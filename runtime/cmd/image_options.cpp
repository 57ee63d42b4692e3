#include "runtime/cmd/image_options.h"

#include <filesystem>

#include "api/base/text.h"
#include "controllers/image/reference.h"
#include "runtime/agent/docker_config.h"

namespace muster::cmd {
namespace {

constexpr const char* behavior = "image-pull-behavior";
constexpr const char* inactivity = "image-pull-inactivity";
constexpr const char* docker_config = "docker-config";
constexpr const char* interval = "image-cleanup-interval";
constexpr const char* minimum_age = "image-minimum-cleanup-age";
constexpr const char* per_cycle = "images-deleted-per-cycle";
constexpr const char* high = "image-disk-high";
constexpr const char* low = "image-disk-low";
constexpr const char* untracked = "image-cleanup-untracked";
constexpr const char* exclude = "image-cleanup-exclude";

Status positive(const char* option, Duration value, Duration least) {
  if (value >= least) return {};
  return Error{Code::malformed, str("--", option, ": must be at least ", format_duration(least)), {}};
}

Status read_docker_config(const Arguments& arguments, std::string& path) {
  if (!arguments.has(docker_config)) return {};
  path = arguments.get(docker_config);
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) path += "/config.json";
  // Whether it can be read at all; whose credentials it has does not matter here.
  const auto read = agent::auth_in_docker_config_file(path, "");
  return read.ok() ? Status() : Status(Error{Code::malformed, read.error().message, {}});
}

}  // namespace

std::vector<Option> image_options() {
  return {
      {behavior, 0, "WORD",
       "When images are pulled: default (always, but what is present will do when that fails), always, once (unless an "
       "earlier task of this host has) or prefer-cached (only what is not present). 'agent': default; 'dev': "
       "prefer-cached."},
      {inactivity, 0, "DURATION", "After how long without progress a pull is given up (default 1m)."},
      {docker_config, 0, "FILE",
       "Docker's config.json, with the credentials for registries (default: none). It is read for each pull."},
      {interval, 0, "DURATION",
       "How often images that no task needs are removed (default 30m; 0: never for their age). Not with "
       "prefer-cached."},
      {minimum_age, 0, "DURATION", "For how long an image stays after its pull (default 1h)."},
      {per_cycle, 0, "N", "How many images are removed at once for their age (default 5)."},
      {high, 0, "PERCENT",
       "From how full a disk of the container engine on unused images are removed for their size (default 85; 100: "
       "never)."},
      {low, 0, "PERCENT", "And until how full it is (default 80)."},
      {untracked, 0, "", "Also remove unused images that were not pulled for a task."},
      {exclude, 0, "IMAGE", "But not this one; may be given several times."},
  };
}

Status read_image_options(const Arguments& arguments, ImageChoices& choices) {
  if (arguments.has(behavior)) {
    auto word = image::parse_behavior(arguments.get(behavior));
    if (!word.ok()) return std::move(word).error().under(str("--", behavior));
    choices.behavior = *word;
  }
  TRY(choices.pull_inactivity, arguments.duration(inactivity, choices.pull_inactivity));
  TRY_VOID(positive(inactivity, choices.pull_inactivity, std::chrono::seconds(1)));
  TRY_VOID(read_docker_config(arguments, choices.docker_config));
  agent::CleanerOptions& cleaner = choices.cleaner;
  TRY(cleaner.interval, arguments.duration(interval, cleaner.interval));
  if (cleaner.interval != Duration::zero()) TRY_VOID(positive(interval, cleaner.interval, std::chrono::seconds(1)));
  TRY(cleaner.rules.minimum_age, arguments.duration(minimum_age, cleaner.rules.minimum_age));
  TRY_VOID(positive(minimum_age, cleaner.rules.minimum_age, Duration::zero()));
  TRY(const std::int64_t most, arguments.number(per_cycle, 5, 1, 1'000));
  TRY(const std::int64_t from, arguments.number(high, cleaner.rules.high_percent, 1, 100));
  TRY(const std::int64_t until, arguments.number(low, std::min<std::int64_t>(from, cleaner.rules.low_percent), 0, 100));
  if (until > from) return Error{Code::malformed, str("--", low, " must not be above --", high), {}};
  cleaner.rules.most = static_cast<std::size_t>(most);
  cleaner.rules.high_percent = static_cast<int>(from);
  cleaner.rules.low_percent = static_cast<int>(until);
  cleaner.rules.untracked = arguments.has(untracked);
  for (const std::string& each : arguments.all(exclude)) {
    cleaner.rules.excluded.push_back(each);
    cleaner.rules.excluded.push_back(image::listed(each));
  }
  cleaner.rules.by_age = choices.behavior != image::PullBehavior::prefer_cached;
  return {};
}

agent::ImageOptions to_agent(const ImageChoices& choices) {
  agent::ImageOptions out;
  out.behavior = choices.behavior;
  out.auth = [path = choices.docker_config](const std::string& /*credentials*/,
                                            const std::string& registry) -> Result<drivers::RegistryAuth> {
    if (path.empty()) return drivers::RegistryAuth{};
    return agent::auth_in_docker_config_file(path, registry);
  };
  return out;
}

}  // namespace muster::cmd
