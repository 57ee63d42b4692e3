// Which images a host does not need any more.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/base/time.h"

namespace muster::image {

struct CleanupRules {
  Duration minimum_age = std::chrono::hours(1);  // since it was pulled (ECS_IMAGE_MINIMUM_CLEANUP_AGE)
  std::size_t most = 5;                          // in one cycle (ECS_NUM_IMAGES_DELETE_PER_CYCLE)
  bool by_age = true;                            // false: only what a full disk asks for
  // Also images that were not pulled for a task (ECS_ENABLE_UNTRACKED_IMAGE_CLEANUP), except these
  // "repository:tag" names and their ids (ECS_EXCLUDE_UNTRACKED_IMAGE).
  bool untracked = false;
  std::vector<std::string> excluded;
  int high_percent = 85;  // of the disk in use: unused images go, the least recently used first; 100: never for that
  int low_percent = 80;   // until so much is
};

struct PresentImage {
  std::string id;
  std::vector<std::string> names;  // tags, and "repository@sha256:..."
  std::int64_t size_bytes = 0;
  bool in_use = false;  // by a container, whoever's
};

// What the agent knows of an image that it pulled.
struct ImageRecord {
  std::string id;
  std::vector<std::string> names;  // by which it was pulled or that it was given
  Time pulled_at{}, last_used{};
  bool operator==(const ImageRecord&) const = default;
};

struct Disk {
  std::int64_t total_bytes = 0, free_bytes = 0;
};

struct Removal {
  std::string id;
  std::vector<std::string> names;  // to be removed one by one; empty: by its id
  bool operator==(const Removal&) const = default;
};

struct Cleanup {
  std::vector<Removal> removals;
  bool pressure = false;  // the disk asked for it
  // The disk is fuller than it should be, and no image is left to remove.
  bool helpless = false;
};

// `records`: of images that were pulled for tasks; of others, with no name, since when they have been seen. `wanted`:
// names and ids that tasks of this host refer to.
Cleanup plan_cleanup(const CleanupRules& rules, const std::vector<PresentImage>& images,
                     const std::vector<ImageRecord>& records, const std::set<std::string>& wanted,
                     const std::optional<Disk>& disk, Time now);

}  // namespace muster::image
