// Who is served when there is more to do than can be done: limits on requests under way, and fair queues of what waits.
// A user who floods the server waits behind himself; the others take turns with him. What finds no room is answered
// 429.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/loop.h"
#include "runtime/http/server.h"

namespace muster::server {

struct FlowOptions {
  // Requests that have begun and are not answered yet; a watch, log or tunnel is answered when it begins to stream.
  std::size_t reads = 400;
  std::size_t writes = 200;
  std::size_t waiting_per_user = 200;  // of each sort; more: 429
  std::size_t waiting = 4'000;         // of all users, of each sort
  Duration longest_wait = std::chrono::seconds(10);
  // Serving for longer than this without a look at what else has come makes the rest wait, so that users take turns.
  Duration slice = std::chrono::milliseconds(5);
};

enum class Lane : std::uint8_t { reads, writes };

// On the server's loop only. Held by a shared pointer: a seat may outlive the server.
class Flow : public std::enable_shared_from_this<Flow> {
 public:
  Flow(Loop& loop, FlowOptions options) : loop_(loop), options_(options) {}
  ~Flow();
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  // The leave to be under way; given back when it is destroyed.
  class Seat {
   public:
    Seat() = default;
    Seat(std::shared_ptr<Flow> flow, Lane lane) : flow_(std::move(flow)), lane_(lane) {}
    Seat(Seat&& other) noexcept : flow_(std::exchange(other.flow_, nullptr)), lane_(other.lane_) {}
    Seat& operator=(Seat&& other) noexcept;
    ~Seat() { give_back(); }
    void give_back();
    explicit operator bool() const { return flow_ != nullptr; }

   private:
    std::shared_ptr<Flow> flow_;
    Lane lane_ = Lane::reads;
  };

  // A seat when one is free, nobody waits for one, and the loop has time; else an empty one.
  Seat begin(Lane lane);
  // Calls `serve` with a seat when it is the user's turn, unless the peer has gone. False when there is no room to
  // wait: the exchange is the caller's to answer. Who waits too long is answered 429 here.
  using Serve = std::function<void(Seat)>;
  bool wait(Lane lane, std::string_view user, std::shared_ptr<http::Exchange> exchange, Serve serve);
  // Time of the loop that a request took which begin() let in.
  void took(Duration time);
  // Nothing that waits is served any more.
  void stop();

  std::size_t under_way(Lane lane) const { return lanes_[index(lane)].under_way; }
  std::size_t waiting(Lane lane) const { return lanes_[index(lane)].waiting; }
  std::int64_t refused(Lane lane) const { return lanes_[index(lane)].refused; }

 private:
  struct Waiting {
    std::shared_ptr<http::Exchange> exchange;
    Serve serve;
    Duration since{};
    bool gone = false;
  };
  struct User {
    std::string name;
    std::deque<std::shared_ptr<Waiting>> queue;
  };
  struct Queues {
    std::size_t under_way = 0, waiting = 0;
    std::int64_t refused = 0;
    std::list<User> turns;  // the next one first; nobody without a request
    std::map<std::string, std::list<User>::iterator, std::less<>> by_name;
  };

  static std::size_t index(Lane lane) { return static_cast<std::size_t>(lane); }
  std::size_t limit(Lane lane) const { return lane == Lane::reads ? options_.reads : options_.writes; }
  void give_back(Lane lane);
  void serve_soon();
  void serve_waiting();
  bool serve_next(Lane lane);
  std::shared_ptr<Waiting> take_next(Queues& queues);
  void watch_patience();
  void give_up_on_late_ones();

  Loop& loop_;
  const FlowOptions options_;
  std::array<Queues, 2> lanes_;
  Duration spent_{};  // since the loop last looked at what else there is
  bool look_posted_ = false;
  bool serve_posted_ = false;
  bool stopped_ = false;
  Loop::Timer patience_ = 0;
};

// 429 in Kubernetes' words, with Retry-After.
http::Response too_many_requests();

}  // namespace muster::server
