// The promise: of a Secret nothing can be found on the disk, at any time, and the store above notices nothing.
#include "runtime/seal/sealed_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/base/file.h"
#include "tests/support/temp_dir.h"

namespace muster::seal {
namespace {

using store::Log;
using store::Row;

constexpr std::string_view plain = R"({"kind":"Secret","data":{"password":"aHVudGVyMi1odW50ZXIy"}})";
constexpr std::string_view value = "aHVudGVyMi1odW50ZXIy";

Row a_secret(std::int64_t revision, std::string_view name = "db", std::string_view object = plain) {
  Row row;
  row.revision = row.batch = revision;
  row.kind = "secrets";
  row.ns = "default";
  row.name = name;
  row.object = object;
  return row;
}

class SealedLogTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Log>> open(Rotation rotation = Rotation::keep) {
    log_ = nullptr;
    TRY(auto log, store::open_sqlite_log(database()));
    return seal_log_by_file(std::move(log), key_file(), random_, rotation);
  }
  void reopen(Rotation rotation = Rotation::keep) {
    auto opened = open(rotation);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    log_ = std::move(opened).value();
  }
  std::string database() const { return folder_ / "muster.db"; }
  std::string key_file() const { return folder_ / "keys/secrets.key"; }
  void append(const std::vector<Row>& rows) {
    const Status status = log_->append(rows, {});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  static Result<std::vector<std::string>> read(Log& log) {
    std::vector<std::string> out;
    TRY_VOID(log.replay([&](const Row& row) -> Status {
      out.emplace_back(row.object);
      return {};
    }));
    return out;
  }
  std::vector<std::string> objects() {
    auto out = read(*log_);
    EXPECT_TRUE(out.ok()) << (out.ok() ? "" : out.error().message);
    return out.ok() ? *out : std::vector<std::string>();
  }
  // Whether the text stands in any file of the folder but that of the keys.
  bool on_disk(std::string_view text) const {
    for (const auto& entry : std::filesystem::directory_iterator(std::string(folder_ / ""))) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::stringstream bytes;
      bytes << file.rdbuf();
      if (bytes.str().find(text) != std::string::npos) return true;
    }
    return false;
  }
  Keys keys() const {
    auto read = read_keys(key_file());
    EXPECT_TRUE(read.ok());
    return read.ok() ? *read : Keys();
  }

