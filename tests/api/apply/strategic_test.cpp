// Strategic merge patches: what Kubernetes' library makes of the same documents, for lists of every kind.
#include "api/apply/strategic.h"

#include <gtest/gtest.h>

#include "api/schema/json.h"
#include "api/types/configuration.h"
#include "api/types/kinds.h"
#include "api/types/rbac.h"
#include "api/types/task.h"
#include "api/types/task_definition.h"

namespace muster::apply {
namespace {

Node json(const std::string& text) {
  auto node = parse_json(text);
  EXPECT_TRUE(node.ok()) << text;
  return node.ok() ? std::move(node).value() : Node();
}

struct Case {
  const char* name;
  const Type* (*type)();
  const char* stored;
  const char* patch;
  const char* expected;  // null: refused with a text that contains `refusal`
  const char* refusal = "";
};

const Type* account() {
  return kind_of<ServiceAccount>().type();
}
const Type* config_map() {
  return kind_of<ConfigMap>().type();
}
const Type* role() {
  return kind_of<Role>().type();
}
const Type* definition() {
  return kind_of<TaskDefinition>().type();
}

const Case cases[] = {
    {"values of maps are set and removed", config_map, R"({"data":{"a":"1","b":"2"}})",
     R"({"data":{"a":null,"c":"3","d":null}})", R"({"data":{"b":"2","c":"3"}})"},
    {"a map that was not there is taken over without nulls", config_map, R"({})", R"({"data":{"a":"1","b":null}})",
     R"({"data":{"a":"1"}})"},
    {"$patch replace", config_map, R"({"data":{"a":"1"},"immutable":true})", R"({"data":{"$patch":"replace","b":"2"}})",
     R"({"data":{"b":"2"},"immutable":true})"},
    {"$patch delete", config_map, R"({"data":{"a":"1"}})", R"({"data":{"$patch":"delete"}})", R"({"data":{}})"},
    {"$patch of the whole object", config_map, R"({"data":{"a":"1"}})", R"({"$patch":"replace","immutable":true})",
     R"({"immutable":true})"},
    {"$retainKeys", config_map, R"({"data":{"a":"1","b":"2","c":"3"}})",
     R"({"data":{"$retainKeys":["a","d"],"a":"9","d":"4"}})", R"({"data":{"a":"9","d":"4"}})"},
    {"$retainKeys must know what is given", config_map, R"({"data":{"a":"1"}})",
     R"({"data":{"$retainKeys":["a"],"b":"2"}})", nullptr, "retainKeys"},
    {"a set of strings grows", account, R"({"metadata":{"finalizers":["a","b"]}})",
     R"({"metadata":{"finalizers":["c","a"]}})", R"({"metadata":{"finalizers":["c","a","b"]}})"},
    {"$deleteFromPrimitiveList", account, R"({"metadata":{"finalizers":["a","b","c"]}})",
     R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["b","x"]}})", R"({"metadata":{"finalizers":["a","c"]}})"},
    {"$deleteFromPrimitiveList with additions and an order", account, R"({"metadata":{"finalizers":["a","b","c"]}})",
     R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["b"],"$setElementOrder/finalizers":["d","c","a"],
         "finalizers":["d"]}})",
     R"({"metadata":{"finalizers":["d","c","a"]}})"},
    {"$deleteFromPrimitiveList of a keyed list", account, R"({"secrets":[{"name":"a"}]})",
     R"({"$deleteFromPrimitiveList/secrets":["a"]})", nullptr, "no list of plain values"},
    {"items are merged by key", definition,
     R"({"spec":{"containerDefinitions":[{"name":"a","image":"i","cpu":1},{"name":"b","image":"j"}]}})",
     R"({"spec":{"containerDefinitions":[{"name":"b","image":"k"},{"name":"c","image":"l"}]}})",
     R"({"spec":{"containerDefinitions":[{"name":"a","image":"i","cpu":1},{"name":"b","image":"k"},
         {"name":"c","image":"l"}]}})"},
    {"an item is deleted by key", account, R"({"secrets":[{"name":"a"},{"name":"b"}]})",
     R"({"secrets":[{"$patch":"delete","name":"a"}]})", R"({"secrets":[{"name":"b"}]})"},
    {"a deleted item that is not there is nothing", account, R"({})",
     R"({"secrets":[{"$patch":"delete","name":"a"},{"name":"b"}]})", R"({"secrets":[{"name":"b"}]})"},
    {"a list is replaced on demand", account, R"({"secrets":[{"name":"a"},{"name":"b"}]})",
     R"({"secrets":[{"$patch":"replace"},{"name":"c"}]})", R"({"secrets":[{"name":"c"}]})"},
    {"$setElementOrder puts what the server has where it stood", account,
     R"({"secrets":[{"name":"a"},{"name":"x"},{"name":"b"}]})",
     R"({"$setElementOrder/secrets":[{"name":"b"},{"name":"a"}]})",
     R"({"secrets":[{"name":"x"},{"name":"b"},{"name":"a"}]})"},
    {"$setElementOrder with additions", account, R"({"secrets":[{"name":"a"},{"name":"b"}]})",
     R"({"$setElementOrder/secrets":[{"name":"c"},{"name":"a"},{"name":"b"}],"secrets":[{"name":"c"}]})",
     R"({"secrets":[{"name":"c"},{"name":"a"},{"name":"b"}]})"},
    {"the patch must follow its own order", account, R"({"secrets":[]})",
     R"({"$setElementOrder/secrets":[{"name":"a"},{"name":"b"}],"secrets":[{"name":"b"},{"name":"a"}]})", nullptr,
     "doesn't match $setElementOrder"},
    {"an item without its key", account, R"({"secrets":[{"name":"a"}]})", R"({"secrets":[{"namespace":"x"}]})", nullptr,
     "does not contain declared merge key: name"},
    {"an item that is no object", account, R"({"secrets":[{"name":"a"}]})", R"({"secrets":["b"]})", nullptr,
     "must be an object"},
    {"lists that Kubernetes replaces", role, R"({"rules":[{"verbs":["get"],"resources":["tasks"]}]})",
     R"({"rules":[{"verbs":["list"]}]})", R"({"rules":[{"verbs":["list"]}]})"},
    {"an atomic list is replaced", account, R"({"imagePullSecrets":[{"name":"a"}]})",
     R"({"imagePullSecrets":[{"name":"b"}]})", R"({"imagePullSecrets":[{"name":"b"}]})"},
    {"an unknown patch type", config_map, R"({"data":{"a":"1"}})", R"({"data":{"$patch":"mix"}})", nullptr,
     "unknown patch type: \"mix\""},
    {"an unknown directive", config_map, R"({})", R"({"$frob":1})", nullptr, "unknown directive $frob"},
    {"owners are merged by uid, new ones first without an order", account,
     R"({"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"A","name":"a","uid":"1"}]}})",
     R"({"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"B","name":"b","uid":"2"}]}})",
     R"({"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"B","name":"b","uid":"2"},
         {"apiVersion":"v1","kind":"A","name":"a","uid":"1"}]}})"},
    {"what the description does not know is merged as plain JSON", config_map, R"({"x":{"a":[1,2],"b":1}})",
     R"({"x":{"a":[3],"b":null}})", R"({"x":{"a":[3]}})"},
};

