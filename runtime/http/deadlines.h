// Time limits of many connections for the price of a list: all deadlines of one length run out in the order they were
// armed, so arming is an append and one timer of the loop serves all.
#pragma once

#include <boost/intrusive/list.hpp>
#include <list>

#include "api/base/time.h"
#include "runtime/base/loop.h"

namespace muster::http {

// One running (or not running) limit; a member of what it limits. Disarmed when destroyed.
class Deadline : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_deadline(Deadline& deadline) = 0;
  };

  explicit Deadline(Owner& owner) : owner_(owner) {}
  void disarm() { unlink(); }
  bool armed() const { return is_linked(); }

 private:
  friend class Deadlines;
  Owner& owner_;
  Duration at_{};
};

class Deadlines {
 public:
  explicit Deadlines(Loop& loop) : loop_(loop) {}
  ~Deadlines() { loop_.cancel(timer_); }
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  // From now on; an armed deadline is moved. The number of different lengths must be small.
  void arm(Deadline& deadline, Duration length);

 private:
  using List = boost::intrusive::list<Deadline, boost::intrusive::constant_time_size<false>>;
  struct Lane {
    explicit Lane(Duration every) : length(every) {}
    Duration length;
    List list;
  };

  void set_timer(Duration at);
  void ring();

  Loop& loop_;
  std::list<Lane> lanes_;
  Loop::Timer timer_ = 0;
  Duration timer_at_{};
};

}  // namespace muster::http
