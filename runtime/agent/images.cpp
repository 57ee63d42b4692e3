#include "runtime/agent/images.h"

#include <utility>

#include "api/base/text.h"

namespace muster::agent {
namespace {

constexpr std::size_t parallel_pulls = 4;
constexpr std::size_t most_known = 1'000;
constexpr int tries = 3;
constexpr Duration first_delay = std::chrono::seconds(1);
// A burst of tasks asks once. An image that is removed meanwhile shows at create, see forget().
constexpr Duration trusted_for = std::chrono::seconds(60);

constexpr std::string_view error_name = "CannotPullContainerError";

Error named(Error error) {
  if (error.message.find("Error:") != std::string::npos) return error;
  return std::move(error).under(error_name);
}

// A second try cannot find what does not exist or is not allowed.
bool final_answer(Code code) {
  switch (code) {
    case Code::malformed:
    case Code::invalid:
    case Code::not_found:
    case Code::unauthorized:
    case Code::forbidden:
    case Code::not_allowed:
    case Code::unsupported:
    case Code::unavailable: return true;
    case Code::already_exists:
    case Code::conflict:
    case Code::gone:
    case Code::too_large:
    case Code::too_many:
    case Code::timeout:
    case Code::internal: return false;
  }
  return false;
}

}  // namespace

Images::Images(Loop& loop, Random& random, drivers::Driver& driver)
    : loop_(loop), random_(random), driver_(driver), lane_(loop, parallel_pulls) {}

void Images::ensure(const std::string& image, drivers::DoneVoid done) {
  const auto known = present_.find(image);
  if (known != present_.end() && loop_.monotonic() - known->second < trusted_for) {
    return loop_.post(life_.guard([done = std::move(done)] { done({}); }));
  }
  const auto [fetch, first] = fetches_.try_emplace(image);
  fetch->second.waiting.push_back(std::move(done));
  if (first) check(image);
}

void Images::forget(const std::string& image) {
  present_.erase(image);
}

void Images::check(const std::string& image) {
  driver_.image_present(image, life_.guard([this, image](const Result<bool>& present) {
    if (!present.ok() && present.error().code == Code::unavailable) return finish(image, present.error());
    if (present.ok() && *present) return finish(image, {});
    pull(image);  // also when the engine cannot say: the pull will
  }));
}

void Images::pull(const std::string& image) {
  lane_.enter(Lane::Priority::normal, life_.guard([this, image](const std::shared_ptr<Lane::Pass>& pass) {
    ++pulls_;
    driver_.pull(image, nullptr, life_.guard([this, image, pass](const Status& status) { pulled(image, status); }));
  }));
}

void Images::pulled(const std::string& image, const Status& status) {
  Fetch& fetch = fetches_[image];
  if (status.ok() || final_answer(status.error().code) || ++fetch.failures >= tries) return finish(image, status);
  const Duration delay = first_delay * (std::int64_t{1} << (fetch.failures - 1));
  const Duration jitter{static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>(delay.count() / 2))};
  loop_.after(delay + jitter, life_.guard([this, image] { pull(image); }));
}

void Images::finish(const std::string& image, const Status& status) {
  const auto fetch = fetches_.extract(image);
  if (fetch.empty()) return;
  if (status.ok()) {
    if (present_.size() >= most_known) present_.clear();
    present_[image] = loop_.monotonic();
  } else {
    present_.erase(image);
  }
  const Status answer = status.ok() ? Status() : Status(named(status.error()));
  for (const drivers::DoneVoid& done : fetch.mapped().waiting) {
    loop_.post(life_.guard([done, answer] { done(answer); }));
  }
}

}  // namespace muster::agent
