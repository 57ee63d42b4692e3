// The writing verbs over real HTTP: three kinds of patch, field managers, collections.
#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/runtime/server/running_api.h"

namespace muster::server {
namespace {

constexpr const char* apply_type = "application/apply-patch+yaml";
constexpr const char* json_patch_type = "application/json-patch+json";

class WritesTest : public ServerTest {
 protected:
  http::Response apply(const std::string& query, const std::string& holder, const std::string& more = {}) {
    return send("PATCH", str(leases, "/a", query),
                str("apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: a}\nspec: {holderIdentity: ",
                    holder, more, "}\n"),
                {{"Content-Type", apply_type}});
  }
  http::Response patch(const std::string& body) {
    return send("PATCH", str(leases, "/a"), body, {{"Content-Type", json_patch_type}});
  }
  Node get() { return json(send("GET", str(leases, "/a"))); }
  std::string holder() { return std::string(get().find("spec")->text_of("holderIdentity")); }
};

TEST_F(WritesTest, ApplyCreatesThenChangesNothing) {
  EXPECT_EQ(apply("?fieldManager=gitops", "x").status, 201);
  const Node created = get();
  const Node& entry = created.find("metadata")->find("managedFields")->items.at(0);
  EXPECT_EQ(entry.text_of("manager"), "gitops");
  EXPECT_EQ(entry.text_of("operation"), "Apply");
  EXPECT_EQ(write_json(*entry.find("fieldsV1")), R"({"f:spec":{"f:holderIdentity":{}}})");
  const http::Response again = apply("?fieldManager=gitops", "x");
  EXPECT_EQ(again.status, 200);
  EXPECT_TRUE(equal(json(again), created)) << again.body;
}

TEST_F(WritesTest, ApplyConflictsAsKubernetesWordsIt) {
  ASSERT_EQ(apply("?fieldManager=one", "x").status, 201);
  const http::Response refused = apply("?fieldManager=other", "y");
  EXPECT_EQ(refused.status, 409);
  const Node status = json(refused);
  EXPECT_EQ(status.text_of("reason"), "Conflict");
  EXPECT_EQ(status.text_of("message"), R"(Apply failed with 1 conflict: conflict with "one": .spec.holderIdentity)");
  const Node& cause = status.find("details")->find("causes")->items.at(0);
  EXPECT_EQ(cause.text_of("reason"), "FieldManagerConflict");
  EXPECT_EQ(cause.text_of("field"), ".spec.holderIdentity");
  EXPECT_EQ(holder(), "x");
  EXPECT_EQ(apply("?fieldManager=other&force=true", "y").status, 200);
  EXPECT_EQ(holder(), "y");
}

TEST_F(WritesTest, ApplyDryRunAnswersWhatWouldBeStored) {
  ASSERT_EQ(apply("?fieldManager=one", "x").status, 201);
  const http::Response dry = apply("?fieldManager=one&dryRun=All", "y");
  EXPECT_EQ(dry.status, 200);
  EXPECT_EQ(json(dry).find("spec")->text_of("holderIdentity"), "y");
  EXPECT_EQ(holder(), "x");
  EXPECT_EQ(json(dry).find("metadata")->text_of("resourceVersion"),
            json(send("GET", str(leases, "/a"))).find("metadata")->text_of("resourceVersion"));
  const http::Response real = apply("?fieldManager=one", "y");
  EXPECT_TRUE(equal(*json(real).find("spec"), *json(dry).find("spec")));
  const http::Response made = send("POST", str(leases, "?dryRun=All"), lease("new", "x"));
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(json(made).find("metadata")->find("resourceVersion"), nullptr) << "nothing is stored";
}

TEST_F(WritesTest, ApplyRefusesWhatItCannotMean) {
  EXPECT_EQ(apply("", "x").status, 422) << "a manager is required";
  EXPECT_EQ(apply("?fieldManager=one", "x", ", bogus: 1").status, 422);
  EXPECT_EQ(send("GET", str(leases, "/a")).status, 404) << "nothing was written";
  const auto send_apply = [&](const std::string& body) {
    return send("PATCH", str(leases, "/a?fieldManager=m"), body, {{"Content-Type", apply_type}}).status;
  };
  EXPECT_EQ(send_apply("[]"), 400);
  EXPECT_EQ(send_apply("apiVersion: v1\nkind: Namespace\n"), 400);
  EXPECT_EQ(send_apply("apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: []\n"), 400);
  EXPECT_EQ(send_apply("apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: b}\n"), 400);
  EXPECT_EQ(send_apply("apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {managedFields: [{}]}\n"), 400);
  EXPECT_EQ(send("PATCH", str(leases, "/a?force=true"), "{}").status, 422) << "force is for apply alone";
  EXPECT_EQ(send("PATCH", str(leases, "/a?fieldManager=", std::string(129, 'm')), "{}").status, 422);
}

TEST_F(WritesTest, JsonPatchChangesAndTests) {
  ASSERT_EQ(send("POST", leases, lease("a", "x")).status, 201);
  EXPECT_EQ(patch(R"([{"op":"test","path":"/spec/holderIdentity","value":"x"},)"
                  R"({"op":"replace","path":"/spec/holderIdentity","value":"y"}])")
                .status,
            200);
  EXPECT_EQ(holder(), "y");
  EXPECT_EQ(patch(R"([{"op":"test","path":"/spec/holderIdentity","value":"x"}])").status, 422);
  EXPECT_EQ(patch(R"([{"op":"remove","path":"/spec/nothing"}])").status, 422);
  EXPECT_EQ(patch(R"({"op":"remove"})").status, 400);
  EXPECT_EQ(patch(R"([{"op":"replace","path":"/metadata/resourceVersion","value":"1"}])").status, 409)
      << "a revision in the patch is a lock";
  EXPECT_EQ(patch(R"([{"op":"replace","path":"/metadata/name","value":"b"}])").status, 422);
}

TEST_F(WritesTest, APatchThatRemovesTheRevisionOverwritesNobody) {
  ASSERT_EQ(send("POST", leases, lease("a", "x")).status, 201);
  EXPECT_EQ(send("PATCH", str(leases, "/a"), R"({"metadata":{"resourceVersion":null,"labels":{"a":"1"}}})").status,
            200);
  EXPECT_EQ(patch(R"([{"op":"remove","path":"/metadata/resourceVersion"},)"
                  R"({"op":"add","path":"/metadata/labels/b","value":"2"}])")
                .status,
            200);
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (int j = 0; j < 10; ++j) {
        const std::string body = str(R"({"metadata":{"resourceVersion":null,"labels":{"w)", i, "-", j, R"(":"x"}}})");
        int status = 409;
        while (status == 409) status = send("PATCH", str(leases, "/a"), body).status;
        EXPECT_EQ(status, 200);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(get().find("metadata")->find("labels")->members.size(), 42U) << "every acknowledged label is there";
}

// Each patches what the others have made of it: nobody fails because somebody else was first.
TEST_F(WritesTest, PatchesOfOneObjectTakeTurns) {
  ASSERT_EQ(send("POST", leases, lease("a", "x")).status, 201);
  const std::vector<std::string> types = {"application/merge-patch+json", "application/json-patch+json",
                                          "application/strategic-merge-patch+json"};
  ASSERT_EQ(send("PATCH", str(leases, "/a"), R"({"metadata":{"labels":{"first":"x"}}})").status, 200);
  std::vector<std::thread> writers;
  std::atomic<int> refused = 0;
  for (int i = 0; i < 16; ++i) {
    writers.emplace_back([&, i] {
      const std::string& type = types[static_cast<std::size_t>(i) % types.size()];
      for (int j = 0; j < 10; ++j) {
        const std::string label = str("w", i, "-", j);
        const std::string body = type == "application/json-patch+json"
                                     ? str(R"([{"op":"add","path":"/metadata/labels/)", label, R"(","value":"x"}])")
                                     : str(R"({"metadata":{"labels":{")", label, R"(":"x"}}})");
        if (send("PATCH", str(leases, "/a"), body, {{"Content-Type", type}}).status != 200) ++refused;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(get().find("metadata")->find("labels")->members.size(), 161U);
}

TEST_F(WritesTest, AnObjectHasABoundHoweverItCame) {
  ASSERT_EQ(send("POST", leases, lease("a", "x")).status, 201);
  const auto grow = [&](int first) {
    std::string annotations;
    for (int i = first; i < first + 9'000; ++i)
      annotations += str(annotations.empty() ? "" : ",", "\"l", i, "\":\"", i, "\"");
    return send("PATCH", str(leases, "/a"), str(R"({"metadata":{"labels":{)", annotations, "}}}")).status;
  };
  int status = 200;
  for (int round = 0; round < 20 && status == 200; ++round) status = grow(round * 9'000);
  EXPECT_EQ(status, 413);
  EXPECT_EQ(send("PATCH", str(leases, "/a"), R"({"metadata":{"labels":null}})").status, 200)
      << "it can be made smaller";
  std::string deep = "{}";
  for (int i = 0; i < 50; ++i) deep = str("{\"f:a\":", deep, "}");
  const std::string entry = str(
      R"({"manager":"m","operation":"Update","apiVersion":"coordination.k8s.io/v1","fieldsType":"FieldsV1","fieldsV1":)",
      deep, "}");
  EXPECT_EQ(send("PATCH", str(leases, "/a"), str(R"({"metadata":{"managedFields":[)", entry, "]}}")).status, 422);
}

TEST_F(WritesTest, WritersAreNamedByTheirProgram) {
  ASSERT_EQ(send("POST", leases, lease("a", "x"), {{"User-Agent", "curl/8.1"}}).status, 201);
  ASSERT_EQ(send("PATCH", str(leases, "/a?fieldManager=editor"), R"({"spec":{"holderIdentity":"y"}})").status, 200);
  const Node object = get();
  const Node& entries = *object.find("metadata")->find("managedFields");
  ASSERT_EQ(entries.items.size(), 2U);
  std::vector<std::string> managers = {std::string(entries.items[0].text_of("manager")),
                                       std::string(entries.items[1].text_of("manager"))};
  std::ranges::sort(managers);
  EXPECT_EQ(managers, (std::vector<std::string>{"curl", "editor"}));
  EXPECT_EQ(send("PATCH", str(leases, "/a"), R"({"metadata":{"managedFields":[]}})").status, 200);
  EXPECT_EQ(get().find("metadata")->find("managedFields"), nullptr) << "an empty list forgets them";
}

TEST_F(WritesTest, APatchThatChangesNothingIsNoWrite) {
  ASSERT_EQ(send("POST", leases, lease("a", "x")).status, 201);
  const Node before = get();
  const http::Response response = send("PATCH", str(leases, "/a?fieldManager=m"), R"({"spec":{"holderIdentity":"x"}})");
  EXPECT_TRUE(equal(json(response), before)) << response.body;
}

TEST_F(WritesTest, ACollectionIsDeletedBySelection) {
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_EQ(send("POST", leases, lease(name, "h", name[0] == 'c' ? "{}" : R"({"k":"v"})")).status, 201);
  }
  EXPECT_EQ(json(send("DELETE", str(leases, "?labelSelector=k%3Dv&dryRun=All"))).find("items")->items.size(), 2U);
  EXPECT_EQ(json(send("GET", leases)).find("items")->items.size(), 3U);
  const http::Response gone = send("DELETE", str(leases, "?labelSelector=k%3Dv"));
  EXPECT_EQ(gone.status, 200);
  EXPECT_EQ(json(gone).text_of("kind"), "LeaseList");
  EXPECT_EQ(json(gone).find("items")->items.size(), 2U);
  const Node left = json(send("GET", leases));
  ASSERT_EQ(left.find("items")->items.size(), 1U);
  EXPECT_EQ(left.find("items")->items[0].find("metadata")->text_of("name"), "c");
}

TEST_F(WritesTest, DeleteOptionsAreChecked) {
  ASSERT_EQ(send("POST", leases, lease("a")).status, 201);
  const auto remove = [&](const std::string& body) { return send("DELETE", str(leases, "/a"), body).status; };
  EXPECT_EQ(remove(R"({"propagationPolicy":"Never"})"), 422);
  EXPECT_EQ(remove(R"({"propagationPolicy":"Orphan","orphanDependents":true})"), 422);
  EXPECT_EQ(remove(R"({"dryRun":["Some"]})"), 422);
  EXPECT_EQ(remove("[]"), 400);
  EXPECT_EQ(remove(R"({"gracePeriodSeconds":"soon"})"), 400);
  EXPECT_EQ(send("DELETE", str(leases, "/a?gracePeriodSeconds=soon")).status, 400);
  EXPECT_EQ(remove(R"({"preconditions":{"uid":"other"}})"), 409);
  EXPECT_EQ(remove(R"({"preconditions":{"resourceVersion":"1"}})"), 409);
  EXPECT_EQ(remove(R"({"preconditions":{"resourceVersion":"x"}})"), 422);
  EXPECT_EQ(remove(R"({"dryRun":["All"]})"), 200);
  EXPECT_EQ(send("GET", str(leases, "/a")).status, 200);
  EXPECT_EQ(remove(R"({"propagationPolicy":"Orphan"})"), 200) << "waits for the collector";
  EXPECT_EQ(get().find("metadata")->find("finalizers")->items.at(0).text, "orphan");
}

TEST_F(WritesTest, KubernetesOwnKindsMayLeaveOutWhatThePathSays) {
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  EXPECT_EQ(send("POST", maps, R"({"metadata":{"name":"a"},"data":{"x":"1"}})").status, 201);
  EXPECT_EQ(send("POST", maps, R"({"apiVersion":"","kind":"","metadata":{"name":"b"}})").status, 201);
  EXPECT_EQ(send("POST", maps, R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"c"}})").status, 400);
  // An update that names no revision replaces what is there; a lease, which two may be after, needs one.
  EXPECT_EQ(send("PUT", maps + "/a", R"({"metadata":{"name":"a"},"data":{"x":"2"}})").status, 200);
  EXPECT_EQ(json(send("GET", maps + "/a")).at("data").text_of("x"), "2");
  ASSERT_EQ(send("POST", leases, lease("a")).status, 201);
  EXPECT_EQ(send("PUT", str(leases, "/a"), lease("a")).status, 422);
}

TEST_F(WritesTest, EveryFormOfADeletionHasItsRevision) {
  ASSERT_EQ(send("POST", leases, lease("a")).status, 201);
  const std::string made(get().find("metadata")->text_of("resourceVersion"));
  ASSERT_EQ(send("DELETE", str(leases, "/a")).status, 200);
  const std::string gone(json(send("GET", leases)).find("metadata")->text_of("resourceVersion"));
  ASSERT_NE(gone, made);
  for (const char* accept : {"application/json", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
                             "application/json;as=Table;v=v1;g=meta.k8s.io"}) {
    const http::Response response =
        send("GET", str(leases, "?watch=true&timeoutSeconds=1&resourceVersion=", made), {}, {{"Accept", accept}});
    const Node event = parse_json(response.body.substr(0, response.body.find('\n'))).value();
    EXPECT_EQ(event.text_of("type"), "DELETED") << response.body;
    EXPECT_EQ(event.find("object")->find("metadata")->text_of("resourceVersion"), gone) << response.body;
  }
}

TEST_F(WritesTest, StrategicPatchesAreForKubernetesOwnKinds) {
  const std::string accounts = "/api/v1/namespaces/default/serviceaccounts";
  const http::Headers strategic = {{"Content-Type", "application/strategic-merge-patch+json"}};
  ASSERT_EQ(send("POST", accounts,
                 R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"bot","finalizers":["x.y/a"]},)"
                 R"("secrets":[{"name":"a"},{"name":"b"}]})")
                .status,
            201);
  const auto patched = [&](const std::string& body) { return send("PATCH", accounts + "/bot", body, strategic); };
  const http::Response added = patched(R"({"secrets":[{"name":"c"}],"metadata":{"finalizers":["x.y/b"]}})");
  ASSERT_EQ(added.status, 200) << added.body;
  EXPECT_EQ(write_json(*json(added).find("secrets")), R"([{"name":"c"},{"name":"a"},{"name":"b"}])");
  EXPECT_EQ(json(added).find("metadata")->find("finalizers")->items.size(), 2U);
  const http::Response removed = patched(
      R"({"secrets":[{"$patch":"delete","name":"a"}],"metadata":{"$deleteFromPrimitiveList/finalizers":["x.y/a"]}})");
  ASSERT_EQ(removed.status, 200) << removed.body;
  EXPECT_EQ(write_json(*json(removed).find("secrets")), R"([{"name":"c"},{"name":"b"}])");
  EXPECT_EQ(json(removed).find("metadata")->find("finalizers")->items.size(), 1U);
  const std::string before(json(removed).find("metadata")->text_of("resourceVersion"));
  EXPECT_EQ(json(patched("{}")).find("metadata")->text_of("resourceVersion"), before) << "nothing changed";
  EXPECT_EQ(patched(R"({"metadata":{"resourceVersion":"1"}})").status, 409);
  EXPECT_EQ(patched(R"({"$patch":"mix"})").status, 400);
  EXPECT_EQ(patched("[]").status, 400);
  const http::Response refused = send("PATCH", accounts + "/bot", "{}", {{"Content-Type", "text/plain"}});
  EXPECT_EQ(refused.status, 415);
  EXPECT_NE(refused.body.find("application/strategic-merge-patch+json, application/apply-patch+yaml"),
            std::string::npos);
}

TEST_F(WritesTest, OurKindsAreDefinedForToolsThatLook) {
  const std::string definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const Node list = json(send("GET", definitions));
  EXPECT_EQ(list.text_of("kind"), "CustomResourceDefinitionList");
  EXPECT_EQ(list.find("items")->items.size(), 8U);
  const Node one = json(send("GET", definitions + "/services.muster.dev"));
  EXPECT_EQ(one.find("spec")->find("names")->text_of("kind"), "Service");
  EXPECT_EQ(one.find("spec")->find("versions")->items.at(0).text_of("name"), "v1beta1");
  EXPECT_NE(one.find("spec")->find("versions")->items.at(0).find("schema")->find("openAPIV3Schema"), nullptr);
  EXPECT_FALSE(one.find("status")->find("conditions")->items.at(1).text_of("lastTransitionTime").empty());
  const Node table = json(send("GET", definitions, {}, {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}}));
  EXPECT_EQ(table.find("columnDefinitions")->items.at(1).text_of("name"), "Created At");
  const http::Response watch = send("GET", str(definitions, "?watch=true&timeoutSeconds=1"));
  EXPECT_EQ(std::ranges::count(watch.body, '\n'), 8);
  for (const char* method : {"PUT", "PATCH", "DELETE"}) {
    const http::Response refused = send(method, definitions + "/services.muster.dev", "{}");
    EXPECT_EQ(refused.status, 405) << method;
    EXPECT_NE(refused.body.find("describe the kinds of this server"), std::string::npos) << refused.body;
  }
}

}  // namespace
}  // namespace muster::server
