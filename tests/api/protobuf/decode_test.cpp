// Bodies as kubectl 1.33 sent them, hand-made ones for the kinds that it does not write, and bytes that are none.
#include "api/protobuf/decode.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "api/access/review.h"
#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/protobuf/messages.h"
#include "api/schema/json.h"
#include "api/types/kinds.h"
#include "tests/support/source_dir.h"

namespace muster::protobuf {
namespace {

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>(value | 0x80U);
  return out + static_cast<char>(value);
}
std::string number(std::uint32_t field, std::uint64_t value) {
  return varint(field << 3U) + varint(value);
}
std::string bytes(std::uint32_t field, const std::string& content) {
  return varint(field << 3U | 2U) + varint(content.size()) + content;
}
std::string entry(std::uint32_t field, const std::string& key, const std::string& value) {
  return bytes(field, bytes(1, key) + bytes(2, value));
}
std::string enveloped(const std::string& api_version, const std::string& kind, const std::string& content) {
  return std::string("k8s\0", 4) + bytes(1, bytes(1, api_version) + bytes(2, kind)) + bytes(2, content) + bytes(3, "") +
         bytes(4, "");
}
std::string named(const std::string& name) {
  return bytes(1, bytes(1, name) + bytes(2, "") + bytes(8, ""));
}

std::string json_of(const std::string& body) {
  const auto node = decode(body);
  EXPECT_TRUE(node.ok()) << node.error().text();
  return node.ok() ? write_json(*node) : std::string();
}
Error error_of(const std::string& body) {
  auto node = decode(body);
  EXPECT_FALSE(node.ok()) << write_json(*node);
  return node.ok() ? Error{} : std::move(node).error();
}

std::string sample(const std::string& name) {
  const auto path = testing::source_dir() / "tests" / "fuzz" / "protobuf_corpus" / (name + ".pb");
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// kubectl 1.33's bytes beside the JSON of the same commands.
TEST(Protobuf, WhatKubectlSends) {
  const std::pair<const char*, const char*> rows[] = {
      {"secret", R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"db"},)"
                 R"("data":{"password":"aHVudGVyMg==","user":"d2Vi"}})"},
      {"configmap", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"web"},"data":{"LOG_LEVEL":"info"}})"},
      {"serviceaccount", R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"deployer"}})"},
      {"namespace", R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}})"},
      {"role", R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"deployer"},"rules":)"
               R"([{"verbs":["get","list"],"apiGroups":[""],"resources":["secrets"],"resourceNames":["a"]}]})"},
      {"rolebinding",
       R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"rb"},"subjects":)"
       R"([{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"ann"},)"
       R"({"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":"team"},)"
       R"({"kind":"ServiceAccount","name":"deployer","namespace":"default"}],)"
       R"("roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"}})"},
      {"clusterrole", R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"cr"},)"
                      R"("rules":[{"verbs":["get"],"nonResourceURLs":["/metrics"]}]})"},
      {"clusterrolebinding",
       R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"crb"},)"
       R"("subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"ann"}],)"
       R"("roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cr"}})"},
      {"selfsubjectaccessreview",
       R"({"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"resourceAttributes":)"
       R"({"namespace":"shop","verb":"get","resource":"secrets","name":"x"}}})"},
      {"selfsubjectrulesreview",
       R"({"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","spec":{"namespace":"shop"}})"},
      {"selfsubjectreview", R"({"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"})"},
      {"token", R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest",)"
                R"("spec":{"audiences":["a"],"expirationSeconds":600}})"},
  };
  for (const auto& [name, json] : rows) {
    const std::string text = json_of(sample(name));
    EXPECT_EQ(text, json);
    const auto node = parse_json(text);
    ASSERT_TRUE(node.ok());
    if (find_kind(node->text_of("apiVersion"), node->text_of("kind")) != nullptr) {
      const auto object = decode_object(*node, nullptr, {}, nullptr);
      EXPECT_TRUE(object.ok()) << object.error().text();
    }
  }
}

TEST(Protobuf, Metadata) {
  const std::string owner =
      bytes(1, "Task") + bytes(3, "t") + bytes(4, "u") + bytes(5, "muster.dev/v1beta1") + number(6, 0);
  const std::string managed = bytes(1, "kubectl") + bytes(2, "Update") + bytes(3, "v1") +
                              bytes(4, number(1, 1'800'000'000) + number(2, 0)) + bytes(6, "FieldsV1") +
                              bytes(7, bytes(1, R"({"f:data":{".":{}}})"));
  const std::string metadata = bytes(1, "a") + bytes(3, "default") + bytes(5, "uid") + bytes(6, "42") + number(7, 3) +
                               bytes(8, number(1, 1'800'000'000)) + number(10, 0) + entry(11, "k", "v") +
                               entry(11, "b", "") + entry(11, "k", "w") + entry(12, "note", "x") + bytes(13, owner) +
                               bytes(14, "f/1") + bytes(14, "") + bytes(17, managed);
  const std::string text = json_of(enveloped("v1", "ConfigMap", bytes(1, metadata) + number(4, 0)));
  EXPECT_EQ(text,
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default","uid":"uid",)"
            R"("resourceVersion":"42","generation":3,"creationTimestamp":"2027-01-15T08:00:00Z",)"
            R"("deletionGracePeriodSeconds":0,"labels":{"b":"","k":"w"},"annotations":{"note":"x"},"ownerReferences":)"
            R"([{"kind":"Task","name":"t","uid":"u","apiVersion":"muster.dev/v1beta1","controller":false}],)"
            R"("finalizers":["f/1",""],"managedFields":[{"manager":"kubectl","operation":"Update","apiVersion":"v1",)"
            R"("time":"2027-01-15T08:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{}}}}]},)"
            R"("immutable":false})");
}

