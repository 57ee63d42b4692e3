// What names may look like, at the edges of each rule.
#include "api/types/names.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(Names, EcsName) {
  EXPECT_TRUE(is_ecs_name("web"));
  EXPECT_TRUE(is_ecs_name("Web_Front-1"));
  EXPECT_TRUE(is_ecs_name(std::string(255, 'a')));
  for (const std::string text : {"", "web.front", "web front", "web/x", "wéb"}) EXPECT_FALSE(is_ecs_name(text)) << text;
  EXPECT_FALSE(is_ecs_name(std::string(256, 'a')));
  EXPECT_FALSE(is_ecs_name(std::string_view("a\0b", 3)));
}

TEST(Names, DnsLabel) {
  EXPECT_TRUE(is_dns_label("web-1"));
  EXPECT_TRUE(is_dns_label("1"));
  EXPECT_TRUE(is_dns_label(std::string(63, 'a')));
  for (const std::string text : {"", "-a", "a-", "A", "a_b", "a.b"}) EXPECT_FALSE(is_dns_label(text)) << text;
  EXPECT_FALSE(is_dns_label(std::string(64, 'a')));
}

TEST(Names, DnsSubdomain) {
  EXPECT_TRUE(is_dns_subdomain("muster.dev"));
  EXPECT_TRUE(is_dns_subdomain("web.17a9b2"));
  EXPECT_TRUE(is_dns_subdomain(std::string(100, 'a')));
  for (const std::string text : {"", ".a", "a.", "a..b", "a.-b", "A.b"}) EXPECT_FALSE(is_dns_subdomain(text)) << text;
  EXPECT_FALSE(is_dns_subdomain(std::string(254, 'a')));
}

TEST(Names, PathSegment) {
  for (const std::string text : {"system:node", "a b", "Ä", "..."}) EXPECT_TRUE(is_path_segment(text)) << text;
  EXPECT_TRUE(is_path_segment(std::string(253, 'a')));
  for (const std::string text : {"", ".", "..", "a/b", "a%b", "a\nb", "\xff"}) EXPECT_FALSE(is_path_segment(text));
  EXPECT_FALSE(is_path_segment(std::string(254, 'a')));
}

TEST(Names, ConfigKey) {
  for (const std::string text : {"a", ".dockercfg", "A_b-c.d", "-"}) EXPECT_TRUE(is_config_key(text)) << text;
  for (const std::string text : {"", ".", "..", "..a", "a b", "a/b", "ä"}) EXPECT_FALSE(is_config_key(text)) << text;
  EXPECT_FALSE(is_config_key(std::string(254, 'a')));
}

TEST(Names, QualifiedName) {
  EXPECT_TRUE(is_qualified_name("app"));
  EXPECT_TRUE(is_qualified_name("muster.dev/task-uid"));
  EXPECT_TRUE(is_qualified_name("a/B_c.d"));
  for (const std::string text : {"", "/a", "a/", "a/b/c", "-a", "a-", "B/a", "a b"}) {
    EXPECT_FALSE(is_qualified_name(text)) << text;
  }
  EXPECT_FALSE(is_qualified_name(std::string(64, 'a')));
}

TEST(Names, LabelValue) {
  EXPECT_TRUE(is_label_value(""));
  EXPECT_TRUE(is_label_value("v1.2_x"));
  EXPECT_FALSE(is_label_value("-x"));
  EXPECT_FALSE(is_label_value("x y"));
  EXPECT_FALSE(is_label_value(std::string(64, 'a')));
}

TEST(Names, PortName) {
  EXPECT_TRUE(is_port_name("http_1-x"));
  EXPECT_TRUE(is_port_name("_x"));
  EXPECT_FALSE(is_port_name("-x"));
  EXPECT_FALSE(is_port_name("HTTP"));
  EXPECT_FALSE(is_port_name(""));
  EXPECT_FALSE(is_port_name(std::string(65, 'a')));
}

TEST(Names, Attributes) {
  EXPECT_TRUE(is_attribute_name("ecs.os-type"));
  EXPECT_TRUE(is_attribute_name("rack/row\\1"));
  EXPECT_FALSE(is_attribute_name(""));
  EXPECT_FALSE(is_attribute_name("a b"));
  EXPECT_TRUE(is_attribute_value(""));
  EXPECT_TRUE(is_attribute_value("a b@c:d"));
  EXPECT_FALSE(is_attribute_value(" a"));
  EXPECT_FALSE(is_attribute_value("a=b"));
}

TEST(Names, Image) {
  EXPECT_TRUE(is_image("registry.local:5000/team/web:1.2"));
  EXPECT_TRUE(is_image("web@sha256:" + std::string(64, '0')));
  EXPECT_FALSE(is_image(""));
  EXPECT_FALSE(is_image("web latest"));
  EXPECT_FALSE(is_image(std::string(256, 'a')));
}

TEST(Names, EnvironmentName) {
  EXPECT_TRUE(is_environment_name("A.b-c"));
  EXPECT_FALSE(is_environment_name(""));
  EXPECT_FALSE(is_environment_name("A=B"));
  EXPECT_FALSE(is_environment_name(std::string_view("A\0", 2)));
}

TEST(Names, IpAddress) {
  for (const std::string text :
       {"1.2.3.4", "255.255.255.255", "::", "::1", "fe80::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"}) {
    EXPECT_TRUE(is_ip_address(text)) << text;
  }
  for (const std::string text : {"", "1.2.3", "1.2.3.256", "1.2.3.4.5", ":", ":::", "1:2:3:4:5:6:7",
                                 "1:2:3:4:5:6:7:8:9", "12345::", "1::2::3", "g::1", "1.2.3.-4", "a.b.c.d"}) {
    EXPECT_FALSE(is_ip_address(text)) << text;
  }
}

TEST(Names, DefinitionReference) {
  const auto family = parse_definition_reference("web");
  ASSERT_TRUE(family);
  EXPECT_EQ(family->family, "web");
  EXPECT_EQ(family->revision, 0);
  const auto pinned = parse_definition_reference("Web_1:12");
  ASSERT_TRUE(pinned);
  EXPECT_EQ(pinned->family, "Web_1");
  EXPECT_EQ(pinned->revision, 12);
  for (const std::string text : {"", ":", "web:", ":1", "web:0", "web:01", "web:-1", "web:+1", "web:x", "web:1:2",
                                 "web:99999999999999999999", "we b:1"}) {
    EXPECT_FALSE(parse_definition_reference(text)) << text;
  }
  EXPECT_TRUE(is_revision_name("web:1"));
  EXPECT_FALSE(is_revision_name("web"));
  EXPECT_EQ(revision_name("web", 3), "web:3");
}

}  // namespace
}  // namespace muster
