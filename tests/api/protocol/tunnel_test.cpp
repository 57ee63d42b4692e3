// The messages of a tunnel survive the wire, and nothing else gets through.
#include "api/protocol/tunnel.h"

#include <gtest/gtest.h>

namespace muster::protocol {
namespace {

TEST(Tunnel, keeps_type_and_content) {
  const std::string message = tunnel_message(Tunnel::errors, std::string_view("a\0b", 3));
  const auto parsed = parse_tunnel(message);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->type, Tunnel::errors);
  EXPECT_EQ(parsed->content, std::string_view("a\0b", 3));
}

TEST(Tunnel, refuses_what_it_does_not_know) {
  EXPECT_FALSE(parse_tunnel(""));
  EXPECT_FALSE(parse_tunnel("\x09"));
  EXPECT_FALSE(parse_tunnel("\xff"));
}

TEST(Tunnel, keeps_sizes) {
  const auto size = decode_size(encode_size({80, 65'535}));
  ASSERT_TRUE(size);
  EXPECT_EQ(size->width, 80);
  EXPECT_EQ(size->height, 65'535);
  EXPECT_FALSE(decode_size("abc"));
  EXPECT_FALSE(decode_size("abcde"));
}

StreamEnd through(const StreamEnd& end) {
  const std::string message = encode_end(end);
  const auto parsed = parse_tunnel(message);
  const auto out = parsed ? decode_end(*parsed) : std::nullopt;
  EXPECT_TRUE(out);
  return out.value_or(StreamEnd{});
}

TEST(Tunnel, keeps_ends) {
  EXPECT_EQ(through({7, ""}).exit_code, 7);
  EXPECT_EQ(through({7, ""}).error, "");
  EXPECT_FALSE(through({}).exit_code);
  EXPECT_EQ(through({{}, "no such container"}).error, "no such container");
}

TEST(Tunnel, an_end_that_makes_no_sense_is_an_error) {
  EXPECT_FALSE(decode_end({Tunnel::output, "x"}));
  for (const std::string_view code : {"", "x", "-1", "256", "1 "})
    EXPECT_NE(decode_end({Tunnel::exited, code})->error, "") << code;
  EXPECT_EQ(decode_end({Tunnel::failed, ""})->error, "the stream failed");
  EXPECT_LE(decode_end({Tunnel::failed, std::string(100'000, 'x')})->error.size(), 4096U);
}

}  // namespace
}  // namespace muster::protocol
