#include "runtime/server/config_users.h"

#include <gtest/gtest.h>

#include "api/types/configuration.h"

namespace muster::server {
namespace {

Key secret(const std::string& name) {
  return Key{&kind_of<Secret>(), "default", name};
}

using Keys = std::vector<Key>;
using Names = std::set<std::string>;

TEST(ConfigUsersTest, names_what_an_instance_needs_first_and_what_it_needs_no_more) {
  ConfigUsers users;
  EXPECT_EQ(users.add("host-1", "a", {secret("db"), secret("web")}), (Keys{secret("db"), secret("web")}));
  EXPECT_EQ(users.add("host-1", "b", {secret("db")}), Keys{});
  EXPECT_EQ(users.add("host-2", "c", {secret("db")}), Keys{secret("db")});
  EXPECT_EQ(users.of(secret("db")), (Names{"host-1", "host-2"}));
  EXPECT_EQ(users.of(secret("web")), Names{"host-1"});

  EXPECT_EQ(users.remove("host-1", "a"), Keys{secret("web")});
  EXPECT_EQ(users.of(secret("web")), Names{});
  EXPECT_EQ(users.remove("host-1", "a"), Keys{});
  EXPECT_EQ(users.remove("host-1", "b"), Keys{secret("db")});
  EXPECT_EQ(users.of(secret("db")), Names{"host-2"});
}

TEST(ConfigUsersTest, a_task_counts_once_and_one_that_needs_nothing_not_at_all) {
  ConfigUsers users;
  users.add("host-1", "a", {secret("db")});
  EXPECT_EQ(users.add("host-1", "a", {secret("db")}), Keys{});
  EXPECT_EQ(users.remove("host-1", "a"), Keys{secret("db")});
  EXPECT_EQ(users.add("host-1", "b", {}), Keys{});
  EXPECT_EQ(users.remove("host-1", "b"), Keys{});
}

TEST(ConfigUsersTest, an_instance_that_is_forgotten_begins_anew) {
  ConfigUsers users;
  users.add("host-1", "a", {secret("db")});
  users.add("host-2", "b", {secret("db")});
  users.forget("host-1");
  users.forget("host-3");
  EXPECT_EQ(users.of(secret("db")), Names{"host-2"});
  EXPECT_EQ(users.add("host-1", "a", {secret("db")}), Keys{secret("db")});
}

}  // namespace
}  // namespace muster::server
