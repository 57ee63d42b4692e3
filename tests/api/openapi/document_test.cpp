// What kubectl looks for in the documents before it writes anything.
#include "api/openapi/document.h"

#include <gtest/gtest.h>

#include <set>

#include "api/base/text.h"
#include "api/openapi/schemas.h"
#include "api/schema/json.h"

namespace muster::openapi {
namespace {

const Node& member(const Node& node, std::string_view name) {
  static const Node nothing;
  const Node* found = node.find(name);
  EXPECT_NE(found, nullptr) << name;
  return found == nullptr ? nothing : *found;
}

std::set<std::string> names_of(const Node& parameters) {
  std::set<std::string> names;
  for (const Node& parameter : parameters.items) names.emplace(parameter.text_of("name"));
  return names;
}

std::set<std::string> keys_of(const Node& map) {
  std::set<std::string> keys;
  for (const auto& [name, value] : map.members) keys.insert(name);
  return keys;
}

template <class Visit>
void each_operation(const Node& document, const Visit& visit) {
  for (const auto& [path, item] : member(document, "paths").members) {
    for (const auto& [method, operation] : item.members) {
      if (method != "parameters") visit(path, item, method, operation);
    }
  }
}

TEST(V3Document, every_patch_validates_fields_and_takes_the_three_types) {
  std::set<std::string> patched;
  for (const GroupVersion& group_version : group_versions()) {
    each_operation(v3_document(group_version, "1.2.3"), [&](const std::string& path, const Node&,
                                                            const std::string& method, const Node& operation) {
      if (method != "patch") return;
      const std::set<std::string> names = names_of(member(operation, "parameters"));
      EXPECT_TRUE(names.contains("fieldValidation") && names.contains("dryRun") && names.contains("fieldManager"))
          << path;
      const Node& kind = member(operation, "x-kubernetes-group-version-kind");
      ASSERT_TRUE(kind.is_map()) << "an object, not a list, at operations";
      EXPECT_EQ(keys_of(kind), (std::set<std::string>{"group", "version", "kind"}));
      for (const auto& [name, value] : kind.members) EXPECT_TRUE(value.is_string()) << name;
      patched.emplace(kind.text_of("kind"));
      const Kind* stored = find_kind(str(group_version.name()), kind.text_of("kind"));
      const bool scale = kind.text_of("kind") == "Scale";
      std::set<std::string> expected = {"application/json-patch+json", "application/merge-patch+json"};
      if (stored != nullptr || scale) expected.insert("application/apply-patch+yaml");
      if (!scale && group_version.group != "muster.dev") expected.insert("application/strategic-merge-patch+json");
      EXPECT_EQ(keys_of(member(member(operation, "requestBody"), "content")), expected) << path;
    });
  }
  for (const Kind& kind : served_kinds()) EXPECT_TRUE(patched.contains(std::string(kind.kind))) << kind.kind;
}

TEST(V3Document, paths_are_those_the_server_serves) {
  const Node document = v3_document({"muster.dev", "v1beta1"}, "1.2.3");
  const Node& paths = member(document, "paths");
  const std::string base = "/apis/muster.dev/v1beta1/";
  EXPECT_EQ(keys_of(member(paths, base + "services")), (std::set<std::string>{"get"}));
  EXPECT_EQ(keys_of(member(paths, base + "namespaces/{namespace}/services")),
            (std::set<std::string>{"delete", "get", "post", "parameters"}));
  EXPECT_EQ(keys_of(member(paths, base + "namespaces/{namespace}/services/{name}")),
            (std::set<std::string>{"get", "put", "patch", "delete", "parameters"}));
  EXPECT_EQ(keys_of(member(paths, base + "namespaces/{namespace}/services/{name}/scale")),
            (std::set<std::string>{"get", "put", "patch", "parameters"}));
  EXPECT_EQ(keys_of(member(paths, base + "clusters")), (std::set<std::string>{"delete", "get", "post"}));
  EXPECT_EQ(keys_of(member(paths, base + "clusters/{name}/status")),
            (std::set<std::string>{"get", "put", "patch", "parameters"}));
  EXPECT_EQ(paths.find(base + "namespaces/{namespace}/clusters"), nullptr);
  const Node& scale = member(member(paths, base + "namespaces/{namespace}/services/{name}/scale"), "put");
  EXPECT_EQ(member(scale, "x-kubernetes-group-version-kind").text_of("group"), "autoscaling");
}

TEST(Documents, operation_ids_are_unique_and_path_parameters_named) {
  std::set<std::string> ids;
  each_operation(
      v2_document("1.2.3"), [&](const std::string& path, const Node& item, const std::string&, const Node& operation) {
        EXPECT_TRUE(ids.emplace(operation.text_of("operationId")).second) << operation.text_of("operationId");
        std::set<std::string> expected;
        if (path.find("{name}") != std::string::npos) expected.insert("name");
        if (path.find("{namespace}") != std::string::npos) expected.insert("namespace");
        const Node* parameters = item.find("parameters");
        EXPECT_EQ(parameters == nullptr ? std::set<std::string>() : names_of(*parameters), expected) << path;
      });
  EXPECT_GT(ids.size(), 100U);
}

TEST(V3Index, names_every_group_version_with_its_hash) {
  std::vector<IndexEntry> entries;
  for (const GroupVersion& group_version : group_versions()) entries.push_back({group_version, "abc"});
  const Node index = v3_index(entries);
  EXPECT_EQ(keys_of(member(index, "paths")),
            (std::set<std::string>{"api/v1", "apis/apiextensions.k8s.io/v1", "apis/authentication.k8s.io/v1",
                                   "apis/authentication.k8s.io/v1alpha1", "apis/authentication.k8s.io/v1beta1",
                                   "apis/authorization.k8s.io/v1", "apis/coordination.k8s.io/v1",
                                   "apis/discovery.k8s.io/v1", "apis/metrics.k8s.io/v1beta1", "apis/muster.dev/v1beta1",
                                   "apis/rbac.authorization.k8s.io/v1"}));
  EXPECT_EQ(member(member(index, "paths"), "api/v1").text_of("serverRelativeURL"), "/openapi/v3/api/v1?hash=abc");
}

// What is asked, not stored, and the one answer that is no document.
TEST(V3Document, knows_reviews_and_logs) {
  const Node reviews = v3_document({"authorization.k8s.io", "v1"}, "1.2.3");
  const Node& review =
      member(member(member(reviews, "paths"), "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"), "post");
  EXPECT_EQ(review.text_of("operationId"), "createAuthorizationK8sIoV1SelfSubjectAccessReview");
  const Node& schemas = member(member(reviews, "components"), "schemas");
  ASSERT_NE(schemas.find("io.k8s.api.authorization.v1.SelfSubjectAccessReview"), nullptr);
  EXPECT_NE(
      schemas.find("io.k8s.api.authorization.v1.SelfSubjectAccessReview")->find("x-kubernetes-group-version-kind"),
      nullptr);
  EXPECT_NE(
      member(reviews, "paths").find("/apis/authorization.k8s.io/v1/namespaces/{namespace}/localsubjectaccessreviews"),
      nullptr);
  const Node core = v3_document({"", "v1"}, "1.2.3");
  const Node& log = member(member(member(core, "paths"), "/api/v1/namespaces/{namespace}/pods/{name}/log"), "get");
  EXPECT_EQ(keys_of(member(member(member(log, "responses"), "200"), "content")), std::set<std::string>{"text/plain"});
  EXPECT_TRUE(names_of(member(log, "parameters")).contains("follow"));
}

TEST(Documents, are_the_same_each_time) {
  const GroupVersion ours{"muster.dev", "v1beta1"};
  const std::string once = write_json(v3_document(ours, "1"));
  EXPECT_EQ(once, write_json(v3_document(ours, "1")));
  EXPECT_NE(document_hash(once), document_hash(write_json(v3_document(ours, "2"))));
}

TEST(V2Document, has_one_definition_for_what_groups_share) {
  const Node document = v2_document("1.2.3");
  const Node& definitions = member(document, "definitions");
  for (const char* name : {"dev.muster.v1beta1.Service", "io.k8s.api.core.v1.Namespace",
                           "io.k8s.api.coordination.v1.Lease", "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}) {
    EXPECT_NE(definitions.find(name), nullptr) << name;
  }
  const Node& metadata = member(member(member(definitions, "dev.muster.v1beta1.Service"), "properties"), "metadata");
  EXPECT_EQ(metadata.text_of("$ref"), "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
  EXPECT_FALSE(metadata.text_of("description").empty());
  EXPECT_EQ(write_json(document).find("allOf"), std::string::npos);
}

}  // namespace
}  // namespace muster::openapi
