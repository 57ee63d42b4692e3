// One image on its way to be present. For this folder only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/agent/images.h"

namespace muster::agent {

class ImageFetch {
 public:
  ImageFetch(Images& images, ImageRequest request);
  ImageFetch(const ImageFetch&) = delete;
  ImageFetch& operator=(const ImageFetch&) = delete;

  void add(ImageWaiter waiter);
  void start();
  const std::vector<ImageWaiter>& waiters() const { return waiters_; }

 private:
  image::Question question() const;
  void looked(const Result<drivers::Image>& found);
  void take(image::Step step);
  void find_pinned();
  void resolve();
  void resolved(const Result<std::string>& digest);
  void pull();
  void pulled(const Status& status);
  void look_at_pulled();
  void compare_pulled(const drivers::Image& found);
  void failed(const Error& error);
  void use(const drivers::Image& found, const std::string& name, Images::Trust trust);
  void finish(const Result<ReadyImage>& outcome, Images::Trust trust);
  void tell(const ImageNews& news);
  void tell_progress(const drivers::PullProgress& progress);

  Images& images_;
  const ImageRequest request_;
  const image::Reference reference_;
  const std::string wanted_;  // the name to look for
  std::vector<ImageWaiter> waiters_;
  std::optional<ReadyImage> told_;         // to whoever waits
  std::optional<drivers::Image> present_;  // what had the wanted name at first
  drivers::RegistryAuth auth_;
  std::string pull_name_;
  std::string digest_;  // what the registry said
  Duration pull_began_{}, told_at_{};
  std::int64_t fetched_ = 0;
  int tries_ = 0;
  Life life_;
};

}  // namespace muster::agent
