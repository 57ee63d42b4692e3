// Nothing changes its meaning on the way out and in again.
#include <gtest/gtest.h>

#include "api/schema/json.h"
#include "api/schema/yaml.h"
#include "tests/api/schema/sample.h"

namespace muster {
namespace {

TEST(YamlWrite, writes_as_people_do) {
  EXPECT_EQ(write_yaml(sample::parsed(R"({"kind":"Service","spec":{"count":3,"image":"nginx:1.27","on":"on","cpu":"256",
            "list":[{"name":"app","args":["a","-b",""]},{"ports":[]}],"script":"one\n  two\n","none":null,"empty":{},"v":1.5,
            "nested":[[1,2],[3]],"time":"2026-11-22T20:00:00Z","port":"80/tcp","glob":"*"}})")),
            "kind: Service\n"
            "spec:\n"
            "  count: 3\n"
            "  image: nginx:1.27\n"
            "  \"on\": \"on\"\n"
            "  cpu: \"256\"\n"
            "  list:\n"
            "  - name: app\n"
            "    args:\n"
            "    - a\n"
            "    - \"-b\"\n"
            "    - \"\"\n"
            "  - ports: []\n"
            "  script: |\n"
            "    one\n"
            "      two\n"
            "  none: null\n"
            "  empty: {}\n"
            "  v: 1.5\n"
            "  nested:\n"
            "  - - 1\n"
            "    - 2\n"
            "  - - 3\n"
            "  time: \"2026-11-22T20:00:00Z\"\n"
            "  port: 80/tcp\n"
            "  glob: \"*\"\n");
  EXPECT_EQ(write_yaml(Node{}), "null\n");
  EXPECT_EQ(write_yaml(Node::map()), "{}\n");
}

TEST(YamlWrite, random_trees_survive_writing_and_reading) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 5000; ++round) {
    Node list = Node::list();
    for (int item = 0; item < 6; ++item) list.items.push_back(sample::random_node(random, 6));
    const Node node = round % 2 == 0 ? list.items.front() : list;
    if (node.is_null()) continue;  // an empty document
    const std::string text = write_yaml(node);
    auto back = parse_yaml(text);
    ASSERT_TRUE(back.ok()) << back.error().message << '\n' << text;
    ASSERT_EQ(back->size(), 1U) << text;
    ASSERT_TRUE(equal(node, back->front())) << text << '\n' << write_json(node) << '\n' << write_json(back->front());
  }
}

TEST(YamlWrite, nasty_strings_survive_as_values_keys_and_items) {
  std::mt19937_64 random(7);
  std::vector<std::string> texts = {std::string(3000, 'k'),
                                    std::string(3000, '"'),
                                    "a\n",
                                    "a\n\n",
                                    "\n\n",
                                    "a\n\n b\n\tc",
                                    "a\r\nb",
                                    "a \nb",
                                    "- a\n- b\n",
                                    "#\n#",
                                    "---\n...\n",
                                    "\xC2\x85x",
                                    "\xEF\xBB\xBFx",
                                    "x\ny ",
                                    "%a\nb"};
  for (int round = 0; round < 3000; ++round) texts.push_back(sample::random_text(random));
  for (const std::string& text : texts) {
    Node node = Node::map();
    node.at(text) = Node::of(text);
    Node inner = Node::map();
    inner.at(text) = Node::list();
    inner.at(text).items.push_back(Node::of(text));
    inner.at(text).items.push_back(Node::of(text));
    node.at("list") = Node::list();
    node.at("list").items.push_back(std::move(inner));
    auto back = parse_yaml(write_yaml(node));
    ASSERT_TRUE(back.ok()) << back.error().message << '\n' << write_yaml(node);
    ASSERT_TRUE(equal(node, back->front())) << write_yaml(node);
  }
}

}  // namespace
}  // namespace muster
