// Removes images that are not needed any more, from time to time. Which ones is decided in controllers/image.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/image/cleanup.h"
#include "runtime/agent/image_records.h"
#include "runtime/base/life.h"
#include "runtime/base/loop.h"
#include "runtime/base/random.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

struct CleanerOptions {
  image::CleanupRules rules;
  Duration interval = std::chrono::minutes(30);      // of the removal by age; zero: none
  Duration disk_interval = std::chrono::minutes(1);  // between two looks at the disk
};

struct CleanerCallbacks {
  // Names and ids that tasks refer to.
  std::function<std::set<std::string>()> wanted;
  // The disk of the engine; nothing when it cannot be seen from here.
  std::function<std::optional<image::Disk>()> disk;
};

class ImageCleaner {
 public:
  // All outlive it.
  ImageCleaner(Loop& loop, Random& random, drivers::Driver& driver, ImageRecords& records, CleanerOptions options,
               CleanerCallbacks callbacks);
  ~ImageCleaner();
  ImageCleaner(const ImageCleaner&) = delete;
  ImageCleaner& operator=(const ImageCleaner&) = delete;

  void start();
  std::uint64_t removed() const { return removed_; }

 private:
  void look_later();
  void look();
  void listed(const std::vector<drivers::Image>& images, const std::optional<image::Disk>& disk);
  void remove(const image::Removal& removal, std::size_t next);
  std::vector<image::ImageRecord> records_of(const std::vector<drivers::Image>& images);

  Loop& loop_;
  Random& random_;
  drivers::Driver& driver_;
  ImageRecords& records_;
  const CleanerOptions options_;
  CleanerCallbacks callbacks_;
  std::map<std::string, Time> seen_;  // images of others, since when
  Duration next_by_age_{};
  Loop::Timer timer_ = 0;
  std::uint64_t removed_ = 0;
  bool by_age_due_ = false, looking_ = false, said_helpless_ = false;
  Life life_;
};

}  // namespace muster::agent
