#include "runtime/agent/image_fetch.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "api/base/text.h"
#include "runtime/agent/redaction.h"

namespace muster::agent {
namespace {

using image::Failure;
using image::Step;

constexpr Duration progress_interval = std::chrono::seconds(10);

std::string megabytes(std::int64_t bytes) {
  constexpr std::int64_t tenth = 100'000;
  return str(bytes / (10 * tenth), '.', bytes / tenth % 10, " MB");
}

std::string rounded(Duration duration) {
  return format_duration(std::chrono::duration_cast<std::chrono::milliseconds>(duration));
}

}  // namespace

ImageFetch::ImageFetch(Images& images, ImageRequest request)
    : images_(images),
      request_(std::move(request)),
      reference_(image::parse(request_.image)),
      wanted_(image::wanted_name(request_.image, reference_, request_.pin)) {}

void ImageFetch::add(ImageWaiter waiter) {
  if (told_ && waiter.on_resolved) {
    images_.loop_.post(life_.guard([tell = waiter.on_resolved, told = *told_] { tell(told); }));
  }
  waiters_.push_back(std::move(waiter));
}

void ImageFetch::start() {
  images_.driver_.image(wanted_, life_.guard([this](const Result<drivers::Image>& found) { looked(found); }));
}

image::Question ImageFetch::question() const {
  image::Question out;
  out.behavior = images_.options_.behavior;
  out.registries = images_.driver_.has_registries();
  out.exact = !image::exact_digest(reference_, request_.pin).empty();
  out.pinned_id = out.exact ? std::string() : request_.pin.id;
  if (present_) out.present_id = present_->id;
  out.pulled_before = images_.records_.pulled(request_.image);
  return out;
}

void ImageFetch::looked(const Result<drivers::Image>& found) {
  if (!found.ok() && found.error().code == Code::unavailable) return finish(found.error(), Images::Trust::once);
  if (found.ok()) present_ = *found;  // also when the engine cannot say: the pull will
  take(image::first_step(question()));
}

void ImageFetch::take(Step step) {
  switch (step) {
    // A tag may move between two tasks; nothing else can change.
    case Step::use:
      return use(*present_, image::exact_digest(reference_, request_.pin).empty() ? request_.image : wanted_,
                 Images::Trust::lasting);
    case Step::find_pinned: return find_pinned();
    case Step::resolve: return resolve();
    case Step::pull: pull_name_ = wanted_; return pull();
  }
}

void ImageFetch::find_pinned() {
  images_.driver_.image(request_.pin.id, life_.guard([this](const Result<drivers::Image>& found) {
    if (!found.ok() && found.error().code == Code::unavailable) return finish(found.error(), Images::Trust::once);
    if (found.ok() && found->id == request_.pin.id) return use(*found, found->id, Images::Trust::lasting);
    pull_name_ = request_.image;
    pull();
  }));
}

// ---- asking the registry

void ImageFetch::resolve() {
  images_.questions_at_once_.enter(Lane::Priority::normal, life_.guard([this](const std::shared_ptr<Lane::Pass>& pass) {
    const auto auth = images_.options_.auth
                          ? images_.options_.auth(request_.credentials, image::registry_of(reference_.repository))
                          : Result<drivers::RegistryAuth>(drivers::RegistryAuth{});
    if (!auth.ok()) return failed(auth.error());
    images_.driver_.resolve(request_.image, *auth,
                            life_.guard([this, pass, redact = Redaction(*auth)](const Result<std::string>& digest) {
                              resolved(digest.ok() ? digest : Result<std::string>(redact(digest.error())));
                            }));
  }));
}

void ImageFetch::resolved(const Result<std::string>& digest) {
  if (!digest.ok() && digest.error().code != Code::unsupported) return failed(digest.error());
  if (!digest.ok()) {
    pull_name_ = request_.image;
    return pull();
  }
  digest_ = *digest;
  const bool same = present_ && image::digest_in(present_->digests, reference_.repository) == digest_;
  pull_name_ = image::with_digest(reference_, digest_);
  if (image::step_after_resolve(images_.options_.behavior, same) == Step::use) {
    return use(*present_, pull_name_, Images::Trust::once);
  }
  told_ = ReadyImage{pull_name_, digest_, {}};
  for (const ImageWaiter& waiter : std::vector<ImageWaiter>(waiters_)) {
    if (waiter.on_resolved) waiter.on_resolved(*told_);
  }
  pull();
}

// ---- the pull

void ImageFetch::pull() {
  images_.pulls_at_once_.enter(Lane::Priority::normal, life_.guard([this](const std::shared_ptr<Lane::Pass>& pass) {
    const auto auth = images_.options_.auth
                          ? images_.options_.auth(request_.credentials, image::registry_of(reference_.repository))
                          : Result<drivers::RegistryAuth>(drivers::RegistryAuth{});
    if (!auth.ok()) return failed(auth.error());
    ++images_.pulls_;
    pull_began_ = told_at_ = images_.loop_.monotonic();
    fetched_ = 0;
    tell({false, "Pulling", str("Pulling image \"", request_.image, '"')});
    images_.driver_.pull(pull_name_, *auth,
                         life_.guard([this](const drivers::PullProgress& progress) { tell_progress(progress); }),
                         life_.guard([this, pass, redact = Redaction(*auth)](const Status& status) {
                           pulled(status.ok() ? status : Status(redact(status.error())));
                         }));
  }));
}

void ImageFetch::tell_progress(const drivers::PullProgress& progress) {
  fetched_ = progress.bytes;
  const Duration now = images_.loop_.monotonic();
  if (now - told_at_ < progress_interval) return;
  told_at_ = now;
  tell({false, "PullProgress",
        str("Pulling image \"", request_.image, "\": ", megabytes(progress.bytes), " of at least ",
            megabytes(progress.bytes + progress.bytes_to_come), ", ", progress.layers_done, " of ", progress.layers,
            " layers, after ", rounded(now - pull_began_))});
}

void ImageFetch::pulled(const Status& status) {
  if (!status.ok()) return failed(status.error());
  const std::string took = rounded(images_.loop_.monotonic() - pull_began_);
  tell(
      {false, "Pulled", str("Pulled image \"", request_.image, "\" in ", took, ", ", megabytes(fetched_), " fetched")});
  if (digest_.empty() || pull_name_ == request_.image) return look_at_pulled();
  // So that people find it by its name, and a later task when the registry is away. It is no failure when it cannot be.
  images_.driver_.tag(pull_name_, request_.image, life_.guard([this](const Status&) { look_at_pulled(); }));
}

void ImageFetch::look_at_pulled() {
  images_.driver_.image(pull_name_, life_.guard([this](const Result<drivers::Image>& found) {
    if (found.ok()) return compare_pulled(*found);
    if (found.error().code == Code::unavailable) return finish(found.error(), Images::Trust::once);
    failed(found.error());
  }));
}

void ImageFetch::compare_pulled(const drivers::Image& found) {
  images_.records_.add(found, pull_name_, request_.image);
  const image::Question asked = question();
  if (!asked.pinned_id.empty() && found.id != asked.pinned_id) {
    return finish(Error{Code::invalid, image::other_build_reason(request_.image, asked.pinned_id, found.id, {}), {}},
                  Images::Trust::once);
  }
  use(found, pull_name_, asked.exact ? Images::Trust::lasting : Images::Trust::once);
}

void ImageFetch::failed(const Error& error) {
  const Failure failure = image::failure_of(error);
  if (failure == Failure::engine_away) return finish(error, Images::Trust::once);
  const image::Question asked = question();
  ++tries_;
  const std::string reason = image::reason_of(failure, request_.image, error, tries_);
  // Who was told which image it will be must not get another one.
  const bool cached = image::may_fall_back(asked) && !told_;
  const double jitter = static_cast<double>(images_.random_.next() % 1'000) / 1'000;
  // A host that lacks a build that no registry has needs no second try.
  const bool lost_build = !asked.pinned_id.empty();
  if (const auto delay = image::retry_delay(failure, tries_, cached, jitter); delay && !lost_build) {
    tell({true, "PullRetry",
          str("Pull of image \"", request_.image, "\" failed, try ", tries_ + 1, " of ", image::most_tries, " in ",
              rounded(*delay), ": ", reason)});
    images_.loop_.after(*delay, life_.guard([this, asked] {
      if (asked.exact || !asked.registries) return pull();
      resolve();
    }));
    return;
  }
  if (cached) {
    tell({true, "UsingCachedImage",
          str("Using the image \"", request_.image, "\" that is present, because it cannot be pulled: ", reason)});
    // For a while nobody asks again: whoever has no registry should not wait for it at each start.
    return use(*present_, asked.exact ? wanted_ : request_.image, Images::Trust::lasting);
  }
  const std::string text = lost_build
                               ? image::other_build_reason(request_.image, asked.pinned_id,
                                                           present_ ? present_->id : std::string(), error.message)
                               : reason;
  tell({true, "PullFailed", text});
  finish(Error{error.code, text, {}}, Images::Trust::once);
}

// ---- the end

void ImageFetch::use(const drivers::Image& found, const std::string& name, Images::Trust trust) {
  ReadyImage ready;
  const bool by_id = !question().pinned_id.empty();
  if (!by_id) ready.digest = image::exact_digest(reference_, request_.pin);
  if (!by_id && ready.digest.empty()) ready.digest = image::digest_in(found.digests, reference_.repository);
  if (ready.digest.empty()) ready.id = found.id;
  // By a tag it would be whatever has the tag when the container is made.
  const std::string exact = ready.digest.empty() ? std::string() : image::with_digest(reference_, ready.digest);
  const bool has_exact = std::ranges::any_of(found.digests, [&](const std::string& each) { return each == exact; });
  ready.name = has_exact ? exact : name;
  images_.records_.used(found.id);
  finish(ready, trust);
}

void ImageFetch::finish(const Result<ReadyImage>& outcome, Images::Trust trust) {
  images_.finish(request_, outcome, trust);  // ends this object
}

void ImageFetch::tell(const ImageNews& news) {
  for (const ImageWaiter& waiter : std::vector<ImageWaiter>(waiters_)) {
    if (waiter.on_news) waiter.on_news(news);
  }
}

}  // namespace muster::agent
