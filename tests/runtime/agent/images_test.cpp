// One pull an image, by the agent's behaviour and the deployment's pin; a few tries, then the reason.
#include "runtime/agent/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/manual_loop.h"
#include "tests/support/silent_driver.h"

namespace muster::agent {
namespace {

using image::PullBehavior;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// An engine and one registry: tags that move, images by digest.
struct Registry final : muster::testing::SilentDriver {
  explicit Registry(Loop& the_loop) : loop(the_loop) {}
  bool has_registries() const override { return registries; }
  void image(std::string reference, drivers::Done<drivers::Image> done) override {
    ++checks;
    loop.post([this, done, reference] {
      for (const drivers::Image& each : present) {
        const bool named = reference == each.id || std::ranges::count(each.tags, reference) > 0 ||
                           std::ranges::count(each.digests, reference) > 0;
        if (named) return done(each);
      }
      done(Error{Code::not_found, "No such image: " + reference, {}});
    });
  }
  void resolve(std::string image, drivers::RegistryAuth auth, drivers::Done<std::string> done) override {
    ++questions;
    names.push_back(auth.username);
    loop.after(seconds(1), [this, done, image] {
      if (failures > 0 && failures-- > 0) return done(error);
      if (!tags.contains(image)) return done(Error{Code::not_found, "manifest unknown", {}});
      done(tags[image]);
    });
  }
  void pull(std::string name, drivers::RegistryAuth, std::function<void(const drivers::PullProgress&)> progress,
            drivers::DoneVoid done) override {
    pulled.push_back(name);
    loop.after(seconds(11), [progress] { progress({3, 1, 20'000'000, 20'000'000}); });
    loop.after(seconds(12), [this, done, name] {
      if (failures > 0 && failures-- > 0) return done(error);
      drivers::Image image;
      const std::string digest = name.find('@') == std::string::npos ? "" : name.substr(name.find('@') + 1);
      image.id = "sha256:id-of-" + (digest.empty() ? name : digest);
      if (digest.empty()) image.tags = {name};
      if (!digest.empty()) image.digests = {name};
      present.push_back(image);
      done({});
    });
  }
  void tag(std::string image, std::string name, drivers::DoneVoid done) override {
    for (drivers::Image& each : present) {
      std::erase(each.tags, name);
      if (std::ranges::count(each.digests, image) > 0) each.tags.push_back(name);
    }
    loop.post([done] { done({}); });
  }

  Loop& loop;
  bool registries = true;
  std::map<std::string, std::string> tags;  // what the registry has
  std::vector<drivers::Image> present;
  std::vector<std::string> pulled, names;
  int checks = 0, questions = 0, failures = 0;
  Error error{Code::internal, "no luck", {}};
};

struct ImagesTest : ::testing::Test {
  testing::ManualLoop loop;
  SeededRandom random{1};
  Registry driver{loop};
  ImageRecords records{loop, nullptr};
  std::unique_ptr<Images> images;

  void use(PullBehavior behavior) {
    ImageOptions options;
    options.behavior = behavior;
    options.auth = [](const std::string& credentials, const std::string&) -> Result<drivers::RegistryAuth> {
      if (credentials == "default/missing") return Error{Code::not_found, "there is no Secret missing", {}};
      return drivers::RegistryAuth{"r", credentials, "the password", {}};
    };
    images = std::make_unique<Images>(loop, random, driver, records, options);
  }
  void ensure(const ImageRequest& request) {
    if (images == nullptr) use(PullBehavior::standard);
    ImageWaiter waiter;
    waiter.on_resolved = [this](const ReadyImage& image) { resolved.push_back(image.digest); };
    waiter.on_news = [this](const ImageNews& each) {
      news.push_back(each.reason);
      texts += each.message + '\n';
    };
    waiter.done = [this](const Result<ReadyImage>& image) {
      answers.push_back(image.ok() ? image->name : image.error().message);
      if (image.ok()) last = *image;
    };
    images->ensure(request, std::move(waiter));
  }
  void ensure(const std::string& image) { ensure(ImageRequest{image, {}, {}}); }
  void have(const std::string& tag, const std::string& digest, const std::string& id) {
    drivers::Image image;
    image.id = id;
    image.tags = {tag};
    if (!digest.empty()) image.digests = {image::parse(tag).repository + "@" + digest};
    driver.present.push_back(image);
  }
  void run() { loop.advance(seconds(200)); }

