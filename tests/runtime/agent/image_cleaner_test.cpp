// Unused images go by age and when the disk is full: those that this agent pulled, and nobody else's.
#include "runtime/agent/image_cleaner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/agent/event_quota.h"
#include "tests/support/manual_loop.h"
#include "tests/support/silent_driver.h"

namespace muster::agent {
namespace {

using muster::testing::ManualLoop;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// An engine of images alone.
class Shelf final : public muster::testing::SilentDriver {
 public:
  explicit Shelf(Loop& loop) : loop_(loop) {}

  bool has_registries() const override { return true; }
  void images(drivers::Done<std::vector<drivers::Image>> done) override {
    ++listings;
    loop_.post([done = std::move(done), images = present] { done(images); });
  }
  void remove_image(std::string name, drivers::DoneVoid done) override {
    removed.push_back(name);
    if (!refusal.ok()) return loop_.post([done = std::move(done), refusal = refusal] { done(refusal); });
    for (drivers::Image& image : present) {
      std::erase(image.tags, name);
      std::erase(image.digests, name);
    }
    std::erase_if(present, [&](const drivers::Image& image) {
      return image.id == name || (image.tags.empty() && image.digests.empty());
    });
    loop_.post([done = std::move(done)] { done({}); });
  }

  std::vector<drivers::Image> present;
  std::vector<std::string> removed;
  Status refusal;
  int listings = 0;

 private:
  Loop& loop_;
};

drivers::Image image_of(const std::string& name, const std::string& digest, std::int64_t size = 100) {
  drivers::Image image;
  image.id = "sha256:id-of-" + digest;
  image.tags = {name};
  image.digests = {name.substr(0, name.rfind(':')) + "@sha256:" + digest};
  image.size_bytes = size;
  return image;
}

class ImageCleanerTest : public ::testing::Test {
 protected:
  void begin() {
    cleaner_.emplace(loop_, random_, shelf_, records_, options_,
                     CleanerCallbacks{[this] { return wanted_; }, [this] { return disk_; }});
    cleaner_->start();
  }
  // It comes to be there by a pull of this agent's.
  void pull(const std::string& name, const std::string& digest, std::int64_t size = 100) {
    shelf_.present.push_back(image_of(name, digest, size));
    records_.add(shelf_.present.back(), name, name);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const drivers::Image& image : shelf_.present) out.push_back(image.tags.at(0));
    return out;
  }

  ManualLoop loop_;
  SeededRandom random_{3};
  Shelf shelf_{loop_};
  std::vector<std::vector<image::ImageRecord>> saved_;
  ImageRecords records_{loop_, [this](const auto& records) { saved_.push_back(records); }};
  CleanerOptions options_;
  std::set<std::string> wanted_;
  std::optional<image::Disk> disk_;
  std::optional<ImageCleaner> cleaner_;
};

TEST_F(ImageCleanerTest, what_was_pulled_goes_when_it_is_old_and_unused) {
  begin();
  pull("registry.test/a:1", "aa");
  pull("registry.test/b:1", "bb");
  pull("registry.test/c:1", "cc");
  shelf_.present.push_back(image_of("theirs:1", "dd"));
  shelf_.present[1].in_use = true;
  wanted_ = {"registry.test/c:1"};
  loop_.advance(minutes(59));
  EXPECT_THAT(shelf_.removed, IsEmpty());
  loop_.advance(hours(2));
  EXPECT_THAT(shelf_.removed, UnorderedElementsAre("registry.test/a:1", "registry.test/a@sha256:aa"));
  EXPECT_THAT(names(), ElementsAre("registry.test/b:1", "registry.test/c:1", "theirs:1"));
  EXPECT_EQ(cleaner_->removed(), 1u);
  EXPECT_THAT(records_.all(), SizeIs(2));
  EXPECT_FALSE(records_.pulled("registry.test/a:1"));

  // In use until now: it is not old from one moment to the next.
  shelf_.present[0].in_use = false;
  wanted_.clear();
  loop_.advance(hours(3));
  EXPECT_THAT(names(), ElementsAre("theirs:1"));
}

TEST_F(ImageCleanerTest, a_full_disk_takes_the_least_recently_used_first_and_no_more_than_it_needs) {
  options_.interval = Duration::zero();
  begin();
  pull("old:1", "aa", 150);
  loop_.advance(minutes(5));
  pull("new:1", "bb", 150);
  loop_.advance(minutes(5));
  EXPECT_EQ(shelf_.listings, 0) << "nothing asked for it";
  disk_ = image::Disk{1'000, 100};
  loop_.advance(minutes(1));
  EXPECT_THAT(names(), ElementsAre("new:1"));
  disk_ = image::Disk{1'000, 250};
  loop_.advance(minutes(10));
  EXPECT_THAT(names(), ElementsAre("new:1"));
}

TEST_F(ImageCleanerTest, an_image_that_somebody_took_meanwhile_stays) {
  begin();
  pull("a:1", "aa");
  shelf_.refusal = Error{Code::conflict, "image is being used", {}};
  loop_.advance(hours(2));
  EXPECT_THAT(names(), ElementsAre("a:1"));
  EXPECT_EQ(cleaner_->removed(), 0u);
  EXPECT_TRUE(records_.pulled("a:1"));
  shelf_.refusal = {};
  loop_.advance(hours(1));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(ImageCleanerTest, images_of_others_go_only_where_that_is_asked_for) {
  options_.rules.untracked = true;
  options_.rules.excluded = {"keep:1"};
  begin();
  shelf_.present = {image_of("theirs:1", "aa"), image_of("keep:1", "bb")};
  loop_.advance(hours(6));
  EXPECT_THAT(names(), ElementsAre("keep:1"));
}

TEST_F(ImageCleanerTest, records_outlive_the_agent_and_forget_what_others_removed) {
  pull("a:1", "aa");
  pull("b:1", "bb");
  ASSERT_THAT(saved_, SizeIs(2));
  ImageRecords next(loop_, nullptr);
  next.restore(saved_.back());
  EXPECT_TRUE(next.pulled("a:1"));
  EXPECT_EQ(next.all(), records_.all());
  // The tag has moved to another image.
  next.add(image_of("a:1", "cc"), "a:1", "a:1");
  EXPECT_THAT(next.all(), SizeIs(3));
  for (const image::ImageRecord& record : next.all()) {
    const bool has_tag = std::ranges::any_of(record.names, [](const auto& name) { return name.ends_with("a:1"); });
    EXPECT_EQ(has_tag, record.id == "sha256:id-of-cc") << record.id;
  }

  begin();
  shelf_.present.erase(shelf_.present.begin());
  loop_.advance(hours(1));
  EXPECT_FALSE(records_.pulled("a:1"));
}

TEST(EventQuota, lets_a_burst_through_and_then_a_few_a_second) {
  EventQuota quota;
  int passed = 0;
  for (int at = 0; at < 200; ++at) passed += quota.take(seconds(0)) ? 1 : 0;
  EXPECT_EQ(passed, 50);
  EXPECT_EQ(quota.dropped(), 150u);
  for (int second = 1; second <= 10; ++second) {
    for (int at = 0; at < 20; ++at) passed += quota.take(seconds(second)) ? 1 : 0;
  }
  EXPECT_EQ(passed, 70);
  passed = 0;
  for (int at = 0; at < 200; ++at) passed += quota.take(hours(1)) ? 1 : 0;
  EXPECT_EQ(passed, 50) << "rest does not add up";
}

}  // namespace
}  // namespace muster::agent
