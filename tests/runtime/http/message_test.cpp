#include "runtime/http/message.h"

#include <gtest/gtest.h>

#include "api/base/text.h"

namespace muster::http {
namespace {

TEST(header, compares_names_without_case_and_takes_the_first) {
  const Headers headers = {{"Content-Type", "a"}, {"X", "1"}, {"x", "2"}};
  EXPECT_EQ(header(headers, "content-type"), "a");
  EXPECT_EQ(header(headers, "X"), "1");
  EXPECT_EQ(header(headers, "Content"), "");
}

TEST(target, is_taken_apart_and_decoded) {
  const Result<Target> target =
      parse_target("/apis/muster.dev//v1beta1/na%6De%2Fslash?labelSelector=a%3Db%2Cc&watch&x=1&x=2&sp=a+b%20c%2B&=v");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->segments, (std::vector<std::string>{"apis", "muster.dev", "v1beta1", "name/slash"}));
  EXPECT_EQ(target->path, "/apis/muster.dev//v1beta1/name/slash");
  EXPECT_EQ(target->param("labelSelector"), "a=b,c");
  EXPECT_TRUE(target->has("watch"));
  EXPECT_EQ(target->param("watch"), "");
  EXPECT_EQ(target->param("x"), "1");
  EXPECT_EQ(target->param("sp"), "a b c+");
  EXPECT_EQ(target->param(""), "v");
  EXPECT_FALSE(target->has("nothing"));
  EXPECT_EQ(parse_target("/a+b")->path, "/a+b");  // a plus is a space in queries only
  EXPECT_EQ(parse_target("/?a=b=c")->param("a"), "b=c");
  EXPECT_TRUE(parse_target("/")->segments.empty());
}

TEST(target, refuses_what_is_ambiguous_or_endless) {
  std::string many = "/?a";
  for (int i = 0; i < 300; ++i) many += "&a";
  std::string deep;
  for (int i = 0; i < 65; ++i) deep += "/a";
  for (const std::string& bad : {std::string(),
                                 std::string("a"),
                                 std::string("*"),
                                 std::string("/%"),
                                 std::string("/%4"),
                                 std::string("/%zz"),
                                 std::string("/%00"),
                                 std::string("/?a=%"),
                                 std::string("/?%4g=1"),
                                 std::string("/a b"),
                                 std::string("/a\tb"),
                                 std::string("/a#b"),
                                 std::string("/\x7f"),
                                 std::string("/%ff"),
                                 std::string("/?a=%c3%28"),
                                 std::string("/a/../b"),
                                 std::string("/%2e%2E/b"),
                                 std::string("/./b"),
                                 many,
                                 deep,
                                 "/" + std::string(20'000, 'a')}) {
    const Result<Target> target = parse_target(bad);
    ASSERT_FALSE(target.ok()) << bad.substr(0, 60);
    EXPECT_EQ(target.error().code, Code::malformed);
  }
}

TEST(percent_encode, is_undone_by_decoding) {
  EXPECT_EQ(percent_encode("a b/c=d&e+f%~-._\u00e9"), "a%20b%2Fc%3Dd%26e%2Bf%25~-._%C3%A9");
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  EXPECT_EQ(parse_target("/?v=" + percent_encode(all))->param("v"), all);
}

}  // namespace
}  // namespace muster::http