  muster::testing::TempDir folder_;
  SeededRandom random_{7};
  std::unique_ptr<Log> log_;
};

TEST_F(SealedLogTest, leaves_nothing_of_a_secret_on_the_disk) {
  reopen();
  Row other = a_secret(1, "visible", R"({"data":{"seen":"cGxhaW4tdGV4dC1oZXJl"}})");
  other.kind = "configmaps";
  append({other});
  EXPECT_TRUE(on_disk("cGxhaW4tdGV4dC1oZXJl")) << "the search finds what is there";
  append({a_secret(2)});
  EXPECT_FALSE(on_disk(value));
  append({a_secret(3)});
  Row deleted = a_secret(4);
  deleted.deleted = true;
  append({deleted});
  EXPECT_FALSE(on_disk(value));
  ASSERT_TRUE(log_->compact({2, 3}, 4, {}).ok());
  EXPECT_FALSE(on_disk(value));
  EXPECT_FALSE(on_disk("password"));
  log_ = nullptr;  // the write-ahead log goes into the database
  EXPECT_FALSE(on_disk(value));
  reopen();
  EXPECT_EQ(objects(), (std::vector<std::string>{std::string(other.object), std::string(plain)}));
}

TEST_F(SealedLogTest, makes_a_key_that_only_its_owner_reads) {
  reopen();
  struct stat info {};
  ASSERT_EQ(::stat(key_file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  ASSERT_EQ(::stat((folder_ / "keys").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0700U);
  const Keys made = keys();
  reopen();
  EXPECT_EQ(keys(), made);
}

TEST_F(SealedLogTest, refuses_keys_that_others_may_read) {
  reopen();
  for (const unsigned mode : {0640U, 0604U, 0620U}) {
    ASSERT_EQ(::chmod(key_file().c_str(), mode), 0);
    const auto opened = open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Code::forbidden);
    EXPECT_NE(opened.error().message.find("chmod 600"), std::string::npos) << opened.error().message;
  }
}

TEST_F(SealedLogTest, refuses_to_make_keys_anew_while_something_is_sealed) {
  reopen();
  append({a_secret(1)});
  log_ = nullptr;
  std::filesystem::rename(key_file(), key_file() + ".away");
  auto opened = open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Code::not_found);
  EXPECT_NE(opened.error().message.find("restore the file"), std::string::npos) << opened.error().message;
  EXPECT_FALSE(std::filesystem::exists(key_file()));
  std::filesystem::rename(key_file() + ".away", key_file());
  reopen();
  EXPECT_EQ(objects(), std::vector<std::string>{std::string(plain)});
}

TEST_F(SealedLogTest, names_a_key_that_it_does_not_have) {
  reopen();
  append({a_secret(1)});
  const std::string id = keys().front().id;
  log_ = nullptr;
  ASSERT_TRUE(write_keys(key_file(), {make_key(random_)}).ok());
  reopen();
  const auto got = read(*log_);
  ASSERT_FALSE(got.ok());
  EXPECT_NE(got.error().message.find(id), std::string::npos) << got.error().message;
  EXPECT_EQ(got.error().message.find("hunter"), std::string::npos);
}

TEST_F(SealedLogTest, refuses_a_file_that_holds_no_keys) {
  reopen();
  for (const char* text : {"", "# nothing\n", "0123456789abcdef xyz\n", "0123456789abcdef\n"}) {
    ASSERT_TRUE(write_file(key_file(), text, 0600).ok());
    EXPECT_FALSE(open().ok()) << text;
  }
}

TEST_F(SealedLogTest, notices_a_record_that_was_moved_changed_or_put_in_plain) {
  reopen();
  append({a_secret(1, "mine"), a_secret(2, "yours", R"({"data":{"a":"other"}})")});
  const Keys held = keys();
  log_ = nullptr;
  auto raw = store::open_sqlite_log(database());
  ASSERT_TRUE(raw.ok());
  const auto stored = read(**raw);
  ASSERT_TRUE(stored.ok());
  const auto put = [&](std::string_view object) { ASSERT_TRUE((*raw)->rewrite({a_secret(2, "yours", object)}).ok()); };
  const auto refused = [&] {
    log_ = nullptr;
    const auto sealed = seal_log(std::move(*raw), held, random_);
    const auto got = read(*sealed);
    log_ = nullptr;
    return got.ok() ? std::string() : got.error().message;
  };
  const auto again = [&] { raw = store::open_sqlite_log(database()); };
  put((*stored)[0]);
  EXPECT_NE(refused(), "") << "another one's record";
  again();
  std::string changed = (*stored)[1];
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  put(changed);
  EXPECT_NE(refused(), "");
  again();
  put(plain);
  EXPECT_NE(refused().find("not sealed"), std::string::npos);
  again();
  put((*stored)[1]);
  EXPECT_EQ(refused(), "");
}

TEST_F(SealedLogTest, rotates_to_a_new_key_and_drops_the_old_one) {
  reopen();
  for (std::int64_t revision = 1; revision <= 600; ++revision) append({a_secret(revision)});
  const std::string old = keys().front().id;
  reopen(Rotation::new_key);
  ASSERT_EQ(keys().size(), 1);
  EXPECT_NE(keys().front().id, old);
  EXPECT_EQ(objects(), std::vector<std::string>(600, std::string(plain)));
  append({a_secret(601)});
  reopen();
  EXPECT_EQ(objects().size(), 601);
}

TEST_F(SealedLogTest, completes_a_rotation_that_was_interrupted) {
  reopen();
  append({a_secret(1), a_secret(2)});
  Keys two = keys();
  const std::string old = two.front().id;
  two.push_back(make_key(random_));
  log_ = nullptr;
  ASSERT_TRUE(write_keys(key_file(), two).ok());
  {
    // What was reached before the end: one row of the new key, one of the old.
    auto raw = store::open_sqlite_log(database());
    ASSERT_TRUE(raw.ok());
    const auto sealed = seal_log(std::move(*raw), two, random_);
    ASSERT_TRUE(sealed->rewrite({a_secret(2)}).ok());
  }
  reopen();
  EXPECT_EQ(objects(), std::vector<std::string>(2, std::string(plain)));
  ASSERT_EQ(keys().size(), 1);
  EXPECT_EQ(keys().front().id, two.back().id);
}

TEST_F(SealedLogTest, survives_a_power_loss_as_the_log_below_does) {
  const auto disk = store::make_memory_disk();
  const Keys held{make_key(random_)};
  for (int round = 1; round <= 20; ++round) {
    const auto log = seal_log(store::open_memory_log(disk), held, random_);
    auto before = read(*log);
    ASSERT_TRUE(before.ok()) << before.error().message;
    EXPECT_EQ(before->size(), round - 1);
    ASSERT_TRUE(log->append({a_secret(round)}, {}).ok());
    store::crash(*disk, random_);
  }
}

}  // namespace
}  // namespace muster::seal