TEST(StrategicPatchTest, does_what_kubernetes_does) {
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    Node target = json(each.stored);
    const Status status = strategic_patch(target, json(each.patch), *each.type());
    if (each.expected == nullptr) {
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.error().code, Code::malformed);
      EXPECT_NE(status.error().message.find(each.refusal), std::string::npos) << status.error().message;
      continue;
    }
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_TRUE(equal(target, json(each.expected))) << write_json(target);
  }
}

TEST(StrategicPatchTest, is_an_object) {
  Node target = json("{}");
  EXPECT_FALSE(strategic_patch(target, json("[]"), *account()).ok());
  EXPECT_FALSE(strategic_patch(target, json("null"), *account()).ok());
}

// As large as a request may be: what grows with the square would not end.
TEST(StrategicPatchTest, long_lists_take_no_long_time) {
  std::string stored = R"({"secrets":[)", patch = R"({"secrets":[)", order = R"("$setElementOrder/secrets":[)";
  for (int i = 0; i < 20'000; ++i) {
    const std::string comma = i == 0 ? "" : ",";
    stored += comma + R"({"name":"a)" + std::to_string(i) + "\"}";
    patch += comma + R"({"name":"b)" + std::to_string(i) + "\"}";
    order += comma + R"({"name":"b)" + std::to_string(i) + "\"}";
  }
  Node target = json(stored + "]}");
  ASSERT_TRUE(strategic_patch(target, json(patch + "]," + order + "]}"), *account()).ok());
  EXPECT_EQ(target.find("secrets")->items.size(), 40'000U);
}

}  // namespace
}  // namespace muster::apply
