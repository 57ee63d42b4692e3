// Base64 there and back, and what is none.
#include "api/base/base64.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(Base64, VectorsOfTheStandard) {
  const std::pair<std::string_view, std::string_view> rows[] = {{"", ""},
                                                                {"f", "Zg=="},
                                                                {"fo", "Zm8="},
                                                                {"foo", "Zm9v"},
                                                                {"foob", "Zm9vYg=="},
                                                                {"foobar", "Zm9vYmFy"},
                                                                {"\xff\xfe\xfd", "//79"},
                                                                {std::string_view("\0", 1), "AA=="}};
  for (const auto& [bytes, text] : rows) {
    EXPECT_EQ(encode_base64(bytes), text);
    EXPECT_EQ(decode_base64(text), bytes);
    EXPECT_EQ(decoded_base64_size(text), bytes.size());
  }
}

TEST(Base64, EveryByteSurvivesAtEveryPlace) {
  for (std::size_t length = 0; length < 70; ++length) {
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i) bytes += static_cast<char>(i * 37 + length);
    const std::string text = encode_base64(bytes);
    EXPECT_EQ(decode_base64(text), bytes);
    EXPECT_EQ(decoded_base64_size(text), length);
  }
}

TEST(Base64, LineBreaksAreSkipped) {
  EXPECT_EQ(decode_base64("Zm9v\r\nYmFy\n"), "foobar");
  EXPECT_EQ(decode_base64("Z\nm8\n="), "fo");
  EXPECT_EQ(decoded_base64_size("Zm9v\r\nYmFy\n"), 6U);
}

TEST(Base64, RefusesWhatIsNone) {
  for (const std::string text : {"Z", "Zg", "Zg=", "Zm8", "Zg===", "Zm9v=", "=", "====", "Z===", "Zg==Zg==", "Zg=a",
                                 "Zm 9", "Zm9-", "Zm9_", "Zm9v!", "pässword"}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

}  // namespace
}  // namespace muster
