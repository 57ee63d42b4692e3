// How an agent makes an image present: what it does first, what after the registry has answered, and what after a
// failure.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/error.h"
#include "api/base/time.h"
#include "controllers/image/reference.h"

namespace muster::image {

// ECS_IMAGE_PULL_BEHAVIOR.
enum class PullBehavior {
  standard,       // pull; when that fails, what is present will do
  always,         // pull; a failure is final
  once,           // pull unless an earlier task of this host has
  prefer_cached,  // pull only what is not present
};
// "default", "always", "once", "prefer-cached"
Result<PullBehavior> parse_behavior(std::string_view word);

// What the deployment of the task runs: a digest, or the id of an image that came from no registry, or nothing yet.
struct Pin {
  std::string digest, id;
  auto operator<=>(const Pin&) const = default;
};

// The digest that it must be, by its name or its deployment; empty: whatever the tag means.
std::string exact_digest(const Reference& reference, const Pin& pin);
// The name to look for.
std::string wanted_name(const std::string& image, const Reference& reference, const Pin& pin);

struct Question {
  PullBehavior behavior = PullBehavior::standard;
  bool registries = true;                 // images come from somewhere where tags move
  bool exact = false;                     // its digest is known
  std::string pinned_id;                  // the id that it must have
  std::optional<std::string> present_id;  // of what has the wanted name here; absent: there is no such image
  bool pulled_before = false;             // for an earlier task
};

enum class Step {
  use,          // what has the wanted name
  find_pinned,  // look whether the pinned id is there under another name
  resolve,      // ask the registry what the tag means
  pull,
};

Step first_step(const Question& question);
// `present`: what the registry has for the tag is here.
Step step_after_resolve(PullBehavior behavior, bool present);
// Whether what is present serves when a pull has failed.
bool may_fall_back(const Question& question);

// Why a pull failed, as far as the texts of engines and registries tell.
enum class Failure {
  unknown_image,  // no such repository, tag or digest; or not for everybody's eyes
  denied,         // the registry wants credentials, or better ones
  unreachable,    // no registry answers there
  stalled,
  no_space,
  invalid,  // cannot be an image's name, or the driver does not do that
  engine_away,
  other,
};
Failure failure_of(const Error& error);

// When to try again; nothing: it is final. `tries`: how many have failed, this one included. `jitter` within [0, 1).
std::optional<Duration> retry_delay(Failure failure, int tries, bool can_fall_back, double jitter);
inline constexpr int most_tries = 5;

// "CannotPullContainerError: ...", with a hint of what to do about it.
std::string reason_of(Failure failure, const std::string& image, const Error& error, int tries);
// The image here is not what the deployment runs. `found_id` empty: there is none here.
std::string other_build_reason(const std::string& image, const std::string& pinned_id, const std::string& found_id,
                               const std::string& pull_error);

}  // namespace muster::image