TEST(Protobuf, KindsThatKubectlDoesNotWrite) {
  const std::string time = number(1, 1'800'000'000) + number(2, 250'000'000);
  EXPECT_EQ(json_of(enveloped("coordination.k8s.io/v1", "Lease",
                              named("l") + bytes(2, bytes(1, "me") + number(2, 15) + bytes(3, time) + number(5, 0)))),
            R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"},"spec":{"holderIdentity":)"
            R"("me","leaseDurationSeconds":15,"acquireTime":"2027-01-15T08:00:00.250000Z","leaseTransitions":0}})");
  EXPECT_EQ(json_of(enveloped("v1", "Event",
                              named("e") + bytes(2, bytes(1, "Task") + bytes(2, "default") + bytes(3, "t")) +
                                  bytes(3, "Started") + bytes(5, bytes(1, "agent")) + bytes(7, time) + number(8, 2) +
                                  bytes(9, "Normal") + bytes(10, "") + bytes(14, "agent"))),
            R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},"involvedObject":{"kind":"Task","namespace":)"
            R"("default","name":"t"},"reason":"Started","source":{"component":"agent"},"lastTimestamp":)"
            R"("2027-01-15T08:00:00.250000Z","count":2,"type":"Normal","reportingComponent":"agent"})");
  const std::string options =
      number(1, 0) + bytes(2, bytes(1, "u")) + number(3, 1) + bytes(4, "Foreground") + bytes(5, "All");
  const std::string json = R"("gracePeriodSeconds":0,"preconditions":{"uid":"u"},"orphanDependents":true,)"
                           R"("propagationPolicy":"Foreground","dryRun":["All"])";
  EXPECT_EQ(json_of(enveloped("coordination.k8s.io/v1", "DeleteOptions", options)),
            str(R"({"apiVersion":"coordination.k8s.io/v1","kind":"DeleteOptions",)", json, "}"));
  EXPECT_EQ(
      json_of(enveloped("policy/v1", "Eviction", named("p") + bytes(2, options))),
      str(R"({"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"},"deleteOptions":{)", json, "}}"));
  EXPECT_EQ(
      json_of(enveloped("authorization.k8s.io/v1", "SubjectAccessReview",
                        bytes(2, bytes(2, bytes(1, "/metrics") + bytes(2, "get")) + bytes(3, "ann") + bytes(4, "team") +
                                     bytes(5, bytes(1, "s") + bytes(2, bytes(1, "a") + bytes(1, "")))))),
      R"({"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"nonResourceAttributes":)"
      R"({"path":"/metrics","verb":"get"},"user":"ann","groups":["team"],"extra":{"s":["a",""]}}})");
  EXPECT_EQ(json_of(enveloped("authentication.k8s.io/v1", "TokenReview", bytes(2, bytes(1, "t") + bytes(2, "a")))),
            R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"t","audiences":["a"]}})");
  EXPECT_EQ(json_of(enveloped("v1", "ServiceAccount",
                              named("s") + bytes(2, bytes(3, "a")) + bytes(3, bytes(1, "b")) + number(4, 0))),
            R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"s"},"secrets":[{"name":"a"}],)"
            R"("imagePullSecrets":[{"name":"b"}],"automountServiceAccountToken":false})");
}

TEST(Protobuf, UnknownFieldsAreSkipped) {
  const std::string strange =
      number(99, 1) + bytes(98, "\xff") + varint(97U << 3U | 1U) + "12345678" + varint(96U << 3U | 5U) + "1234";
  EXPECT_EQ(
      json_of(enveloped("v1", "Namespace", strange + bytes(1, strange + bytes(1, "a") + bytes(4, "/self")) + strange)),
      R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}})");
}

