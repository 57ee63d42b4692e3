// One pull of an image. For this folder only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/drivers/base/driver.h"
#include "runtime/drivers/docker/docker.h"
#include "runtime/drivers/docker/engine.h"
#include "runtime/drivers/docker/streams.h"

namespace muster::drivers::docker {

// Answers once; dropped before that, it is cancelled and silent.
class Pull {
 public:
  Pull(Engine& engine, const DockerOptions& options, std::function<void(const PullProgress&)> progress, DoneVoid done);
  ~Pull();
  Pull(const Pull&) = delete;
  Pull& operator=(const Pull&) = delete;

  void run(const ImageName& image, const RegistryAuth& auth);

 private:
  void on_bytes(std::string_view bytes);
  void on_line(std::string_view line);
  void on_end(const Status& end);
  void still_alive();
  void stalled();
  void timed_out();
  void finish(Status status);

  Engine& engine_;
  Duration total_timeout_;
  Duration inactivity_timeout_;
  std::function<void(const PullProgress&)> progress_;
  DoneVoid done_;
  std::unique_ptr<http::Call> call_;
  int status_ = 0;
  std::string refusal_;  // the body of an answer that is not 200
  std::string error_;    // the last one in the stream
  struct Layer {
    std::int64_t fetched = 0, size = 0;
    bool done = false;
  };
  std::map<std::string, Layer> layers_;
  std::string image_;
  Lines lines_;
  Loop::Timer inactivity_ = 0;
  Loop::Timer total_ = 0;
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
};

}  // namespace muster::drivers::docker
