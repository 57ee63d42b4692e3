#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "runtime/drivers/docker/streams.h"
#include "runtime/drivers/docker/subscriptions.h"

namespace muster::drivers::docker {

namespace {

constexpr std::size_t max_line = 1U << 20U;
constexpr Duration head_timeout = std::chrono::seconds(30);

class Events : public std::enable_shared_from_this<Events> {
 public:
  Events(std::shared_ptr<Engine> engine, const DockerOptions& options, const std::map<std::string, std::string>& labels,
         EventCallback callback)
      : engine_(std::move(engine)),
        path_("/events?filters=" + http::percent_encode(encode_filters(labels, "container"))),
        labels_(labels),
        first_(options.reconnect_first),
        last_(options.reconnect_last),
        callback_(std::move(callback)) {}

  void connect() {
    retry_ = 0;
    lines_ = Lines(max_line);
    const std::weak_ptr<Events> weak = weak_from_this();
    http::StreamCallbacks callbacks;
    callbacks.on_head = [weak](const http::Response& head) {
      const auto self = weak.lock();
      if (self == nullptr) return;
      self->listening_ = head.status == 200;
      if (!self->listening_) return;
      self->delay_ = Duration::zero();
      self->tell("");
    };
    callbacks.on_bytes = [weak](std::string_view bytes) {
      const auto self = weak.lock();
      if (self == nullptr || !self->listening_) return;
      self->lines_.feed(bytes, [&self](std::string_view line) {
        if (const std::optional<std::string> name = decode_event(line, self->labels_)) self->tell(*name);
      });
    };
    callbacks.on_end = [weak](const Status&) {
      if (const auto self = weak.lock()) self->retry();
    };
    engine_->stream("GET", path_, head_timeout, std::move(callbacks), [weak](std::unique_ptr<http::Call> call) {
      if (const auto self = weak.lock()) self->call_ = std::move(call);
    });
  }

  void cancel() {
    cancelled_ = true;
    engine_->loop().cancel(std::exchange(retry_, 0));
    call_.reset();
  }

 private:
  void tell(const std::string& name) {
    if (!cancelled_) callback_(name);
  }

  void retry() {
    if (cancelled_) return;
    call_.reset();
    engine_->forget_version();
    delay_ = delay_ == Duration::zero() ? first_ : std::min(delay_ * 2, last_);
    retry_ = engine_->loop().after(delay_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->connect();
    });
  }

  std::shared_ptr<Engine> engine_;
  std::string path_;
  const std::map<std::string, std::string> labels_;
  Duration first_;
  Duration last_;
  EventCallback callback_;
  std::unique_ptr<http::Call> call_;
  Lines lines_{max_line};
  Duration delay_{};
  Loop::Timer retry_ = 0;
  bool listening_ = false;
  bool cancelled_ = false;
};

// What the caller holds.
class Handle final : public Subscription {
 public:
  explicit Handle(std::shared_ptr<Events> events) : events_(std::move(events)) {}
  ~Handle() override { events_->cancel(); }

 private:
  std::shared_ptr<Events> events_;
};

}  // namespace

std::unique_ptr<Subscription> follow_events(std::shared_ptr<Engine> engine, const DockerOptions& options,
                                            const std::map<std::string, std::string>& labels, EventCallback callback) {
  auto events = std::make_shared<Events>(std::move(engine), options, labels, std::move(callback));
  events->connect();
  return std::make_unique<Handle>(std::move(events));
}

}  // namespace muster::drivers::docker
