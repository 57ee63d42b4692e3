#include "runtime/agent/images.h"

#include <utility>

#include "runtime/agent/image_fetch.h"

namespace muster::agent {
namespace {

constexpr std::size_t parallel_pulls = 4;
constexpr std::size_t parallel_questions = 16;
constexpr std::size_t most_known = 1'000;
// A burst of tasks asks once. An image that is removed meanwhile shows at create, see forget().
constexpr Duration trusted_for = std::chrono::seconds(60);

}  // namespace

Images::Images(Loop& loop, Random& random, drivers::Driver& driver, ImageRecords& records, ImageOptions options)
    : loop_(loop),
      random_(random),
      driver_(driver),
      records_(records),
      options_(std::move(options)),
      pulls_at_once_(loop, parallel_pulls),
      questions_at_once_(loop, parallel_questions) {}

Images::~Images() = default;

void Images::ensure(const ImageRequest& request, ImageWaiter waiter) {
  const auto known = present_.find(request);
  if (known != present_.end() && loop_.monotonic() - known->second.since < trusted_for) {
    return loop_.post(life_.guard([done = std::move(waiter.done), image = known->second.image] {
      if (done) done(image);
    }));
  }
  const auto [at, first] = fetches_.try_emplace(request);
  if (first) at->second = std::make_unique<ImageFetch>(*this, request);
  at->second->add(std::move(waiter));
  if (first) at->second->start();
}

void Images::forget(const ImageRequest& request) {
  present_.erase(request);
}

std::vector<std::string> Images::wanted() const {
  std::vector<std::string> out;
  for (const auto& [request, fetch] : fetches_) out.push_back(request.image);
  return out;
}

void Images::finish(const ImageRequest& request, const Result<ReadyImage>& outcome, Trust trust) {
  const auto fetch = fetches_.extract(request);
  if (fetch.empty()) return;
  if (outcome.ok() && trust == Trust::lasting) {
    if (present_.size() >= most_known) present_.clear();
    present_[fetch.key()] = Known{*outcome, loop_.monotonic()};
  } else {
    present_.erase(fetch.key());
  }
  for (const ImageWaiter& waiter : fetch.mapped()->waiters()) {
    if (waiter.done) loop_.post(life_.guard([done = waiter.done, outcome] { done(outcome); }));
  }
}

}  // namespace muster::agent
