#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "api/base/text.h"
#include "runtime/drivers/docker/streams.h"
#include "runtime/drivers/docker/subscriptions.h"
#include "runtime/drivers/docker/tail.h"

namespace muster::drivers::docker {

namespace {

constexpr std::size_t max_refusal = 64U << 10U;
constexpr std::string_view error_name = "CannotDescribeContainerError";

// Seconds with a fraction, as the API takes a time.
std::string unix_time(Time time) {
  const std::int64_t ns = time.time_since_epoch().count();
  std::string fraction = std::to_string(ns % 1'000'000'000);
  fraction.insert(0, 9 - fraction.size(), '0');
  return str(ns / 1'000'000'000, ".", fraction);
}

class Log : public std::enable_shared_from_this<Log> {
 public:
  Log(std::shared_ptr<Engine> engine, const DockerOptions& options, std::string name, LogOptions log,
      LogCallbacks callbacks)
      : engine_(std::move(engine)),
        timeout_(options.inspect_timeout),
        name_(std::move(name)),
        options_(log),
        callbacks_(std::move(callbacks)) {}

  // Only the container tells whether its log comes in frames.
  void run() {
    engine_->send(Engine::Lane::quick, "GET", container_path(name_, "/json"), "", timeout_,
                  [weak = weak_from_this()](Result<http::Response> response) {
                    if (const auto self = weak.lock()) self->inspected(std::move(response));
                  });
  }

  void cancel() {
    cancelled_ = true;
    call_.reset();
  }

  void pause() {
    paused_ = true;
    if (call_) call_->pause();
  }
  void resume() {
    const auto self = shared_from_this();  // a callback may drop the handle
    paused_ = false;
    while (!paused_ && !cancelled_ && !held_.empty()) {
      const Piece piece = std::move(held_.front());
      held_.pop_front();
      emit(piece.bytes, piece.is_stderr);
    }
    if (paused_ || cancelled_) return;
    if (ended_) return end(*std::exchange(ended_, std::nullopt));
    if (call_) call_->resume();
  }

 private:
  void inspected(Result<http::Response> response) {
    if (cancelled_) return;
    if (!response.ok()) return end(no_answer(error_name, "described", timeout_, std::move(response).error()));
    if (response->status == 404) return end(refused("NoSuchContainerError", *response));
    if (response->status != 200) return end(refused(error_name, *response));
    const Result<Inspected> container = decode_inspect(response->body);
    if (!container.ok()) return end(Error(container.error()).under(error_name));
    framed_ = !container->has_terminal;
    driver_ = container->log_driver;
    std::string path = container_path(name_, "/logs?stdout=true&stderr=true");
    if (options_.follow) path += "&follow=true";
    if (options_.timestamps) path += "&timestamps=true";
    const std::int64_t lines = std::max<std::int64_t>(0, options_.tail.value_or(0));
    // Podman mixes up the lines before one that has no end. One that follows has no other way.
    if (engine_->is_podman() && lines > 0 && !options_.follow) {
      tail_.emplace(lines);
    } else if (options_.tail) {
      path += str("&tail=", lines);
    }
    if (is_set(options_.since)) path += "&since=" + unix_time(options_.since);
    const std::weak_ptr<Log> weak = weak_from_this();
    http::StreamCallbacks callbacks;
    callbacks.on_head = [weak](const http::Response& head) {
      if (const auto self = weak.lock()) self->status_ = head.status;
    };
    callbacks.on_bytes = [weak](std::string_view bytes) {
      if (const auto self = weak.lock()) self->on_bytes(bytes);
    };
    callbacks.on_end = [weak](const Status& ended) {
      if (const auto self = weak.lock()) self->on_end(ended);
    };
    engine_->stream("GET", path, timeout_, std::move(callbacks), [weak](std::unique_ptr<http::Call> call) {
      const auto self = weak.lock();
      if (self == nullptr || self->cancelled_) return;
      self->call_ = std::move(call);
      if (self->paused_ && self->call_) self->call_->pause();
    });
  }

  void on_bytes(std::string_view bytes) {
    if (cancelled_) return;
    if (status_ != 200) {
      refusal_ += bytes.substr(0, max_refusal - std::min(max_refusal, refusal_.size()));
    } else if (!framed_) {
      content(bytes, false);
    } else {
      const bool understood = frames_.feed(bytes, [this](std::string_view bytes_of, Frames::Stream stream) {
        if (stream == Frames::Stream::system_error) {
          broken_ += bytes_of;
        } else {
          content(bytes_of, stream == Frames::Stream::err);
        }
      });
      if (!understood) broken_ = "the log's framing is broken";
      if (!understood) return on_end({});
    }
  }

  void content(std::string_view bytes, bool is_stderr) {
    tail_ ? tail_->add(bytes, is_stderr) : emit(bytes, is_stderr);
  }

  void emit(std::string_view bytes, bool is_stderr) {
    if (cancelled_ || !callbacks_.on_bytes) return;
    if (paused_) {
      held_.push_back(Piece{std::string(bytes), is_stderr});
    } else {
      callbacks_.on_bytes(bytes, is_stderr);
    }
  }

  void on_end(const Status& ended) {
    if (!ended.ok()) return end(no_answer(error_name, "read", timeout_, ended.error()));
    if (!broken_.empty()) return end(Error{Code::internal, str(error_name, ": ", broken_), {}});
    if (status_ == 200) {
      const auto self = shared_from_this();  // a callback may drop the handle
      if (tail_) {
        for (const Tail::Line& line : tail_->take()) emit(line.bytes, line.is_stderr);
      }
      return end({});
    }
    http::Response response;
    response.status = status_;
    response.body = refusal_;
    if (refusal_.find("does not support reading") != std::string::npos) {
      // Short: as the end of a stream it may have 123 bytes.
      return end(
          Error{Code::invalid,
                str(error_name, ": log driver \"", driver_, "\" cannot be read back: look where it sends the output"),
                {}});
    }
    end(refused(status_ == 404 ? "NoSuchContainerError" : error_name, response));
  }

  void end(Status status) {
    call_.reset();
    if (paused_ && !cancelled_) {
      ended_ = std::move(status);
      return;
    }
    if (std::exchange(cancelled_, true)) return;
    if (callbacks_.on_end) callbacks_.on_end(std::move(status));
  }

  std::shared_ptr<Engine> engine_;
  Duration timeout_;
  std::string name_;
  LogOptions options_;
  LogCallbacks callbacks_;
  // What had been read when the reader asked to wait.
  struct Piece {
    std::string bytes;
    bool is_stderr = false;
  };
  std::deque<Piece> held_;
  std::optional<Status> ended_;
  bool paused_ = false;
  std::unique_ptr<http::Call> call_;
  Frames frames_;
  std::optional<Tail> tail_;
  bool framed_ = true;
  std::string driver_;
  int status_ = 0;
  std::string refusal_;
  std::string broken_;
  bool cancelled_ = false;  // or ended: nothing more is told
};

class Handle final : public Subscription {
 public:
  explicit Handle(std::shared_ptr<Log> log) : log_(std::move(log)) {}
  ~Handle() override { log_->cancel(); }
  void pause() override { log_->pause(); }
  void resume() override { log_->resume(); }

 private:
  std::shared_ptr<Log> log_;
};

}  // namespace

std::unique_ptr<Subscription> read_log(std::shared_ptr<Engine> engine, const DockerOptions& options,
                                       const std::string& name, const LogOptions& log, LogCallbacks callbacks) {
  auto reader = std::make_shared<Log>(std::move(engine), options, name, log, std::move(callbacks));
  reader->run();
  return std::make_unique<Handle>(std::move(reader));
}

}  // namespace muster::drivers::docker
