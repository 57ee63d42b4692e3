// The verbs of the resource API on single objects and lists, the same for every kind.
#pragma once

#include <memory>

#include "runtime/http/server.h"
#include "runtime/server/call.h"
#include "runtime/server/pages.h"
#include "runtime/server/usages.h"
#include "runtime/server/watch.h"
#include "runtime/server/writes.h"
#include "runtime/store/objects.h"

namespace muster::server {

// On the server's loop only.
class Resources {
 public:
  // All must outlive this.
  Resources(store::Objects& objects, WatchHub& watches, Gate& gate, const Usages& usages, Loop& loop)
      : objects_(objects),
        watches_(watches),
        usages_(usages),
        loop_(loop),
        pages_(loop),
        turns_(std::make_shared<Turns>(loop)),
        writes_(objects, gate, loop, turns_) {}

  // Answers get, list, create, update, patch and delete of objects and of the status and scale subresources.
  void handle(const Call& call, const std::shared_ptr<http::Exchange>& exchange);

 private:
  void get(const Call& call, const std::shared_ptr<http::Exchange>& exchange);
  void get_now(const Call& call, const std::shared_ptr<http::Exchange>& exchange);
  // Answers when the state is as new as the call wants it, or when it was waited for in vain.
  template <class Answer>
  void when_reached(const Call& call, Answer answer);
  void list(const Call& call, const std::shared_ptr<http::Exchange>& exchange);
  void list_now(const Call& call, const std::shared_ptr<http::Exchange>& exchange);
  Result<State> state_for(const Call& call, const std::optional<PageToken>& after);
  void scale(const Call& call, const std::shared_ptr<http::Exchange>& exchange);
  void set_scale(const Call& call, const std::shared_ptr<http::Exchange>& exchange, const Turns::Turn& turn,
                 int attempts);

  store::Objects& objects_;
  WatchHub& watches_;
  const Usages& usages_;
  Loop& loop_;
  Pages pages_;
  std::size_t patient_reads_ = 0;  // that wait for a revision
  std::shared_ptr<Turns> turns_;
  Writes writes_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// The objects of the call's collection in this state, in order, beginning after the token; visits until `visit` answers
// false.
void select(const State& state, const Call& call, const PageToken* after, const State::Visit& visit);

}  // namespace muster::server
