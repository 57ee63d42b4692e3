#include "controllers/image/cleanup.h"

#include <algorithm>
#include <tuple>

namespace muster::image {
namespace {

// What a task that is about to start has just pulled stays even on a full disk.
constexpr Duration never_younger = std::chrono::minutes(2);

struct Candidate {
  const PresentImage* image = nullptr;
  const ImageRecord* record = nullptr;
};

bool is_wanted(const PresentImage& image, const std::set<std::string>& wanted) {
  return wanted.contains(image.id) ||
         std::ranges::any_of(image.names, [&](const std::string& name) { return wanted.contains(name); });
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// Every name that it has was given by this agent: nobody else counts on it.
bool is_ours(const PresentImage& image, const ImageRecord& record) {
  if (record.names.empty()) return false;
  return std::ranges::all_of(image.names, [&](const std::string& name) { return contains(record.names, name); });
}

bool is_excluded(const CleanupRules& rules, const PresentImage& image) {
  return contains(rules.excluded, image.id) ||
         std::ranges::any_of(image.names, [&](const std::string& name) { return contains(rules.excluded, name); });
}

// Those that may go, the least recently used first.
std::vector<Candidate> candidates_of(const CleanupRules& rules, const std::vector<PresentImage>& images,
                                     const std::vector<ImageRecord>& records, const std::set<std::string>& wanted) {
  std::vector<Candidate> out;
  for (const PresentImage& image : images) {
    const auto record = std::ranges::find(records, image.id, &ImageRecord::id);
    if (image.in_use || image.id.empty() || record == records.end() || is_wanted(image, wanted)) continue;
    const bool allowed = is_ours(image, *record) || (rules.untracked && !is_excluded(rules, image));
    if (allowed) out.push_back(Candidate{&image, &*record});
  }
  std::ranges::sort(out, [](const Candidate& a, const Candidate& b) {
    return std::tie(a.record->last_used, a.image->id) < std::tie(b.record->last_used, b.image->id);
  });
  return out;
}

std::int64_t bytes_to_free(const CleanupRules& rules, const std::optional<Disk>& disk) {
  if (!disk || disk->total_bytes <= 0 || rules.high_percent >= 100) return 0;
  const auto used = static_cast<double>(disk->total_bytes - disk->free_bytes);
  const auto total = static_cast<double>(disk->total_bytes);
  if (used * 100 < total * rules.high_percent) return 0;
  return std::max<std::int64_t>(static_cast<std::int64_t>(used - total * rules.low_percent / 100), 1);
}

}  // namespace

Cleanup plan_cleanup(const CleanupRules& rules, const std::vector<PresentImage>& images,
                     const std::vector<ImageRecord>& records, const std::set<std::string>& wanted,
                     const std::optional<Disk>& disk, Time now) {
  Cleanup out;
  std::int64_t to_free = bytes_to_free(rules, disk);
  out.pressure = to_free > 0;
  std::size_t by_age = 0;
  for (const Candidate& each : candidates_of(rules, images, records, wanted)) {
    const Duration age = now - std::max(each.record->pulled_at, each.record->last_used);
    const Duration since_pull = now - each.record->pulled_at;
    const bool for_age = rules.by_age && by_age < rules.most && since_pull >= rules.minimum_age &&
                         age >= std::min(rules.minimum_age, never_younger);
    const bool for_disk = to_free > 0 && age >= never_younger;
    if (!for_age && !for_disk) continue;
    by_age += for_age ? 1 : 0;
    to_free -= each.image->size_bytes;
    out.removals.push_back(Removal{each.image->id, each.image->names});
  }
  out.helpless = out.pressure && out.removals.empty();
  return out;
}

}  // namespace muster::image
