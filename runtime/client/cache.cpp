#include "runtime/client/cache.h"

#include <utility>

#include "api/base/text.h"

namespace muster::client {
namespace {

class Handle final : public store::Subscription {
 public:
  explicit Handle(std::shared_ptr<store::Subscriber> subscriber) : subscriber_(std::move(subscriber)) {}
  ~Handle() override { subscriber_->drop(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

 private:
  std::shared_ptr<store::Subscriber> subscriber_;
};

}  // namespace

State Cache::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Result<std::unique_ptr<store::Subscription>> Cache::subscribe(std::int64_t from, Loop& loop,
                                                              std::function<void(const store::CommitPtr&)> callback) {
  auto subscriber = std::make_shared<store::Subscriber>(loop, std::move(callback), options_.subscriber_bytes);
  const std::lock_guard lock(mutex_);
  if (from > state_.revision()) {
    return Error{Code::invalid, str("revision ", from, " is in the future; the newest is ", state_.revision()), {}};
  }
  if (from < window_.oldest())
    return Error{Code::gone, str("too old resource version: ", from, " (", window_.oldest(), ")"), {}};
  const std::vector<store::ChangesPtr> past = window_.after(from);
  // Listed and started in one step: no commit comes between its past and what it is offered next.
  subscribers_.push_back(subscriber);
  subscriber->start(past.empty() ? nullptr : store::commit_of(past, state_));
  return std::unique_ptr<store::Subscription>(std::make_unique<Handle>(std::move(subscriber)));
}

void Cache::replace(State state) {
  std::vector<std::weak_ptr<store::Subscriber>> cut;
  store::Window window(options_.window_changes, options_.window_bytes);
  window.begin_at(state.revision());
  {
    const std::lock_guard lock(mutex_);
    std::swap(state_, state);  // the old ones are destroyed outside of the lock
    std::swap(window_, window);
    cut.swap(subscribers_);
  }
  for (const auto& each : cut) {
    if (const auto subscriber = each.lock()) subscriber->cut();
  }
}

void Cache::apply(const store::CommitPtr& commit) {
  auto changes = std::make_shared<store::Changes>();
  changes->changes = commit->changes;
  changes->json = commit->json;
  changes->revisions = commit->revisions;
  changes->time = commit->time;
  State old = commit->state;
  std::vector<std::shared_ptr<store::Subscriber>> listening;
  std::vector<store::ChangesPtr> dropped;  // destroyed outside of the lock
  {
    const std::lock_guard lock(mutex_);
    std::swap(state_, old);
    dropped = window_.add(std::move(changes));
    std::erase_if(subscribers_, [&](const std::weak_ptr<store::Subscriber>& weak) {
      std::shared_ptr<store::Subscriber> subscriber = weak.lock();
      if (subscriber == nullptr || subscriber->dropped()) return true;
      listening.push_back(std::move(subscriber));
      return false;
    });
  }
  for (const auto& subscriber : listening) subscriber->offer({commit});
}

}  // namespace muster::client
