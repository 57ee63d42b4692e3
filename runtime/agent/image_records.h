// What the agent remembers of images: which it has pulled, under which names, and when they were last used. Kept on
// disk: an agent that starts again still knows which images are its own to remove.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "controllers/image/cleanup.h"
#include "runtime/base/loop.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

class ImageRecords {
 public:
  using Save = std::function<void(const std::vector<image::ImageRecord>& records)>;

  // `save` gets all of them, seldom: uses of an image are kept to some minutes.
  ImageRecords(Loop& loop, Save save);
  ImageRecords(const ImageRecords&) = delete;
  ImageRecords& operator=(const ImageRecords&) = delete;

  void restore(std::vector<image::ImageRecord> records);
  // It has been pulled by `name`, for tasks whose definitions call it `image`.
  void add(const drivers::Image& found, const std::string& name, const std::string& image);
  void used(const std::string& id);
  // Whether the image of the definition was pulled, and not removed by this agent since.
  bool pulled(const std::string& image) const;
  void forget(const std::string& id);
  std::vector<image::ImageRecord> all() const;

 private:
  void save();

  Loop& loop_;
  Save save_;
  std::map<std::string, image::ImageRecord> records_;  // by id
};

}  // namespace muster::agent
