#include "runtime/agent/image_cleaner.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "runtime/base/log.h"

namespace muster::agent {

ImageCleaner::ImageCleaner(Loop& loop, Random& random, drivers::Driver& driver, ImageRecords& records,
                           CleanerOptions options, CleanerCallbacks callbacks)
    : loop_(loop),
      random_(random),
      driver_(driver),
      records_(records),
      options_(std::move(options)),
      callbacks_(std::move(callbacks)) {}

ImageCleaner::~ImageCleaner() {
  loop_.cancel(timer_);
}

void ImageCleaner::start() {
  const bool by_age = options_.interval > Duration::zero() && options_.rules.by_age;
  if (!driver_.has_registries() || (!by_age && options_.rules.high_percent >= 100)) return;
  // Hosts that started together need not work together.
  const auto part = static_cast<double>(random_.next() % 1'000) / 1'000;
  next_by_age_ =
      loop_.monotonic() + options_.interval / 2 + std::chrono::duration_cast<Duration>(options_.interval / 2 * part);
  look_later();
}

void ImageCleaner::look_later() {
  Duration wait = options_.disk_interval;
  if (options_.interval > Duration::zero()) wait = std::min(wait, options_.interval);
  timer_ = loop_.after(wait, life_.guard([this] {
    timer_ = 0;
    look();
    look_later();
  }));
}

void ImageCleaner::look() {
  if (looking_) return;
  const auto disk = callbacks_.disk ? callbacks_.disk() : std::nullopt;
  by_age_due_ = options_.interval > Duration::zero() && options_.rules.by_age && loop_.monotonic() >= next_by_age_;
  const image::Cleanup pressure = image::plan_cleanup(options_.rules, {}, {}, {}, disk, loop_.now());
  if (!pressure.pressure) said_helpless_ = false;
  if (!by_age_due_ && !pressure.pressure) return;
  if (by_age_due_) next_by_age_ = loop_.monotonic() + options_.interval;
  looking_ = true;
  driver_.images(life_.guard([this, disk](const Result<std::vector<drivers::Image>>& images) {
    looking_ = false;
    if (images.ok()) return listed(*images, disk);
    log::warning("cannot list the images of the container engine", {{"error", images.error()}});
  }));
}

std::vector<image::ImageRecord> ImageCleaner::records_of(const std::vector<drivers::Image>& images) {
  std::vector<image::ImageRecord> out = records_.all();
  std::map<std::string, Time> seen;
  for (const drivers::Image& each : images) {
    if (std::ranges::find(out, each.id, &image::ImageRecord::id) != out.end()) continue;
    const auto known = seen_.find(each.id);
    const Time since = known == seen_.end() || each.in_use ? loop_.now() : known->second;
    seen[each.id] = since;
    out.push_back(image::ImageRecord{each.id, {}, since, since});
  }
  seen_ = std::move(seen);
  return out;
}

void ImageCleaner::listed(const std::vector<drivers::Image>& images, const std::optional<image::Disk>& disk) {
  // Images that this agent pulled and somebody else removed.
  for (const image::ImageRecord& record : records_.all()) {
    const bool there = std::ranges::any_of(images, [&](const drivers::Image& each) { return each.id == record.id; });
    if (!there) records_.forget(record.id);
  }
  std::vector<image::PresentImage> present;
  for (const drivers::Image& each : images) {
    std::vector<std::string> names = each.tags;
    names.insert(names.end(), each.digests.begin(), each.digests.end());
    if (each.in_use) records_.used(each.id);
    present.push_back({each.id, std::move(names), each.size_bytes, each.in_use});
  }
  image::CleanupRules rules = options_.rules;
  rules.by_age = by_age_due_;
  const image::Cleanup cleanup =
      image::plan_cleanup(rules, present, records_of(images), callbacks_.wanted(), disk, loop_.now());
  if (cleanup.helpless && !std::exchange(said_helpless_, true)) {
    log::warning("the disk of the container engine is nearly full, and no image is unused");
  }
  for (const image::Removal& each : cleanup.removals) remove(each, 0);
}

// Name by name: a name that somebody has given it meanwhile keeps it.
void ImageCleaner::remove(const image::Removal& removal, std::size_t next) {
  const std::string& name = removal.names.empty() ? removal.id : removal.names[next];
  driver_.remove_image(name, life_.guard([this, removal, next](const Status& status) {
    if (!status.ok()) {
      return log::info("an unused image stays", {{"image", removal.id}, {"error", status.error()}});
    }
    if (next + 1 < removal.names.size()) return remove(removal, next + 1);
    ++removed_;
    records_.forget(removal.id);
    log::info("removed an unused image", {{"image", removal.names.empty() ? removal.id : removal.names.front()}});
  }));
}

}  // namespace muster::agent
