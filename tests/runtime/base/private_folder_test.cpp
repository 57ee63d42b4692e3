// Folders for secrets: whose they are, who else could get in, and whether a disk is below.
#include "runtime/base/private_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/temporary_directory.h"

namespace muster {
namespace {

namespace fs = std::filesystem;

class PrivateFolder : public ::testing::Test {
 protected:
  unsigned mode(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777;
  }
  testing::TemporaryDirectory directory;
};

TEST_F(PrivateFolder, is_made_for_its_user_alone_and_closed_when_it_was_open) {
  const std::string path = directory / "a/b";
  ASSERT_TRUE(make_private_folder(path).ok());
  EXPECT_EQ(mode(path), 0700U);
  ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  ASSERT_TRUE(make_private_folder(path).ok());
  EXPECT_EQ(mode(path), 0700U);
}

TEST_F(PrivateFolder, is_refused_where_others_could_exchange_it) {
  const std::string path = directory / "open";
  fs::create_directory(path);
  ASSERT_EQ(::chmod(path.c_str(), 0777), 0);
  EXPECT_FALSE(make_private_folder(path).ok());
  EXPECT_FALSE(make_private_folder(path + "/below").ok());
  ASSERT_EQ(::chmod(path.c_str(), 01777), 0);
  EXPECT_TRUE(make_private_folder(path + "/below").ok()) << "as in /tmp";
  fs::create_directory(directory / "own");
  fs::create_directory_symlink(directory / "own", directory / "link");
  EXPECT_FALSE(make_private_folder(directory / "link").ok());
}

TEST_F(PrivateFolder, of_another_user_is_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make one";
  const std::string path = directory / "theirs";
  fs::create_directory(path);
  ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);
  const Status made = make_private_folder(path);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("another user"), std::string::npos) << made.error().message;
  EXPECT_FALSE(make_private_folder(path + "/below").ok());
}

TEST_F(PrivateFolder, memory_is_told_from_disks) {
  EXPECT_FALSE(is_in_memory("/proc"));
  EXPECT_EQ(is_in_memory("/dev/shm/no/such/folder"), is_in_memory("/dev/shm"));
  EXPECT_EQ(default_run_folder().front(), '/');
}

}  // namespace
}  // namespace muster
