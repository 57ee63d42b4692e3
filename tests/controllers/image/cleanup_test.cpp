// Which images go: by age, by a full disk, and which never.
#include "controllers/image/cleanup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::image {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CleanupTest : public ::testing::Test {
 protected:
  // Pulled for tasks by "NAME:1", so long ago.
  void have(const std::string& name, Duration pulled, Duration used, std::int64_t bytes = 100) {
    images.push_back({"id-" + name, {name + ":1", name + "@sha256:1"}, bytes, false});
    records.push_back({"id-" + name, {name + ":1", name + "@sha256:1"}, now - pulled, now - used});
  }
  std::vector<std::string> removed() {
    const Cleanup cleanup = plan_cleanup(rules, images, records, wanted, disk, now);
    helpless = cleanup.helpless;
    std::vector<std::string> out;
    for (const Removal& each : cleanup.removals) out.push_back(each.id);
    return out;
  }

  const Time now{hours(1'000'000)};
  CleanupRules rules;
  std::vector<PresentImage> images;
  std::vector<ImageRecord> records;
  std::set<std::string> wanted;
  std::optional<Disk> disk;
  bool helpless = false;
};

TEST_F(CleanupTest, OldAndUnusedOnesGoTheLeastRecentlyUsedFirst) {
  have("a", hours(5), hours(2));
  have("b", hours(4), hours(3));
  have("c", hours(4), minutes(1));  // somebody has just asked for it
  have("d", minutes(59), minutes(59));
  EXPECT_THAT(removed(), ElementsAre("id-b", "id-a"));
  rules.most = 1;
  EXPECT_THAT(removed(), ElementsAre("id-b"));
  rules.by_age = false;
  EXPECT_THAT(removed(), IsEmpty());
}

TEST_F(CleanupTest, WhatIsUsedOrWantedStays) {
  have("a", hours(5), hours(5));
  have("b", hours(5), hours(5));
  have("c", hours(5), hours(5));
  have("d", hours(5), hours(5));
  images[0].in_use = true;
  wanted = {"b@sha256:1", "id-c"};
  disk = Disk{1'000, 1};
  EXPECT_THAT(removed(), ElementsAre("id-d"));
}

TEST_F(CleanupTest, WhatIsNotOursStays) {
  images.push_back({"id-x", {"x:1"}, 100, false});  // never heard of
  have("a", hours(5), hours(5));
  images[1].names.push_back("somebody:else");  // somebody has given it a name
  have("b", hours(5), hours(5));
  images[2].names.clear();  // its tag has moved: dangling, and ours
  records.push_back({"id-y", {}, now - hours(5), now - hours(5)});
  images.push_back({"id-y", {"y:1"}, 100, false});
  EXPECT_THAT(removed(), ElementsAre("id-b"));
  rules.untracked = true;
  EXPECT_THAT(removed(), ElementsAre("id-a", "id-b", "id-y"));
  rules.excluded = {"y:1", "somebody:else"};
  EXPECT_THAT(removed(), ElementsAre("id-b"));
}

TEST_F(CleanupTest, FullDiskTakesAsMuchAsItNeeds) {
  rules.by_age = false;
  for (const char* name : {"a", "b", "c", "d"}) have(name, minutes(10), minutes(10), 60);
  have("e", minutes(1), minutes(1), 60);  // a task is about to start from it
  disk = Disk{1'000, 200};
  EXPECT_THAT(removed(), IsEmpty()) << "80 % is not full";
  disk = Disk{1'000, 100};
  EXPECT_THAT(removed(), ElementsAre("id-a", "id-b")) << "down to 80 %";
  disk = Disk{1'000, 0};
  EXPECT_THAT(removed(), ElementsAre("id-a", "id-b", "id-c", "id-d"));
  EXPECT_FALSE(helpless);
  for (PresentImage& each : images) each.in_use = true;
  EXPECT_THAT(removed(), IsEmpty());
  EXPECT_TRUE(helpless);
  rules.high_percent = 100;
  removed();
  EXPECT_FALSE(helpless);
}

}  // namespace
}  // namespace muster::image
