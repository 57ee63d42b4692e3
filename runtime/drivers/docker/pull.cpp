#include "runtime/drivers/docker/pull.h"

#include <utility>

#include "api/base/text.h"

namespace muster::drivers::docker {

namespace {

constexpr std::string_view error_name = "CannotPullContainerError";
constexpr std::size_t max_line = 256U << 10U;
constexpr std::size_t max_refusal = 64U << 10U;
constexpr std::size_t max_layers = 1000;

// A query's value; what an image's name may contain needs little encoding.
std::string encode(const std::string& text) {
  return http::percent_encode(text);
}

}  // namespace

Pull::Pull(Engine& engine, const DockerOptions& options, std::function<void(const PullProgress&)> progress,
           DoneVoid done)
    : engine_(engine),
      total_timeout_(options.pull_timeout),
      inactivity_timeout_(options.pull_inactivity),
      progress_(std::move(progress)),
      done_(std::move(done)),
      lines_(max_line) {}

Pull::~Pull() {
  engine_.loop().cancel(inactivity_);
  engine_.loop().cancel(total_);
}

void Pull::run(const ImageName& image, const RegistryAuth& auth) {
  image_ = str(image.name, image.tag.find(':') == std::string::npos ? ":" : "@", image.tag);
  const std::weak_ptr<Life> life = life_;
  http::StreamCallbacks callbacks;
  callbacks.on_head = [this, life](const http::Response& head) {
    if (life.expired()) return;
    status_ = head.status;
    still_alive();
  };
  callbacks.on_bytes = [this, life](std::string_view bytes) {
    if (!life.expired()) on_bytes(bytes);
  };
  callbacks.on_end = [this, life](const Status& end) {
    if (!life.expired()) on_end(end);
  };
  total_ = engine_.loop().after(total_timeout_, [this, life] {
    if (!life.expired()) timed_out();
  });
  still_alive();
  const std::string path = str("/images/create?fromImage=", encode(image.name), "&tag=", encode(image.tag));
  http::Headers headers;
  if (!auth.empty()) headers.emplace_back("X-Registry-Auth", encode_auth(auth));
  // The timer for inactivity is the stricter one; the head's own is only a bound.
  engine_.stream(
      "POST", path, total_timeout_, std::move(callbacks),
      [this, life](std::unique_ptr<http::Call> call) {
        if (!life.expired()) call_ = std::move(call);
      },
      headers);
}

void Pull::still_alive() {
  engine_.loop().cancel(inactivity_);
  inactivity_ = engine_.loop().after(inactivity_timeout_, [this, life = std::weak_ptr<Life>(life_)] {
    if (!life.expired()) stalled();
  });
}

void Pull::stalled() {
  finish(Error{
      Code::timeout,
      str(error_name, ": the pull of ", image_, " has stalled: no progress for ", format_duration(inactivity_timeout_)),
      {}});
}

void Pull::timed_out() {
  finish(Error{Code::timeout,
               str("DockerTimeoutError: Could not transition to pulled; timed out after waiting ",
                   format_duration(total_timeout_)),
               {}});
}

void Pull::on_bytes(std::string_view bytes) {
  still_alive();
  if (status_ != 200) {
    refusal_ += bytes.substr(0, max_refusal - std::min(max_refusal, refusal_.size()));
    return;
  }
  const std::weak_ptr<Life> life = life_;
  lines_.feed(bytes, [this, &life](std::string_view line) {
    if (!life.expired()) on_line(line);
  });
}

void Pull::on_line(std::string_view line) {
  const std::optional<PullLine> told = decode_pull(line);
  if (!told) return;
  if (!told->error.empty()) error_ = told->error;
  // "Pulling from NAME" has the tag where others have a layer.
  if (!progress_ || told->layer.empty() || told->status.empty() || told->status.starts_with("Pulling from")) return;
  if (layers_.size() >= max_layers && !layers_.contains(told->layer)) return;
  Layer& layer = layers_[told->layer];
  if (told->status == "Downloading") {
    layer.fetched = told->current;
    layer.size = std::max(told->total, told->current);
  } else if (told->status == "Download complete" || told->status == "Verifying Checksum") {
    layer.fetched = layer.size;
  }
  layer.done = told->status == "Pull complete" || told->status == "Already exists";
  PullProgress now;
  now.layers = layers_.size();
  for (const auto& [id, each] : layers_) {
    now.layers_done += each.done ? 1 : 0;
    now.bytes += each.fetched;
    now.bytes_to_come += each.size - each.fetched;
  }
  const auto progress = progress_;
  progress(now);
}

void Pull::on_end(const Status& end) {
  if (!end.ok()) return finish(no_answer(error_name, "pulled", total_timeout_, end.error()));
  if (status_ != 200) {
    http::Response response;
    response.status = status_;
    response.body = refusal_;
    return finish(refused(error_name, response));
  }
  // The status was sent before the pull began; its failure is in the stream.
  if (!error_.empty()) return finish(Error{Code::internal, str(error_name, ": ", error_), {}});
  finish({});
}

void Pull::finish(Status status) {
  engine_.loop().cancel(std::exchange(inactivity_, 0));
  engine_.loop().cancel(std::exchange(total_, 0));
  call_.reset();
  if (const DoneVoid done = std::exchange(done_, nullptr)) done(std::move(status));
}

}  // namespace muster::drivers::docker
