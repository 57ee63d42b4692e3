#include "runtime/server/accept.h"

#include <gtest/gtest.h>

namespace muster::server {
namespace {

constexpr MediaType plain{"application/json", "", "", ""};
constexpr MediaType v2{"application/json", "apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList"};
constexpr MediaType v2beta1{"application/json", "apidiscovery.k8s.io", "v2beta1", "APIGroupDiscoveryList"};
constexpr MediaType protobuf{"application/x-proto", "", "", ""};

// The position in {plain, v2, v2beta1, protobuf}; -1 when none is taken.
int chosen(std::string_view header) {
  const MediaType offers[] = {plain, v2, v2beta1, protobuf};
  const auto found = negotiate(header, offers);
  return found ? static_cast<int>(*found) : -1;
}

TEST(Accept, the_client_s_order_decides) {
  EXPECT_EQ(chosen("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
                   "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"),
            1);
  EXPECT_EQ(chosen("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"), 2);
  EXPECT_EQ(chosen("application/json;as=APIGroupDiscoveryList;v=v2beta1;g=apidiscovery.k8s.io"), 2);
  EXPECT_EQ(chosen("application/json, application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"), 0);
  EXPECT_EQ(chosen("application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList, application/json"), 0)
      << "a version that is not there";
}

TEST(Accept, quality_goes_before_order) {
  EXPECT_EQ(chosen("application/json;q=0.5, application/x-proto;q=0.8"), 3);
  EXPECT_EQ(chosen("application/json;q=0, application/x-proto;q=0.001"), 3);
  EXPECT_EQ(chosen("application/json;q=0"), -1);
  EXPECT_EQ(chosen("*/*, application/x-proto"), 3) << "what is named goes before what is meant too";
}

TEST(Accept, wildcards_take_the_first_plain_form) {
  EXPECT_EQ(chosen(""), 0);
  EXPECT_EQ(chosen("  "), 0);
  EXPECT_EQ(chosen("*/*"), 0);
  EXPECT_EQ(chosen("application/*"), 0);
  EXPECT_EQ(chosen("text/html, */*;q=0.1"), 0);
  EXPECT_EQ(chosen("text/*"), -1);
}

TEST(Accept, words_are_read_as_the_standard_says) {
  EXPECT_EQ(chosen("Application/JSON ; charset=\"utf-8, or so; really\""), 0);
  EXPECT_EQ(chosen("application/json;as=\"APIGroupDiscoveryList\";g=\"apidiscovery.k8s.io\" ; v = v2"), 1);
}

TEST(Accept, what_cannot_be_read_is_left_out) {
  for (const char* header : {"json", "/", "application/", "/json", "*/json", ",,,", ";;;", "application/json;q=2",
                             "application/json;q=x", "application/json;q=", "\"application/json"}) {
    EXPECT_EQ(chosen(header), -1) << header;
    EXPECT_EQ(chosen(std::string(header) + ", application/x-proto"), header[0] == '"' ? -1 : 3) << header;
  }
  EXPECT_EQ(parse_accept(std::string(20'000, ',') + "a/b").size(), 1U);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "a/b,";
  EXPECT_EQ(parse_accept(many).size(), 64U);
}

}  // namespace
}  // namespace muster::server
