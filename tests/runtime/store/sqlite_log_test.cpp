// What is particular to SQLite on a real file system: the file's mode and owner, damage, versions, a full disk.
#include "runtime/store/sqlite_log.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace muster::store {
namespace {

using muster::testing::TempDir;

Row a_row(std::int64_t revision, std::string_view object) {
  Row row;
  row.revision = revision;
  row.batch = revision;
  row.kind = "tasks.muster.dev";
  row.ns = "default";
  row.name = "t";
  row.object = object;
  return row;
}

std::int64_t count(Log& log) {
  std::int64_t rows = 0;
  const Status status = log.replay([&](const Row&) -> Status {
    ++rows;
    return {};
  });
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return rows;
}

void run_sql(const std::string& path, const char* text) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, text, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  sqlite3_close(database);
}

TEST(SqliteLog, makes_files_that_only_the_owner_reads) {
  const TempDir folder;
  const mode_t old = ::umask(0);
  const auto log = open_sqlite_log(folder / "store.db");
  ASSERT_TRUE(log.ok());
  ASSERT_TRUE((*log)->append({a_row(1, "{}")}, {}).ok());
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    struct stat status {};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << entry.path();
  }
  ::umask(old);
}

TEST(SqliteLog, survives_without_being_closed) {
  const TempDir folder;
  std::filesystem::create_directory(folder / "copy");
  {
    const auto log = open_sqlite_log(folder / "store.db");
    ASSERT_TRUE(log.ok());
    for (std::int64_t i = 1; i <= 10; ++i) ASSERT_TRUE((*log)->append({a_row(i, "{}")}, {}).ok());
    // What a kill would leave.
    std::filesystem::copy(folder / "store.db", folder / "copy/store.db");
    std::filesystem::copy(folder / "store.db-wal", folder / "copy/store.db-wal");
  }
  const auto log = open_sqlite_log(folder / "copy/store.db");
  ASSERT_TRUE(log.ok()) << log.error().message;
  EXPECT_EQ(count(**log), 10);
}

TEST(SqliteLog, names_a_damaged_file_and_what_to_do) {
  const TempDir folder;
  const std::string object(1'500, 'x');
  {
    const auto log = open_sqlite_log(folder / "store.db");
    ASSERT_TRUE(log.ok());
    for (std::int64_t i = 1; i <= 200; ++i) ASSERT_TRUE((*log)->append({a_row(i, object)}, {}).ok());
  }
  {
    std::fstream file(folder / "store.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(8192 * 3);
    for (int i = 0; i < 8192 * 10; ++i) file.put('\x5a');
  }
  const auto log = open_sqlite_log(folder / "store.db");
  const Status status = log.ok() ? (*log)->replay([](const Row&) -> Status { return {}; }) : Status(log.error());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::internal);
  EXPECT_NE(status.error().message.find(folder / "store.db"), std::string::npos) << status.error().message;
  EXPECT_NE(status.error().message.find("damaged"), std::string::npos) << status.error().message;
  EXPECT_NE(status.error().message.find("backup"), std::string::npos) << status.error().message;
}

TEST(SqliteLog, refuses_what_is_not_its_database) {
  const TempDir folder;
  std::ofstream(folder / "text.db") << std::string(10'000, 'x');
  const auto text = open_sqlite_log(folder / "text.db");
  ASSERT_FALSE(text.ok());
  EXPECT_NE(text.error().message.find("text.db"), std::string::npos) << text.error().message;
  run_sql(folder / "other.db", "CREATE TABLE t (a)");
  const auto other = open_sqlite_log(folder / "other.db");
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message.find("not one of Muster's"), std::string::npos) << other.error().message;
  const auto missing = open_sqlite_log(folder / "no/such/folder.db");
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("No such file"), std::string::npos) << missing.error().message;
}

TEST(SqliteLog, refuses_a_newer_schema) {
  const TempDir folder;
  ASSERT_TRUE(open_sqlite_log(folder / "store.db").ok());
  run_sql(folder / "store.db", "PRAGMA user_version = 2");
  const auto log = open_sqlite_log(folder / "store.db");
  ASSERT_FALSE(log.ok());
  EXPECT_NE(log.error().message.find("schema version 2"), std::string::npos) << log.error().message;
}

// A file system of 8 MiB in memory, mounted for one test.
class SmallDisk {
 public:
  SmallDisk() { mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=8m") == 0; }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }
  const TempDir& folder() const { return folder_; }

 private:
  TempDir folder_;
  bool mounted_ = false;
};

TEST(SqliteLog, says_that_the_disk_is_full_and_goes_on_when_it_is_not) {
  const SmallDisk disk;
  ASSERT_TRUE(disk.mounted()) << "this test mounts a small tmpfs and needs the right to: " << std::strerror(errno);
  std::ofstream(disk.folder() / "ballast") << std::string(3 << 20, 'x');
  const std::string path = disk.folder() / "store.db";
  const std::string object(100'000, 'x');
  std::int64_t stored = 0;
  {
    const auto log = open_sqlite_log(path);
    ASSERT_TRUE(log.ok()) << log.error().message;
    Status status;
    while (status.ok() && stored < 1'000) {
      status = (*log)->append({a_row(stored + 1, object), a_row(stored + 2, object)}, {});
      if (status.ok()) stored += 2;
      const Status ignored = (*log)->maintain();
      static_cast<void>(ignored);
    }
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Code::unavailable);
    EXPECT_NE(status.error().message.find("the disk is full"), std::string::npos) << status.error().message;
    EXPECT_EQ(count(**log), stored) << "a failed append leaves nothing";
    EXPECT_GT(stored, 10);

    std::filesystem::remove(disk.folder() / "ballast");
    ASSERT_TRUE((*log)->append({a_row(stored + 1, object)}, {}).ok());
    ++stored;
    EXPECT_EQ(count(**log), stored);
  }
  const auto log = open_sqlite_log(path);
  ASSERT_TRUE(log.ok()) << log.error().message;
  EXPECT_EQ(count(**log), stored);
}

}  // namespace
}  // namespace muster::store