  std::vector<std::string> answers, resolved, news;
  std::string texts;  // of the news
  ReadyImage last;
};

TEST_F(ImagesTest, a_tag_is_resolved_and_pulled_by_its_digest) {
  driver.tags["r/a:1"] = "sha256:d1";
  ensure("r/a:1");
  EXPECT_THAT(answers, IsEmpty()) << "never from inside the call";
  loop.advance(seconds(2));
  EXPECT_THAT(resolved, ElementsAre("sha256:d1")) << "before the pull has ended";
  EXPECT_THAT(answers, IsEmpty());
  run();
  EXPECT_THAT(answers, ElementsAre("r/a@sha256:d1"));
  EXPECT_EQ(last.digest, "sha256:d1");
  EXPECT_EQ(last.id, "");
  EXPECT_THAT(driver.pulled, ElementsAre("r/a@sha256:d1"));
  EXPECT_THAT(driver.present.front().tags, ElementsAre("r/a:1")) << "people find it by its name";
  EXPECT_THAT(news, ElementsAre("Pulling", "PullProgress", "Pulled"));
  EXPECT_TRUE(records.pulled("r/a:1"));

  ensure("r/a:1");
  run();
  EXPECT_EQ(driver.questions, 2) << "the tag may have moved";
  EXPECT_THAT(driver.pulled, SizeIs(1)) << "it has not";
}

TEST_F(ImagesTest, one_pull_serves_all) {
  driver.tags["r/a:1"] = "sha256:d1";
  for (int at = 0; at < 5; ++at) ensure("r/a:1");
  loop.advance(seconds(2));
  ensure("r/a:1");
  run();
  EXPECT_THAT(answers, SizeIs(6));
  EXPECT_THAT(resolved, SizeIs(6)) << "also who came later";
  EXPECT_THAT(driver.pulled, SizeIs(1));
  EXPECT_EQ(driver.questions, 1);
}

TEST_F(ImagesTest, a_pinned_digest_is_never_asked_for) {
  driver.tags["r/a:1"] = "sha256:d2";
  ImageRequest request{"r/a:1", {"sha256:d1", {}}, {}};
  ensure(request);
  loop.advance(seconds(15));
  EXPECT_THAT(answers, ElementsAre("r/a@sha256:d1"));
  EXPECT_EQ(driver.questions, 0);
  EXPECT_EQ(last.digest, "sha256:d1");
  EXPECT_THAT(driver.present.front().tags, IsEmpty()) << "the tag means another one now";
  const int checks = driver.checks;
  ensure(request);
  loop.run_ready();
  EXPECT_THAT(answers, SizeIs(2));
  EXPECT_EQ(driver.checks, checks) << "what has a digest stays what it is";
  images->forget(request);
  ensure(request);
  run();
  EXPECT_EQ(driver.checks, checks + 1);
}

TEST_F(ImagesTest, another_tag_of_the_same_digest_needs_no_pull) {
  have("r/a:old", "sha256:d1", "sha256:i1");
  driver.tags["r/a:1"] = "sha256:d1";
  ensure(ImageRequest{"r/a:1", {"sha256:d1", {}}, {}});
  run();
  EXPECT_THAT(driver.pulled, IsEmpty());
  EXPECT_THAT(answers, ElementsAre("r/a@sha256:d1"));
}

TEST_F(ImagesTest, what_is_present_serves_when_the_registry_is_away) {
  have("r/a:1", "sha256:d0", "sha256:i0");
  driver.failures = 100;
  driver.error = {Code::internal, "dial tcp 127.0.0.1:1: connect: connection refused", {}};
  ensure("r/a:1");
  run();
  EXPECT_THAT(answers, ElementsAre("r/a@sha256:d0"));
  EXPECT_EQ(last.digest, "sha256:d0");
  EXPECT_THAT(news, ElementsAre("UsingCachedImage"));
  EXPECT_EQ(driver.questions, 1) << "no waiting for what is not needed";

  for (const PullBehavior strict : {PullBehavior::always, PullBehavior::once}) {
    answers.clear();
    use(strict);
    ensure("r/a:1");
    run();
    EXPECT_THAT(answers, ElementsAre(HasSubstr("its registry cannot be reached from this host")));
  }
}

TEST_F(ImagesTest, a_local_build_is_told_by_its_id) {
  have("app:dev", "", "sha256:i1");
  use(PullBehavior::prefer_cached);
  ensure("app:dev");
  run();
  EXPECT_THAT(answers, ElementsAre("app:dev"));
  EXPECT_EQ(last.digest, "");
  EXPECT_EQ(last.id, "sha256:i1");
  EXPECT_EQ(driver.questions, 0);
}

TEST_F(ImagesTest, another_build_than_the_pinned_one_is_refused) {
  have("app:dev", "", "sha256:i2");
  for (const PullBehavior each : {PullBehavior::standard, PullBehavior::prefer_cached}) {
    answers.clear();
    use(each);
    driver.failures = 1;
    driver.error = {Code::not_found, "pull access denied for app", {}};
    ensure(ImageRequest{"app:dev", {{}, "sha256:i1"}, {}});
    run();
    EXPECT_THAT(answers, ElementsAre(HasSubstr("the deployment runs sha256:i1 of image app:dev")));
    EXPECT_THAT(answers, ElementsAre(HasSubstr("this host has another one, sha256:i2")));
  }
  answers.clear();
  have("other:name", "", "sha256:i1");
  ensure(ImageRequest{"app:dev", {{}, "sha256:i1"}, {}});
  run();
  EXPECT_THAT(answers, ElementsAre("sha256:i1")) << "the same build under another name";
}

TEST_F(ImagesTest, tries_again_with_growing_delay_then_tells_why_not) {
  driver.tags["r/a:1"] = "sha256:d1";
  driver.failures = 2;
  ensure("r/a:1");
  run();
  EXPECT_THAT(answers, ElementsAre("r/a@sha256:d1"));
  EXPECT_THAT(news, ElementsAre("PullRetry", "PullRetry", "Pulling", "PullProgress", "Pulled"));
  driver.failures = 100;
  ensure("r/b:1");
  run();
  EXPECT_EQ(answers.back(), "CannotPullContainerError: r/b:1: no luck (tried 5 times)");
  EXPECT_EQ(news.back(), "PullFailed");
}

TEST_F(ImagesTest, does_not_ask_again_for_what_does_not_exist) {
  ensure("r/none:1");
  run();
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_THAT(answers[0], HasSubstr("check the image's name and tag"));
  EXPECT_EQ(driver.questions, 1);
}

TEST_F(ImagesTest, who_was_told_a_digest_gets_no_other) {
  have("r/a:1", "sha256:d0", "sha256:i0");
  driver.tags["r/a:1"] = "sha256:d1";
  ensure("r/a:1");
  loop.advance(seconds(2));
  EXPECT_THAT(resolved, ElementsAre("sha256:d1"));
  driver.failures = 100;
  driver.error = {Code::internal, "connection refused", {}};
  run();
  EXPECT_THAT(answers, ElementsAre(HasSubstr("cannot be reached")));
}

TEST_F(ImagesTest, always_pulls_and_once_pulls_once) {
  driver.tags["r/a:1"] = "sha256:d1";
  use(PullBehavior::always);
  for (int i = 0; i < 2; ++i) {
    ensure("r/a:1");
    run();
  }
  EXPECT_THAT(driver.pulled, SizeIs(2));
  driver.tags["r/a:1"] = "sha256:d2";
  use(PullBehavior::once);
  ensure("r/a:1");
  run();
  EXPECT_THAT(driver.pulled, SizeIs(2));
  EXPECT_EQ(last.digest, "sha256:d1");
}

TEST_F(ImagesTest, credentials_are_those_of_the_request) {
  driver.tags["r/a:1"] = "sha256:d1";
  ensure(ImageRequest{"r/a:1", {}, "default/one"});
  ensure(ImageRequest{"r/a:1", {}, "default/two"});
  ensure(ImageRequest{"r/a:1", {}, "default/missing"});
  run();
  EXPECT_THAT(driver.names, ElementsAre("default/one", "default/two")) << "nobody pulls in another's name";
  EXPECT_THAT(answers, ::testing::Contains(HasSubstr("there is no Secret missing")));
}

TEST_F(ImagesTest, a_registry_that_quotes_the_password_is_not_repeated) {
  driver.tags["r/a:1"] = "sha256:d1";
  driver.error = {Code::forbidden, "CannotPullContainerError: denied for \"the password\"", {}};
  for (const int failures : {1, 2}) {  // the question, then the pull
    driver.failures = failures;
    driver.tags["r/a:1"] = failures == 1 ? "" : "sha256:d1";
    ensure(ImageRequest{"r/a:1", {}, "default/one"});
    run();
  }
  EXPECT_THAT(answers, ::testing::Contains(HasSubstr("denied for \"***\"")));
  EXPECT_THAT(texts, HasSubstr("denied for \"***\""));
  EXPECT_THAT(texts, ::testing::Not(HasSubstr("password")));
}

TEST_F(ImagesTest, without_registries_what_is_present_is_all_there_is) {
  driver.registries = false;
  have("a", "", "sha256:i1");
  ensure("a");
  run();
  EXPECT_EQ(driver.questions, 0);
  EXPECT_EQ(last.id, "sha256:i1");
  ensure("b");
  run();
  EXPECT_THAT(driver.pulled, ElementsAre("b"));
}

}  // namespace
}  // namespace muster::agent
