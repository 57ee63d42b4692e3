#include "controllers/image/reference.h"

#include <gtest/gtest.h>

namespace muster::image {
namespace {

TEST(Reference, IsReadAsDockerDoes) {
  EXPECT_EQ(parse("busybox"), (Reference{"busybox", "latest", ""}));
  EXPECT_EQ(parse("127.0.0.1:5000/a/b"), (Reference{"127.0.0.1:5000/a/b", "latest", ""}));
  EXPECT_EQ(parse("127.0.0.1:5000/a/b:v1"), (Reference{"127.0.0.1:5000/a/b", "v1", ""}));
  EXPECT_EQ(parse("a:v1@sha256:0"), (Reference{"a", "v1", "sha256:0"}));
  EXPECT_EQ(parse("a@sha256:0"), (Reference{"a", "", "sha256:0"}));
  EXPECT_EQ(with_digest(parse("r:5000/a:v1"), "sha256:0"), "r:5000/a@sha256:0");
}

TEST(Reference, HubHasManyNames) {
  for (const char* name : {"docker.io/library/busybox", "index.docker.io/library/busybox", "library/busybox",
                           "docker.io/busybox", "busybox"}) {
    EXPECT_EQ(familiar(name), "busybox") << name;
    EXPECT_EQ(registry_of(name), "docker.io") << name;
  }
  EXPECT_EQ(familiar("localhost/library/a"), "localhost/library/a");
  EXPECT_EQ(registry_of("localhost/a"), "localhost");
  EXPECT_EQ(registry_of("127.0.0.1:5000/a"), "127.0.0.1:5000");
  EXPECT_EQ(registry_of("team/a"), "docker.io");
  EXPECT_EQ(listed("docker.io/library/busybox"), "busybox:latest");
  EXPECT_EQ(listed("r.example/a:1@sha256:0"), "r.example/a@sha256:0");
}

TEST(Reference, DigestIsThatOfItsRepository) {
  const std::vector<std::string> names = {"mirror.example/busybox@sha256:1", "busybox@sha256:2"};
  EXPECT_EQ(digest_in(names, "docker.io/library/busybox"), "sha256:2");
  EXPECT_EQ(digest_in(names, "mirror.example/busybox"), "sha256:1");
  EXPECT_EQ(digest_in(names, "other"), "");
  EXPECT_EQ(digest_in({"broken"}, "broken"), "");
}

}  // namespace
}  // namespace muster::image