TEST(Protobuf, WhatIsNone) {
  const auto broken = [](const std::string& content) {
    const Error error = error_of(enveloped("v1", "Secret", content));
    EXPECT_EQ(error.code, Code::malformed) << error.message;
    return error.message;
  };
  EXPECT_EQ(error_of("").code, Code::malformed);
  EXPECT_EQ(error_of("{}").code, Code::malformed);
  EXPECT_EQ(error_of(std::string("k8s\0", 4)).code, Code::malformed);
  EXPECT_EQ(error_of(std::string("k8s\0", 4) + number(1, 7)).code, Code::malformed);
  EXPECT_EQ(broken(bytes(1, bytes(1, "a") + "\x0a")), "protobuf: metadata: the data ends inside a number");
  EXPECT_EQ(broken(varint(1U << 3U | 2U) + varint(1U << 30U)), "protobuf: the data ends inside a field");
  EXPECT_EQ(broken(bytes(1, number(1, 7))), "protobuf: metadata: name: must be a text");
  EXPECT_EQ(broken(bytes(1, bytes(1, "\xff"))), "protobuf: metadata: name: must be UTF-8");
  EXPECT_EQ(broken(bytes(1, "") + bytes(1, bytes(1, "a")) + bytes(1, bytes(1, "b"))),
            "protobuf: metadata: is given twice");
  EXPECT_EQ(broken(number(2, 1)), "protobuf: data: must be a map");
  EXPECT_EQ(broken(bytes(5, "x")), "protobuf: immutable: must be true or false");
  EXPECT_EQ(broken(bytes(1, bytes(7, "x"))), "protobuf: metadata: generation: must be an integer");
  EXPECT_EQ(broken(bytes(1, bytes(8, number(1, 1ULL << 60U)))),
            "protobuf: metadata: creationTimestamp: must be a time from 1970 to 2262");
  EXPECT_EQ(broken(bytes(1, bytes(17, bytes(7, bytes(1, "{"))))),
            "protobuf: metadata: managedFields: fieldsV1: must be JSON");
  EXPECT_EQ(broken(std::string(11, '\xff')), "protobuf: a number has more than 64 bits");
  EXPECT_EQ(broken(varint(3)), "protobuf: there is no field number 0");
  EXPECT_EQ(broken(varint(1U << 3U | 3U)), "protobuf: field 1 has the unknown wire type 3");
  EXPECT_EQ(error_of(std::string("k8s\0", 4) + bytes(1, bytes(1, "v1") + bytes(2, "Secret")) + bytes(3, "gzip")).code,
            Code::malformed);
  const Error unknown = error_of(enveloped("apps/v1", "Deployment", ""));
  EXPECT_EQ(unknown.code, Code::unsupported);
  EXPECT_NE(unknown.message.find("Deployment"), std::string::npos);
  EXPECT_EQ(error_of(enveloped("v2", "Secret", "")).code, Code::unsupported);
}

TEST(Protobuf, CutAnywhereItIsAnErrorOrLess) {
  const std::string whole = sample("rolebinding");
  for (std::size_t size = 0; size < whole.size(); ++size) (void)decode(whole.substr(0, size));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    for (const char byte : {'\x00', '\x7f', '\xff'}) {
      changed[at] = byte;
      (void)decode(changed);
    }
  }
}

TEST(Protobuf, IsBounded) {
  std::string finalizers;
  for (std::size_t i = 0; i <= limits::document_nodes; ++i) finalizers += bytes(14, "");
  EXPECT_EQ(error_of(enveloped("v1", "Namespace", bytes(1, finalizers))).code, Code::too_large);
  std::string labels;
  for (int i = 0; i < 100'000; ++i) labels += entry(11, std::to_string(i), "");
  EXPECT_TRUE(decode(enveloped("v1", "Namespace", bytes(1, labels))).ok());
  EXPECT_EQ(error_of(enveloped("v1", "Secret", entry(2, "a", std::string(limits::body_bytes, 'x')))).code,
            Code::too_large);
}

// Every field of a message that we serve is a field of its kind, so that nothing is decoded only to be refused.
void check_rows(const Message& message, const Type& given, const std::string& at) {
  const Type* type = &given;
  while (type->shape == Shape::optional || type->shape == Shape::list) type = type->element();
  ASSERT_EQ(type->shape, Shape::object) << at;
  for (const Row& row : message.rows) {
    const std::string here = str(at, '.', row.name);
    const Field* field = type->find(row.name);
    if (here == "Event.series" || here == "Event.related") continue;
    ASSERT_NE(field, nullptr) << here;
    if (row.form == Form::message) check_rows(*row.inner, *field->type(), here);
  }
}

TEST(Protobuf, TablesAgreeWithTheDescriptions) {
  std::size_t kinds = 0;
  for (const Kind& kind : all_kinds()) {
    const Message* message = find_message(kind.api_version(), kind.kind);
    // What nobody may write has no form to write it in.
    const bool written = kind.group != "muster.dev" && kind.group != "apiextensions.k8s.io";
    EXPECT_EQ(message != nullptr, written) << kind.kind;
    if (message != nullptr) check_rows(*message, *kind.type(), std::string(kind.kind));
    kinds += message != nullptr ? 1 : 0;
  }
  EXPECT_EQ(kinds, 10U);
  for (const access::Review& review : access::all_reviews()) {
    const Message* message = find_message(review.api_version(), review.kind);
    ASSERT_NE(message, nullptr) << review.kind;
    check_rows(*message, *review.type(), std::string(review.kind));
  }
}

}  // namespace
}  // namespace muster::protobuf
