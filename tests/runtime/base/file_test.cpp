#include "runtime/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "api/base/text.h"
#include "tests/support/temp_dir.h"

namespace muster {
namespace {

using testing::TempDir;

unsigned mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_mode & 07777U;
}

TEST(file, reads_what_was_written) {
  const TempDir dir;
  std::string contents(200'000, 'x');
  contents[7] = '\0';
  ASSERT_TRUE(write_file(dir / "a", contents, 0600).ok());
  EXPECT_EQ(*read_file(dir / "a", contents.size()), contents);
  EXPECT_EQ(read_file(dir / "a", contents.size() - 1).error().code, Code::too_large);
  EXPECT_EQ(mode_of(dir / "a"), 0600U);
}

TEST(file, a_write_replaces_the_whole_file_and_its_mode) {
  const TempDir dir;
  ASSERT_TRUE(write_file(dir / "a", "a long text", 0600).ok());
  ASSERT_TRUE(write_file(dir / "a", "short", 0644).ok());
  EXPECT_EQ(*read_file(dir / "a", 100), "short");
  EXPECT_EQ(mode_of(dir / "a"), 0644U);
  const auto entries = std::filesystem::directory_iterator(dir.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);  // nothing temporary is left
}

TEST(file, a_write_that_fails_leaves_nothing_behind) {
  const TempDir dir;
  ASSERT_TRUE(make_directories(dir / "folder", 0700).ok());
  EXPECT_FALSE(write_file(dir / "folder", "x", 0600).ok());  // a folder cannot be replaced
  EXPECT_EQ(write_file(dir / "none/a", "x", 0600).error().code, Code::not_found);
  const auto entries = std::filesystem::directory_iterator(dir.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(file, errors_name_the_path) {
  const TempDir dir;
  const Result<std::string> none = read_file(dir / "none", 10);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, Code::not_found);
  EXPECT_NE(none.error().message.find(dir / "none"), std::string::npos);
  EXPECT_FALSE(read_file(dir.path(), 10).ok());
}

TEST(file, reads_files_without_a_size) {
  EXPECT_GT(read_file("/proc/self/stat", 10'000)->size(), 10U);
}

TEST(file, makes_folders_with_their_parents) {
  const TempDir dir;
  ASSERT_TRUE(make_directories(dir / "a/b/c", 0750).ok());
  EXPECT_EQ(mode_of(dir / "a/b/c"), 0750U);
  ASSERT_TRUE(make_directories(dir / "a/b/c", 0700).ok());
  EXPECT_EQ(mode_of(dir / "a/b/c"), 0750U);
  EXPECT_TRUE(make_directories(dir / "a/b/d/", 0750).ok());
  ASSERT_TRUE(write_file(dir / "a/file", "", 0600).ok());
  EXPECT_EQ(make_directories(dir / "a/file/x", 0700).error().code, Code::already_exists);
}

TEST(lock_file, has_one_holder_and_names_it) {
  const TempDir dir;
  std::optional<LockFile> lock;
  lock.emplace(LockFile::acquire(dir / "lock").value());
  const Result<LockFile> second = LockFile::acquire(dir / "lock");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::already_exists);
  EXPECT_NE(second.error().message.find(str("process ", ::getpid())), std::string::npos) << second.error().message;
  lock.reset();
  EXPECT_TRUE(LockFile::acquire(dir / "lock").ok());
}

TEST(lock_file, goes_with_its_process) {
  const TempDir dir;
  const pid_t child = ::fork();
  if (child == 0) {
    const Result<LockFile> lock = LockFile::acquire(dir / "lock");
    ::_exit(lock.ok() ? 0 : 1);  // without any destructor
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(LockFile::acquire(dir / "lock").ok());
}

}  // namespace
}  // namespace muster
