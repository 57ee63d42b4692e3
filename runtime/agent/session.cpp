#include "runtime/agent/session.h"

#include <algorithm>
#include <utility>

#include "runtime/base/log.h"

namespace muster::agent {
namespace {

constexpr Duration shortest_backoff = std::chrono::milliseconds(50);
constexpr Duration longest_backoff = std::chrono::seconds(5);
constexpr Duration welcome_timeout = std::chrono::seconds(10);
// The server only speaks when it has something to say. After this time without a word it is asked, ...
constexpr Duration quiet_for = std::chrono::seconds(20);
// ... and after this time without an answer it is taken for gone.
constexpr Duration answer_timeout = std::chrono::seconds(10);
constexpr Duration farewell_timeout = std::chrono::seconds(1);

}  // namespace

Session::Session(Loop& loop, Random& random, Link& link, std::string target, SessionCallbacks callbacks)
    : loop_(loop),
      random_(random),
      link_(link),
      target_(std::move(target)),
      callbacks_(std::move(callbacks)),
      backoff_(shortest_backoff) {}

Session::~Session() {
  for (const Loop::Timer timer : {dial_timer_, beat_timer_, silence_timer_, end_timer_}) loop_.cancel(timer);
}

void Session::start() {
  dial();
}

void Session::dial() {
  dial_timer_ = 0;
  const std::uint64_t number = ++dialed_;
  const auto current = [this, number](auto action) {
    return life_.guard([this, number, action = std::move(action)](auto&&... arguments) {
      if (number == dialed_) action(std::forward<decltype(arguments)>(arguments)...);
    });
  };
  connection_ = link_.dial(target_, LinkCallbacks{current([this] { on_open(); }),
                                                  current([this](const std::string& message) { on_message(message); }),
                                                  current([this](const std::string& reason) { on_close(reason); })});
}

void Session::dial_later(Duration shortest) {
  const Duration wait = std::max(shortest, backoff_);
  backoff_ = std::min(longest_backoff, backoff_ * 2);
  // Between half of it and all of it: agents that lost the same server do not come back together.
  const Duration jitter{static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>(wait.count() / 2 + 1))};
  loop_.cancel(dial_timer_);
  dial_timer_ = loop_.after(wait / 2 + jitter, life_.guard([this] { dial(); }));
}

void Session::on_open() {
  open_ = true;
  heard_ = loop_.monotonic();
  connection_->send_text(protocol::encode(protocol::Up(callbacks_.hello())));
  silence_timer_ = loop_.after(welcome_timeout, life_.guard([this] {
    silence_timer_ = 0;
    lose("no welcome in time", Duration::zero());
  }));
}

void Session::on_message(const std::string& message) {
  heard_ = loop_.monotonic();
  asked_ = false;
  auto frames = protocol::decode_down(message);
  if (!frames.ok()) {
    log::error("the server says what cannot be understood", {{"error", frames.error()}});
    return lose("a message that cannot be understood", longest_backoff);
  }
  const std::uint64_t number = dialed_;
  for (protocol::Down& frame : *frames) {
    if (welcomed_) {
      callbacks_.on_frame(std::move(frame));
    } else {
      on_first(std::move(frame));
    }
    if (number != dialed_ || connection_ == nullptr) return;
  }
}

void Session::on_first(protocol::Down frame) {
  if (const auto* refuse = std::get_if<protocol::Refuse>(&frame)) {
    log::error("the server refuses this agent", {{"reason", refuse->reason}});
    return lose(refuse->reason, longest_backoff);
  }
  const auto* welcome = std::get_if<protocol::Welcome>(&frame);
  if (welcome == nullptr) return lose("the server did not begin with a welcome", longest_backoff);
  welcomed_ = true;
  ++connections_;
  backoff_ = shortest_backoff;
  last_reason_.clear();
  beat_interval_ = std::max(welcome->beat_interval, Duration(std::chrono::milliseconds(10)));
  loop_.cancel(silence_timer_);
  silence_timer_ = loop_.after(quiet_for, life_.guard([this] { watch_silence(); }));
  beat_timer_ = loop_.after(beat_interval_, life_.guard([this] { beat(); }));
  callbacks_.on_welcome(*welcome);
}

void Session::on_close(const std::string& reason) {
  if (ending_) {
    if (const auto done = std::exchange(ended_, nullptr)) done();
    return;
  }
  lose(reason, Duration::zero());
}

void Session::lose(const std::string& reason, Duration shortest_wait) {
  ++dialed_;  // nothing more from that connection
  for (Loop::Timer* timer : {&beat_timer_, &silence_timer_}) loop_.cancel(std::exchange(*timer, 0));
  lost_.push_back(std::move(connection_));
  loop_.post(life_.guard([this] { lost_.clear(); }));
  open_ = false;
  const bool was_welcomed = std::exchange(welcomed_, false);
  if (reason != last_reason_) log::info("no connection to the server", {{"reason", reason}});
  last_reason_ = reason;
  if (was_welcomed) callbacks_.on_lost();
  if (!ending_) dial_later(shortest_wait);
}

bool Session::send(std::string line) {
  if (!open_ || connection_ == nullptr) return false;
  return connection_->send_text(std::move(line));
}

void Session::beat() {
  beat_timer_ = loop_.after(beat_interval_, life_.guard([this] { beat(); }));
  if (!send(protocol::encode(protocol::Up(protocol::Beat{})))) lose("a beat could not be sent", Duration::zero());
}

void Session::watch_silence() {
  silence_timer_ = 0;
  const Duration quiet = loop_.monotonic() - heard_;
  if (asked_) return lose("the server has fallen silent", Duration::zero());
  Duration next = quiet_for - quiet;
  if (quiet >= quiet_for) {
    asked_ = true;
    next = answer_timeout;
  }
  silence_timer_ = loop_.after(next, life_.guard([this] { watch_silence(); }));
  if (asked_) callbacks_.on_silence();
}

void Session::reconnect(const std::string& reason) {
  if (connection_ != nullptr && !ending_) lose(reason, Duration::zero());
}

void Session::shut_down(std::string last_line, std::function<void()> done) {
  ending_ = true;
  for (Loop::Timer* timer : {&dial_timer_, &beat_timer_, &silence_timer_}) loop_.cancel(std::exchange(*timer, 0));
  ended_ = std::move(done);
  const auto finish = life_.guard([this] {
    if (const auto callback = std::exchange(ended_, nullptr)) callback();
  });
  if (!welcomed_ || connection_ == nullptr) {
    ++dialed_;
    return loop_.post(finish);
  }
  connection_->send_text(std::move(last_line));
  connection_->close("the agent ends");
  end_timer_ = loop_.after(farewell_timeout, finish);
}

}  // namespace muster::agent
