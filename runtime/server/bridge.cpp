#include "runtime/server/bridge.h"

#include <utility>

#include "api/base/limits.h"
#include "api/base/text.h"

namespace muster::server {
namespace {

using protocol::StreamEnd;
using protocol::Tunnel;

constexpr Duration drain_interval = std::chrono::milliseconds(5);
constexpr Duration idle_limit = std::chrono::hours(4);  // as the kubelet

class Bridge : public std::enable_shared_from_this<Bridge> {
 public:
  Bridge(Loop& loop, Dials& dials, std::unique_ptr<UserEnd> user, std::shared_ptr<void> held)
      : loop_(loop), dials_(dials), user_(std::move(user)), held_(std::move(held)) {}

  void start(const std::string& instance, protocol::Open open) {
    const auto self = shared_from_this();
    auto dial = dials_.ask(instance, std::move(open), [self](Result<std::shared_ptr<http::WebSocket>> agent) {
      self->dial_.clear();
      if (self->over_) return;
      if (!agent.ok()) return self->end(StreamEnd{{}, agent.error().message});
      self->joined(std::move(*agent));
    });
    UserCallbacks callbacks;
    callbacks.on_input = [self](std::string_view bytes) { self->input(bytes); };
    callbacks.on_input_end = [self] { self->send(Tunnel::input_end, {}); };
    callbacks.on_resize = [self](protocol::WindowSize size) { self->send(Tunnel::resize, encode_size(size)); };
    callbacks.on_gone = [self] { self->end(std::nullopt); };
    user_->start(std::move(callbacks));
    user_->pause();
    watch_idle();
    if (dial.ok()) {
      dial_ = std::move(*dial);
    } else {
      loop_.post([self, message = dial.error().message] { self->end(StreamEnd{{}, message}); });
    }
  }

 private:
  void joined(std::shared_ptr<http::WebSocket> agent) {
    agent_ = std::move(agent);
    const auto self = shared_from_this();
    agent_->on_message([self](const std::string& message, http::Frame) { self->told(message); });
    agent_->on_close([self](const std::string& reason) {
      self->end(StreamEnd{{}, str("the connection to the container instance has ended: ", reason)});
    });
    for (const std::string& message : std::exchange(early_, {})) {
      agent_->send(std::make_shared<const std::string>(message), http::Frame::binary);
    }
    user_->resume();
  }

  void input(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, limits::stream_piece_bytes);
      bytes.remove_prefix(piece.size());
      send(Tunnel::input, piece);
    }
  }

  void send(Tunnel type, std::string_view content) {
    if (over_) return;
    moved_ = loop_.monotonic();
    std::string message = protocol::tunnel_message(type, content);
    if (agent_ == nullptr) {
      // What the user had sent before he was asked to wait.
      early_bytes_ += message.size();
      if (early_bytes_ > 4 * limits::stream_pause_bytes) return end(StreamEnd{{}, "too much input before the start"});
      return early_.push_back(std::move(message));
    }
    if (!agent_->send(std::make_shared<const std::string>(std::move(message)), http::Frame::binary)) return;
    if (agent_->queued() < limits::stream_pause_bytes || std::exchange(user_paused_, true)) return;
    user_->pause();
    watch_queues();
  }

  void told(const std::string& message) {
    if (over_) return;
    moved_ = loop_.monotonic();
    const auto parsed = protocol::parse_tunnel(message);
    if (!parsed) return;
    if (const auto last = protocol::decode_end(*parsed)) return end(last);
    if (parsed->type == Tunnel::output) user_->write(Output::out, parsed->content);
    if (parsed->type == Tunnel::errors) user_->write(Output::errors, parsed->content);
    if (parsed->type == Tunnel::output_end && !user_->end_output()) return end(StreamEnd{});
    if (user_->queued() < limits::stream_pause_bytes || std::exchange(agent_paused_, true)) return;
    agent_->pause();
    watch_queues();
  }

  void watch_queues() {
    if (std::exchange(watching_, true)) return;
    loop_.after(drain_interval, [self = shared_from_this()] {
      self->watching_ = false;
      if (self->over_) return;
      if (self->user_paused_ && self->agent_->queued() <= limits::stream_resume_bytes) {
        self->user_paused_ = false;
        self->user_->resume();
      }
      if (self->agent_paused_ && self->user_->queued() <= limits::stream_resume_bytes) {
        self->agent_paused_ = false;
        self->agent_->resume();
      }
      if (self->user_paused_ || self->agent_paused_) self->watch_queues();
    });
  }

  void watch_idle() {
    moved_ = loop_.monotonic();
    arm_idle(idle_limit);
  }
  void arm_idle(Duration delay) {
    idle_timer_ = loop_.after(delay, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr || self->over_) return;
      const Duration left = self->moved_ + idle_limit - self->loop_.monotonic();
      if (left > Duration::zero()) return self->arm_idle(left);
      self->end(StreamEnd{{}, "nothing has moved for four hours"});
    });
  }

  // Without a word to the user when he is the one who has gone.
  void end(const std::optional<StreamEnd>& how) {
    if (std::exchange(over_, true)) return;
    loop_.cancel(idle_timer_);
    if (!dial_.empty()) dials_.cancel(std::exchange(dial_, {}));
    if (how) user_->finish(*how);
    // From the loop: a callback of either end may be running.
    loop_.post([self = shared_from_this()] {
      if (self->agent_ != nullptr) {
        self->agent_->on_message([](const std::string&, http::Frame) {});
        self->agent_->resume();  // one that does not read would not see the answer
        self->agent_->close("the stream has ended");
        // The handle is held until the connection has ended in good order, then all of this goes.
        self->agent_->on_close([agent = self->agent_](const std::string&) {});
        self->agent_.reset();
      }
      self->user_->start({});
      self->user_.reset();
      self->held_.reset();
    });
  }

  Loop& loop_;
  Dials& dials_;
  std::unique_ptr<UserEnd> user_;
  std::shared_ptr<void> held_;
  std::shared_ptr<http::WebSocket> agent_;
  std::string dial_;  // the stream's id until the agent has come
  std::vector<std::string> early_;
  std::size_t early_bytes_ = 0;
  Duration moved_{};
  Loop::Timer idle_timer_ = 0;
  bool user_paused_ = false, agent_paused_ = false, watching_ = false, over_ = false;
};

}  // namespace

void join(Loop& loop, Dials& dials, const std::string& instance, protocol::Open open, std::unique_ptr<UserEnd> user,
          std::shared_ptr<void> held) {
  std::make_shared<Bridge>(loop, dials, std::move(user), std::move(held))->start(instance, std::move(open));
}

}  // namespace muster::server
