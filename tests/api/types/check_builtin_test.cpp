// The rules and defaults of Kubernetes' own kinds, one row each.
#include <gtest/gtest.h>

#include "api/base/base64.h"
#include "api/base/limits.h"
#include "api/schema/json.h"
#include "api/types/configuration.h"
#include "api/types/rbac.h"
#include "tests/api/types/case.h"

namespace muster {
namespace {

using testing::Case;

class SecretRule : public ::testing::TestWithParam<Case> {};
TEST_P(SecretRule, IsChecked) {
  testing::expect_case(R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "default"}})",
                       GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    All, SecretRule,
    ::testing::Values(
        Case{"empty", "{}", "", ""}, Case{"data", R"({"data": {"a.b-c_D": "eA=="}})", "", ""},
        Case{"own_type", R"({"type": "example.com/thing"})", "", ""},
        Case{"not_base64", R"({"data": {"a": "hunter2"}})", "data[a]", "must be base64"},
        Case{"key", R"({"data": {"a b": "eA=="}})", "data[\"a b\"]", "letters, digits"},
        Case{"key_of_dots", R"({"stringData": {"..a": "x"}})", "stringData[..a]", "letters, digits"},
        Case{"name", R"({"metadata": {"name": "A_b"}})", "metadata.name", "subdomain"},
        Case{"token_without_account", R"({"type": "kubernetes.io/service-account-token"})",
             "metadata.annotations[kubernetes.io/service-account.name]", "Required"},
        Case{"token", R"({"type": "kubernetes.io/service-account-token",
             "metadata": {"annotations": {"kubernetes.io/service-account.name": "a"}}})",
             "", ""},
        Case{"docker", R"({"type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "{}"}})", "",
             ""},
        Case{"docker_without", R"({"type": "kubernetes.io/dockerconfigjson"})", "data[.dockerconfigjson]", "Required"},
        Case{"docker_not_json", R"({"type": "kubernetes.io/dockercfg", "stringData": {".dockercfg": "{"}})",
             "data[.dockercfg]", "JSON"},
        Case{"basic_auth", R"({"type": "kubernetes.io/basic-auth", "stringData": {"password": ""}})", "", ""},
        Case{"basic_auth_without", R"({"type": "kubernetes.io/basic-auth"})", "data[username]", "Required"},
        Case{"ssh", R"({"type": "kubernetes.io/ssh-auth"})", "data[ssh-privatekey]", "Required"},
        Case{"tls", R"({"type": "kubernetes.io/tls", "stringData": {"tls.crt": "x"}})", "data[tls.key]", "Required"}),
    testing::name_of_case);

class ConfigMapRule : public ::testing::TestWithParam<Case> {};
TEST_P(ConfigMapRule, IsChecked) {
  testing::expect_case(
      R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}})", GetParam());
}
INSTANTIATE_TEST_SUITE_P(All, ConfigMapRule,
                         ::testing::Values(Case{"empty", "{}", "", ""},
                                           Case{"both", R"({"data": {"a": "x"}, "binaryData": {"b": "eA=="}})", "", ""},
                                           Case{"key_twice", R"({"data": {"a": "x"}, "binaryData": {"a": "eA=="}})",
                                                "data[a]", "present in binaryData"},
                                           Case{"not_base64", R"({"binaryData": {"a": "?"}})", "binaryData[a]",
                                                "must be base64"},
                                           Case{"key", R"({"data": {"a/b": "x"}})", "data[a/b]", "letters, digits"}),
                         testing::name_of_case);

