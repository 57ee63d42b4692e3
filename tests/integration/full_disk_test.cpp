// A full disk under the server: writes are refused with the reason, reads go on, and with room again it recovers.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <set>

#include "tests/integration/clusters.h"
#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

// A tmpfs of four MiB.
class SmallDisk {
 public:
  SmallDisk() : mounted_(::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=4m") == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  std::string path() const { return folder_.path(); }

 private:
  TemporaryDirectory folder_;
  bool mounted_;
};

TEST(FullDisk, ClearErrorNothingLostRecovers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can mount a tmpfs";
  const SmallDisk disk;
  ASSERT_TRUE(disk.mounted());
  MusterProcess process;
  process.set_data(disk.path() + "/server");
  process.start_server();
  std::set<std::string> acknowledged;
  const auto create = [&](int i) {
    const std::string name = "c" + std::to_string(i);
    HttpAnswer answer = create_cluster(process.url(), name, std::string(1'500, 'x'));
    if (answer.status == 201) acknowledged.insert(name);
    return answer;
  };
  const auto all_there = [&] {
    const std::vector<std::string> found = names_in(http_call(process.url(), "GET", clusters_path).body);
    const std::set<std::string> stored(found.begin(), found.end());
    for (const std::string& name : acknowledged) EXPECT_EQ(stored.count(name), 1U) << name;
  };
  int next = 0;
  for (; next < 100; ++next) ASSERT_EQ(create(next).status, 201);

  // Everything else of the disk is taken by somebody else's file.
  const std::string filler = disk.path() + "/filler";
  ASSERT_NE(run_program({"dd", "if=/dev/zero", "of=" + filler, "bs=4k"}).code, 0) << "it should not fit";
  HttpAnswer refused;
  for (; next < 5'000 && refused.status == 0; ++next) {
    const HttpAnswer answer = create(next);
    if (answer.status != 201) refused = answer;
  }
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_NE(refused.body.find("disk is full"), std::string::npos) << refused.body;
  all_there();
  EXPECT_EQ(http_call(process.url(), "GET", "/livez").status, 200);

  ASSERT_EQ(::unlink(filler.c_str()), 0);
  ASSERT_TRUE(eventually([&] { return create(next++).status == 201; })) << "no recovery";
  all_there();
  process.kill();
  process.start_server();
  all_there();
  process.stop();
}

}  // namespace
}  // namespace muster::testing
