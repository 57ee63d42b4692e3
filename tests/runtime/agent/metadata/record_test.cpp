// What containers are told must hold for as long as they live, and be guessed by nobody.
#include "runtime/agent/metadata/record.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "runtime/base/file.h"
#include "tests/runtime/agent/metadata/seen_task.h"
#include "tests/support/temporary_directory.h"

namespace muster::agent::metadata {
namespace {

class MetadataRecord : public ::testing::Test {
 protected:
  SeededRandom random{1};
  muster::testing::TemporaryDirectory folder;
  std::string file() const { return folder.path() + "/metadata.json"; }
};

TEST_F(MetadataRecord, is_the_same_after_a_restart) {
  Record record = *load_record(folder.path(), random);
  EXPECT_EQ(record.key.size(), 64U);
  record.port = 51'679;
  ASSERT_TRUE(save_record(folder.path(), record).ok());
  EXPECT_EQ(*load_record(folder.path(), random), record);
  struct stat status = {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(MetadataRecord, without_a_folder_nothing_is_kept) {
  EXPECT_NE(load_record("", random)->key, load_record("", random)->key);
  EXPECT_TRUE(save_record("", Record{"k", 1}).ok());
}

TEST_F(MetadataRecord, what_cannot_be_read_is_made_anew) {
  for (const char* text : {"", "{", "[]", R"({"key":"short","port":1})", R"({"key":7})"}) {
    ASSERT_TRUE(write_file(file(), text, 0600).ok());
    const auto record = load_record(folder.path(), random);
    ASSERT_TRUE(record.ok()) << text;
    EXPECT_EQ(record->key.size(), 64U);
    EXPECT_EQ(record->port, 0);
  }
}

TEST_F(MetadataRecord, ids_are_of_one_container_of_one_task) {
  const Record record = *load_record("", random);
  const Record other = *load_record("", random);
  const std::string id = endpoint_id(record, uid, "app");
  EXPECT_EQ(id, endpoint_id(record, uid, "app"));
  EXPECT_NE(id, endpoint_id(record, uid, "beside"));
  EXPECT_NE(id, endpoint_id(other, uid, "app"));
  EXPECT_EQ(task_of(id), uid);
  EXPECT_TRUE(same_id(id, endpoint_id(record, uid, "app")));
  for (const char* text : {"", "-", "x", "abc-", "abc-12", "-0123456789abcdef0123456789abcdef",
                           "abc-0123456789abcdef0123456789abcdeg", "abc-0123456789abcdef0123456789abcdef0"}) {
    EXPECT_EQ(task_of(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace muster::agent::metadata
