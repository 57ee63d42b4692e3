// What people print holds no value of a sensitive field, at any depth.
#include "api/schema/conceal.h"

#include <gtest/gtest.h>

#include "api/schema/decode.h"
#include "api/schema/describe.h"
#include "api/schema/json.h"

namespace muster {
namespace conceal_test {

using Texts = std::map<std::string, std::string, std::less<>>;
struct Inner {
  std::string open, token;
  bool operator==(const Inner&) const = default;
};
struct Outer {
  Texts values;
  std::vector<Inner> items;
  std::optional<Inner> one;
  std::int32_t pin = 0;
  bool operator==(const Outer&) const = default;
};

}  // namespace conceal_test

template <>
Type Describe<conceal_test::Inner>::type() {
  using conceal_test::Inner;
  return object<Inner>("Inner", "A part.", field<&Inner::open>("open", "Shown."),
                       field<&Inner::token>("token", "Concealed.").sensitive());
}
template <>
Type Describe<conceal_test::Outer>::type() {
  using conceal_test::Outer;
  return object<Outer>("Outer", "The whole.", field<&Outer::values>("values", "Concealed.").sensitive(),
                       field<&Outer::items>("items", "Parts."), field<&Outer::one>("one", "A part."),
                       field<&Outer::pin>("pin", "Concealed.").sensitive());
}

namespace {

const Type& outer() {
  return *type_of<conceal_test::Outer>();
}
Node parsed(std::string_view json) {
  return parse_json(json).value();
}

TEST(Conceal, ShowsSizesOnly) {
  Node node = parsed(R"({"values":{"a":"aHVudGVyMg==","b":"not base64!","n":null},"items":[{"open":"x","token":"t"}],
                         "one":{"token":"secret"},"pin":1234,"unknown":"stays"})");
  conceal(outer(), node);
  EXPECT_EQ(write_json(node),
            R"({"values":{"a":"7 bytes","b":"11 bytes","n":null},"items":[{"open":"x","token":"1 bytes"}],)"
            R"("one":{"token":"6 bytes"},"pin":"0 bytes","unknown":"stays"})");
}

TEST(Conceal, ShowsThatAValueChangedAndNotWhich) {
  Node before = parsed(R"({"values":{"same":"eA==","changed":"eQ==","gone":"eg=="},"one":{"open":"o","token":"a"}})");
  Node after = parsed(R"({"values":{"same":"eA==","changed":"eno=","new":"eg=="},"one":{"open":"p","token":"b"}})");
  conceal(outer(), before, after);
  EXPECT_EQ(write_json(before), R"=({"values":{"same":"***","changed":"*** (before)","gone":"***"},)="
                                R"=("one":{"open":"o","token":"*** (before)"}})=");
  EXPECT_EQ(write_json(after), R"=({"values":{"same":"***","changed":"*** (after)","new":"***"},)="
                               R"=("one":{"open":"p","token":"*** (after)"}})=");
}

TEST(Conceal, OneSideOnly) {
  Node before = parsed("{}");
  Node after = parsed(R"({"values":{"a":"eA=="},"items":[{"token":"t"}],"one":{"token":"u"},"pin":1})");
  conceal(outer(), before, after);
  EXPECT_EQ(write_json(after),
            R"({"values":{"a":"***"},"items":[{"token":"1 bytes"}],"one":{"token":"1 bytes"},"pin":"***"})");
  EXPECT_EQ(write_json(before), "{}");
}

// A finding names the place and the type, never the value.
TEST(Conceal, FindingsDoNotQuote) {
  for (const std::string_view json : {R"({"values":{"a":471147}})", R"({"values":"hunter471147"})",
                                      R"({"items":[{"token":["hunter471147"]}]})", R"({"pin":"471147"})"}) {
    const auto result = decode<conceal_test::Outer>(parsed(json));
    ASSERT_FALSE(result.ok()) << json;
    EXPECT_EQ(result.error().text().find("471147"), std::string::npos) << result.error().text();
  }
  const auto shown = decode<conceal_test::Outer>(parsed(R"({"one":{"token":"t","open":471147}})"));
  EXPECT_NE(shown.error().text().find("471147"), std::string::npos);
}

}  // namespace
}  // namespace muster