class RoleRule : public ::testing::TestWithParam<Case> {};
TEST_P(RoleRule, IsChecked) {
  testing::expect_case(R"({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
      "metadata": {"name": "a", "namespace": "default"},
      "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]})",
                       GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    All, RoleRule,
    ::testing::Values(Case{"valid", "{}", "", ""}, Case{"empty", R"({"rules": []})", "", ""},
                      Case{"name", R"({"metadata": {"name": "system:reader"}})", "", ""},
                      Case{"name_with_slash", R"({"metadata": {"name": "a/b"}})", "metadata.name", "'/'"},
                      Case{"no_verbs", R"({"rules": [{"apiGroups": [""], "resources": ["secrets"]}]})",
                           "rules[0].verbs", "required"},
                      Case{"no_group", R"({"rules": [{"resources": ["secrets"], "verbs": ["get"]}]})",
                           "rules[0].apiGroups", "at least one api group"},
                      Case{"no_resource", R"({"rules": [{"apiGroups": [""], "verbs": ["get"]}]})", "rules[0].resources",
                           "at least one resource"},
                      Case{"path", R"({"rules": [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]})",
                           "rules[0].nonResourceURLs", "namespaced rules"}),
    testing::name_of_case);

class ClusterRoleRule : public ::testing::TestWithParam<Case> {};
TEST_P(ClusterRoleRule, IsChecked) {
  testing::expect_case(
      R"({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}})",
      GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    All, ClusterRoleRule,
    ::testing::Values(
        Case{"path", R"({"rules": [{"nonResourceURLs": ["/metrics", "/healthz/*"], "verbs": ["get"]}]})", "", ""},
        Case{"namespace", R"({"metadata": {"namespace": "default"}})", "metadata.namespace", "not allowed"},
        Case{"both",
             R"({"rules": [{"nonResourceURLs": ["/a"], "apiGroups": [""], "resources": ["x"], "verbs": ["*"]}]})",
             "rules[0].nonResourceURLs", "both"},
        Case{"made_of_others", R"({"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}})", "",
             ""},
        Case{"made_of_none", R"({"aggregationRule": {}})", "aggregationRule.clusterRoleSelectors", "at least one"},
        Case{
            "unknown_operator",
            R"({"aggregationRule": {"clusterRoleSelectors": [{"matchExpressions": [{"key": "a", "operator": "Is"}]}]}})",
            "aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator", "In, NotIn"},
        Case{
            "values_left_out",
            R"({"aggregationRule": {"clusterRoleSelectors": [{"matchExpressions": [{"key": "a", "operator": "In"}]}]}})",
            "aggregationRule.clusterRoleSelectors[0].matchExpressions[0].values", "must be specified"}),
    testing::name_of_case);

class BindingRule : public ::testing::TestWithParam<Case> {};
TEST_P(BindingRule, IsChecked) {
  testing::expect_case(R"({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
      "metadata": {"name": "a", "namespace": "default"}, "roleRef": {"kind": "Role", "name": "r"}})",
                       GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    All, BindingRule,
    ::testing::Values(
        Case{"valid", "{}", "", ""}, Case{"no_role", R"({"roleRef": null})", "roleRef", "required"},
        Case{"no_name", R"({"roleRef": {"name": null}})", "roleRef.name", "required"},
        Case{"kind", R"({"roleRef": {"kind": "Rule"}})", "roleRef.kind", "Role, ClusterRole"},
        Case{"group", R"({"roleRef": {"apiGroup": "x"}})", "roleRef.apiGroup", "rbac.authorization.k8s.io"},
        Case{"role_name", R"({"roleRef": {"name": ".."}})", "roleRef.name", "name of a role"},
        Case{"user", R"({"subjects": [{"kind": "User", "name": "a b@example.com"}]})", "", ""},
        Case{"nobody", R"({"subjects": [{"kind": "Group"}]})", "subjects[0].name", "required"},
        Case{"subject_kind", R"({"subjects": [{"kind": "Robot", "name": "a"}]})", "subjects[0].kind", "ServiceAccount"},
        Case{"user_group", R"({"subjects": [{"kind": "User", "name": "a", "apiGroup": "x"}]})", "subjects[0].apiGroup",
             "rbac.authorization.k8s.io"},
        Case{"account", R"({"subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "b"}]})", "", ""},
        Case{"account_without_namespace", R"({"subjects": [{"kind": "ServiceAccount", "name": "a"}]})",
             "subjects[0].namespace", "Required"},
        Case{"account_name", R"({"subjects": [{"kind": "ServiceAccount", "name": "A", "namespace": "b"}]})",
             "subjects[0].name", "subdomain"},
        Case{"account_group",
             R"({"subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "b", "apiGroup": "x"}]})",
             "subjects[0].apiGroup", "\"\""}),
    testing::name_of_case);

TEST(ClusterRoleBinding, PointsToClusterRoles) {
  const std::string_view valid = R"({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
      "metadata": {"name": "a"}, "roleRef": {"kind": "ClusterRole", "name": "view"}})";
  EXPECT_TRUE(testing::admit_text(valid, "{}").ok());
  testing::expect_case(valid, Case{"role", R"({"roleRef": {"kind": "Role"}})", "roleRef.kind", "\"Role\""});
}

Secret filled(std::size_t bytes) {
  Secret secret = make<Secret>();
  secret.metadata.name = "a";
  secret.metadata.ns = "default";
  secret.data["a"] = encode_base64(std::string(bytes / 2, 'x'));
  secret.string_data["b"] = std::string(bytes - bytes / 2, 'y');
  secret.kind->defaults(secret);
  return secret;
}

TEST(Secret, HoldsOneMebibyte) {
  EXPECT_TRUE(validate_object(filled(limits::configuration_bytes)).ok());
  const Status status = validate_object(filled(limits::configuration_bytes + 1));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().causes.front().field, "data");
  EXPECT_LT(status.error().text().size(), 200U) << "the values are in the message";

  ConfigMap map = make<ConfigMap>();
  map.metadata.name = "a";
  map.metadata.ns = "default";
  map.data["a"] = std::string(limits::configuration_bytes, 'x');
  EXPECT_TRUE(validate_object(map).ok());
  map.binary_data["b"] = "eA==";
  EXPECT_FALSE(validate_object(map).ok());
}

TEST(Secret, PlainTextBecomesData) {
  Secret secret = make<Secret>();
  secret.data = {{"a", "b2xk"}, {"b", "e\nA=\n="}};
  secret.string_data = {{"a", "new"}, {"empty", ""}};
  secret.kind->defaults(secret);
  const Labels expected = {{"a", "bmV3"}, {"b", "eA=="}, {"empty", ""}};
  EXPECT_EQ(secret.data, expected);
  EXPECT_TRUE(secret.string_data.empty());
  EXPECT_EQ(secret.type, "Opaque");
  secret.kind->defaults(secret);
  EXPECT_EQ(secret.data, expected);
  EXPECT_EQ(encode_object(secret),
            R"({"apiVersion":"v1","kind":"Secret","data":{"a":"bmV3","b":"eA==","empty":""},"type":"Opaque"})");
}

// No finding, whatever is wrong, shows a value.
TEST(Secret, FindingsConcealValues) {
  for (const std::string_view patch :
       {R"({"data": {"a": "hunter471147?"}})", R"({"data": {"a": 471147}})", R"({"data": "hunter471147"})",
        R"({"stringData": {"a": 471147}})", R"({"data": {"a": ["hunter471147"]}})",
        R"({"type": "kubernetes.io/dockercfg", "stringData": {".dockercfg": "hunter471147"}})"}) {
    const Status status = testing::admit_text(
        R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "default"}})", patch);
    ASSERT_FALSE(status.ok()) << patch;
    EXPECT_EQ(status.error().text().find("471147"), std::string::npos) << status.error().text();
  }
}

TEST(Binding, FillsTheGroups) {
  RoleBinding binding = make<RoleBinding>();
  binding.role_ref = {"", "Role", "r"};
  binding.subjects = {{"User", "", "u", ""}, {"Group", "", "g", ""}, {"ServiceAccount", "", "s", "n"}};
  binding.kind->defaults(binding);
  EXPECT_EQ(binding.role_ref.api_group, rbac_group);
  EXPECT_EQ(binding.subjects[0].api_group, rbac_group);
  EXPECT_EQ(binding.subjects[1].api_group, rbac_group);
  EXPECT_EQ(binding.subjects[2].api_group, "");
}

}  // namespace
}  // namespace muster
