#include "api/schema/path.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(Path, reads_as_users_write_it) {
  const Path root = Path::root("spec");
  const Path list = root.field("containerDefinitions");
  const Path item = list.item(3);
  EXPECT_EQ(item.field("cpu").text(), "spec.containerDefinitions[3].cpu");
  EXPECT_EQ(Path::root("").text(), "");
  const Path empty = Path::root("");
  EXPECT_EQ(empty.field("a").text(), "a");
  EXPECT_EQ(root.key("app.kubernetes.io/name").text(), "spec[app.kubernetes.io/name]");
}

TEST(Path, hostile_names_are_quoted_and_cut) {
  const Path root = Path::root("labels");
  EXPECT_EQ(root.key("a\x1b[31m\n").text(), "labels[\"a\\u001b[31m\\n\"]");
  EXPECT_EQ(root.key("").text(), "labels[\"\"]");
  EXPECT_LT(root.key(std::string(100'000, 'x')).text().size(), 120U);
}

TEST(Path, quoted_texts_are_cut_between_characters) {
  std::string text = "x";
  while (text.size() < 200) text += "é";
  const std::string shown = quote_text(text);
  EXPECT_EQ(shown.size(), 1 + 79 + 1 + 3U);
  EXPECT_TRUE(shown.ends_with("é\"..."));
}

}  // namespace
}  // namespace muster
