// Makes images present: one pull an image however many containers wait for it, by the agent's pull behaviour, a few
// tries, then the reason. What is asked of the engine in which order is decided in controllers/image.
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controllers/image/pull.h"
#include "runtime/agent/image_records.h"
#include "runtime/agent/lanes.h"
#include "runtime/base/life.h"
#include "runtime/base/random.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

struct ImageRequest {
  std::string image;  // as the definition names it
  image::Pin pin;     // what the deployment runs
  // The Secret that the definition names, "namespace/name"; empty: the agent's own credentials.
  std::string credentials;
  auto operator<=>(const ImageRequest&) const = default;
};

struct ReadyImage {
  std::string name;        // by which exactly this image is to be used
  std::string digest, id;  // one of them: see ContainerStatus
};

// What people would like to know meanwhile.
struct ImageNews {
  bool warning = false;
  std::string reason, message;
};

// All of them may be empty, none is called from inside ensure().
struct ImageWaiter {
  std::function<void(const ReadyImage&)> on_resolved;  // it is clear which one it will be, and it takes its time
  std::function<void(const ImageNews&)> on_news;
  // The text of an error begins with an ECS error name. Code::unavailable: the engine is away.
  std::function<void(const Result<ReadyImage>&)> done;
};

struct ImageOptions {
  image::PullBehavior behavior = image::PullBehavior::standard;
  // What the registry of the image is to be told, for the credentials of the request; an error is final.
  std::function<Result<drivers::RegistryAuth>(const std::string& credentials, const std::string& registry)> auth;
};

class ImageFetch;

class Images {
 public:
  // All outlive it.
  Images(Loop& loop, Random& random, drivers::Driver& driver, ImageRecords& records, ImageOptions options);
  ~Images();
  Images(const Images&) = delete;
  Images& operator=(const Images&) = delete;

  void ensure(const ImageRequest& request, ImageWaiter waiter);
  // The engine said that it does not have the image after all.
  void forget(const ImageRequest& request);
  // The images that somebody waits for now, by the names of their definitions.
  std::vector<std::string> wanted() const;
  std::uint64_t pulls() const { return pulls_; }

 private:
  friend class ImageFetch;
  struct Known {
    ReadyImage image;
    Duration since{};  // monotonic
  };

  // What a fetch has found out; `lasting`: the next one who asks need not ask the engine.
  enum class Trust { lasting, once };
  void finish(const ImageRequest& request, const Result<ReadyImage>& outcome, Trust trust);

  Loop& loop_;
  Random& random_;
  drivers::Driver& driver_;
  ImageRecords& records_;
  const ImageOptions options_;
  Lane pulls_at_once_, questions_at_once_;
  std::map<ImageRequest, std::unique_ptr<ImageFetch>> fetches_;
  std::map<ImageRequest, Known> present_;
  std::uint64_t pulls_ = 0;
  Life life_;
};

}  // namespace muster::agent
