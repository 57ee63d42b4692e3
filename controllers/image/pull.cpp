#include "controllers/image/pull.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "api/base/text.h"

namespace muster::image {
namespace {

constexpr std::string_view error_name = "CannotPullContainerError";
constexpr Duration first_delay = std::chrono::milliseconds(1'100);
constexpr Duration longest_delay = std::chrono::seconds(5);
constexpr double jitter_part = 0.2;
constexpr int tries_of_stalled = 2;
constexpr int tries_before_cached = 2;
constexpr std::size_t shown_id = 19;  // "sha256:" and twelve digits

template <std::size_t N>
bool has_any(const std::string& text, const std::array<std::string_view, N>& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

std::string_view hint_of(Failure failure) {
  switch (failure) {
    case Failure::unknown_image:
      return "; check the image's name and tag, and whether its registry wants credentials "
             "(repositoryCredentials, or --docker-config of the agent)";
    case Failure::denied:
      return "; check the credentials for its registry (repositoryCredentials, or --docker-config of the agent)";
    case Failure::unreachable: return "; its registry cannot be reached from this host";
    case Failure::no_space: return "; the disk of the container engine is full";
    case Failure::stalled:
    case Failure::invalid:
    case Failure::engine_away:
    case Failure::other: return "";
  }
  return "";
}

std::string short_id(const std::string& id) {
  return id.substr(0, shown_id);
}

std::string without_name(const std::string& message) {
  const std::string prefix = str(error_name, ": ");
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

}  // namespace

Result<PullBehavior> parse_behavior(std::string_view word) {
  if (word == "default") return PullBehavior::standard;
  if (word == "always") return PullBehavior::always;
  if (word == "once") return PullBehavior::once;
  if (word == "prefer-cached") return PullBehavior::prefer_cached;
  return Error{Code::malformed, str(word, ": there are default, always, once, prefer-cached"), {}};
}

std::string exact_digest(const Reference& reference, const Pin& pin) {
  return reference.digest.empty() ? pin.digest : reference.digest;
}

std::string wanted_name(const std::string& image, const Reference& reference, const Pin& pin) {
  const std::string digest = exact_digest(reference, pin);
  return digest.empty() ? image : with_digest(reference, digest);
}

Step first_step(const Question& question) {
  const bool present = question.present_id.has_value();
  if (question.exact) {
    const bool fetch = question.registries && question.behavior == PullBehavior::always;
    return present && !fetch ? Step::use : Step::pull;
  }
  if (!question.pinned_id.empty()) {
    return present && *question.present_id == question.pinned_id ? Step::use : Step::find_pinned;
  }
  if (!question.registries) return present ? Step::use : Step::pull;
  if (!present) return Step::resolve;
  switch (question.behavior) {
    case PullBehavior::prefer_cached: return Step::use;
    case PullBehavior::once: return question.pulled_before ? Step::use : Step::resolve;
    case PullBehavior::standard:
    case PullBehavior::always: return Step::resolve;
  }
  return Step::resolve;
}

Step step_after_resolve(PullBehavior behavior, bool present) {
  return present && behavior != PullBehavior::always ? Step::use : Step::pull;
}

bool may_fall_back(const Question& question) {
  const bool allowed = question.behavior == PullBehavior::standard || question.behavior == PullBehavior::prefer_cached;
  // Another build than the pinned one never serves.
  return allowed && question.present_id.has_value() &&
         (question.pinned_id.empty() || *question.present_id == question.pinned_id);
}

Failure failure_of(const Error& error) {
  static constexpr auto full = std::to_array<std::string_view>({"no space left on device", "disk quota exceeded"});
  static constexpr auto away = std::to_array<std::string_view>(
      {"connection refused", "no such host", "no route to host", "network is unreachable", "i/o timeout",
       "TLS handshake timeout", "server misbehaving", "Temporary failure in name resolution", "connection reset",
       "context deadline exceeded", "Client.Timeout exceeded", "server gave HTTP response to HTTPS client"});
  static constexpr auto refused = std::to_array<std::string_view>(
      {"unauthorized", "no basic auth credentials", "authentication required", "incorrect username or password",
       "401 Unauthorized", "403 Forbidden", "requested access to the resource is denied"});
  static constexpr auto missing =
      std::to_array<std::string_view>({"manifest unknown", "not found", "does not exist", "name unknown",
                                       "No such image", "repository name not known"});
  switch (error.code) {
    case Code::unavailable: return Failure::engine_away;
    case Code::timeout: return Failure::stalled;
    case Code::malformed:
    case Code::invalid:
    case Code::unsupported:
    case Code::not_allowed: return Failure::invalid;
    case Code::unauthorized:
    case Code::forbidden: return Failure::denied;
    case Code::not_found:
    case Code::already_exists:
    case Code::conflict:
    case Code::gone:
    case Code::too_large:
    case Code::too_many:
    case Code::internal: break;
  }
  const std::string& text = error.message;
  if (has_any(text, full)) return Failure::no_space;
  if (has_any(text, away)) return Failure::unreachable;
  // "pull access denied ... repository does not exist or may require ...": which of the two nobody is told.
  if (text.find("pull access denied") != std::string::npos) return Failure::unknown_image;
  if (has_any(text, refused)) return Failure::denied;
  if (error.code == Code::not_found || has_any(text, missing)) return Failure::unknown_image;
  return Failure::other;
}

std::optional<Duration> retry_delay(Failure failure, int tries, bool can_fall_back, double jitter) {
  int most = most_tries;
  switch (failure) {
    case Failure::unknown_image:
    case Failure::denied:
    case Failure::invalid:
    case Failure::engine_away: return std::nullopt;
    case Failure::unreachable: most = can_fall_back ? 1 : most_tries; break;
    case Failure::stalled: most = can_fall_back ? 1 : tries_of_stalled; break;
    case Failure::no_space:
    case Failure::other: most = can_fall_back ? tries_before_cached : most_tries; break;
  }
  if (tries >= most) return std::nullopt;
  const Duration delay = std::min(longest_delay, first_delay * (std::int64_t{1} << std::min(tries - 1, 10)));
  return delay + std::chrono::duration_cast<Duration>(delay * (jitter_part * jitter));
}

std::string reason_of(Failure failure, const std::string& image, const Error& error, int tries) {
  const std::string text = without_name(error.message);
  std::string out =
      text.find(image) == std::string::npos ? str(error_name, ": ", image, ": ", text) : str(error_name, ": ", text);
  if (tries > 1) out += str(" (tried ", tries, " times)");
  return out += hint_of(failure);
}

std::string other_build_reason(const std::string& image, const std::string& pinned_id, const std::string& found_id,
                               const std::string& pull_error) {
  std::string out = str(error_name, ": the deployment runs ", short_id(pinned_id), " of image ", image,
                        ", which came from no registry; ");
  if (found_id.empty()) {
    out += "this host does not have it";
    if (!pull_error.empty()) out += str(" (", without_name(pull_error), ')');
  } else {
    out += str("this host has another one, ", short_id(found_id));
  }
  return out += ". Load the same image here, push it to a registry, or start a new deployment";
}

}  // namespace muster::image
