// A namespace that is deleted takes along what runs in it, and tells what is in its way.
#include <gtest/gtest.h>

#include "api/schema/json.h"
#include "tests/support/http_call.h"
#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

std::string in_shop(const std::string& manifest) {
  std::string out = manifest;
  const std::string from = "metadata: {name: web", to = "metadata: {namespace: shop, name: web";
  for (std::size_t at = 0; (at = out.find(from, at)) != std::string::npos; at += to.size())
    out.replace(at, from.size(), to);
  return out;
}

TEST(Namespaces, EmptyThemselvesWhenTheyAreDeleted) {
  MusterProcess process;
  process.start_dev({"--driver", "process"});
  const auto call = [&](const std::string& method, const std::string& path, const std::string& body = "") {
    return http_call(
        process.url(), method, path, body,
        method == "PATCH" ? "Content-Type: application/merge-patch+json\r\n" : "Content-Type: application/json\r\n");
  };
  const std::string spaces = "/api/v1/namespaces", shop = spaces + "/shop";
  const std::string tasks = "/apis/muster.dev/v1beta1/namespaces/shop/tasks";
  const auto json = [](const HttpAnswer& answer) {
    auto node = parse_json(answer.body);
    return node.ok() ? std::move(node).value() : Node::map();
  };
  process.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
  process.apply(in_shop(definition("web", "exec sleep 1000") + service("web", 2)));
  const auto running = [&] {
    std::size_t count = 0;
    const Node list = json(call("GET", tasks));
    if (const Node* items = list.find("items"))
      for (const Node& task : items->items) count += text_at(task, "status.lastStatus") == "RUNNING" ? 1 : 0;
    return count;
  };
  ASSERT_TRUE(eventually([&] { return running() == 2; }));
  ASSERT_EQ(call("POST", shop + "/configmaps",
                 R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"held","finalizers":["example.com/me"]}})")
                .status,
            201);

  ASSERT_EQ(call("DELETE", shop).status, 200);
  ASSERT_TRUE(eventually([&] {
    return text_at(json(call("GET", shop)), "status.conditions.3.message") ==
           "Some resources are remaining: configmaps has 1 resource instances";
  })) << call("GET", shop).body;
  EXPECT_EQ(text_at(json(call("GET", shop)), "status.phase"), "Terminating");
  EXPECT_EQ(json(call("GET", tasks)).find("items")->items.size(), 0U) << "they were stopped and have gone";
  const HttpAnswer refused =
      call("POST", shop + "/configmaps", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"late"}})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(text_at(json(refused), "details.causes.0.reason"), "NamespaceTerminating");

  ASSERT_EQ(call("PATCH", shop + "/configmaps/held", R"({"metadata":{"finalizers":null}})").status, 200);
  EXPECT_TRUE(eventually([&] { return call("GET", shop).status == 404; }));
  EXPECT_EQ(call("DELETE", spaces + "/default").status, 403);
  process.stop();
}

}  // namespace
}  // namespace muster::testing
