// The writing verbs of the resource API, the same for every kind: create, update, the three patches, delete.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "runtime/http/server.h"
#include "runtime/server/call.h"
#include "runtime/server/gate.h"
#include "runtime/server/turns.h"
#include "runtime/store/objects.h"

namespace muster::server {

// On the server's loop only.
class Writes {
 public:
  // All must outlive this.
  Writes(store::Objects& objects, Gate& gate, Loop& loop, std::shared_ptr<Turns> turns)
      : objects_(objects), gate_(gate), loop_(loop), turns_(std::move(turns)) {}

  using ExchangePtr = std::shared_ptr<http::Exchange>;
  void create(const Call& call, const ExchangePtr& exchange);
  void update(const Call& call, const ExchangePtr& exchange);
  // Merge patch, JSON patch, server-side apply and, of Kubernetes' own kinds, strategic merge patch, told apart by the
  // media type.
  void patch(const Call& call, const ExchangePtr& exchange);
  void remove(const Call& call, const ExchangePtr& exchange);
  // Removes what the call selects and answers the list of it. Not one transaction: what was removed stays so when a
  // later part fails.
  void remove_collection(const Call& call, const ExchangePtr& exchange);

 private:
  using Retry = std::function<bool(const Error&)>;
  void edit(const Call& call, const ExchangePtr& exchange, const Turns::Turn& turn, int attempts);
  void apply(const Call& call, const ExchangePtr& exchange);
  void commit(const Call& call, Write write, std::vector<Warning> warnings, const ExchangePtr& exchange, Retry retry);
  struct Asked;
  struct Sweep;
  void remove_next(const std::shared_ptr<Sweep>& sweep);

  static Write pinned_to(Write write, const Object& stored);
  void commit_allowed(const Call& call, Write write, std::vector<Warning> warnings, const ExchangePtr& exchange,
                      Retry retry);

  store::Objects& objects_;
  Gate& gate_;
  Loop& loop_;
  std::shared_ptr<Turns> turns_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // what a commit answers later looks here first
};

}  // namespace muster::server
