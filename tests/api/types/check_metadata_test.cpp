// Kubernetes' rules for metadata, and the warning about names that only ECS allows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/base/limits.h"
#include "api/types/builtin.h"
#include "tests/api/types/case.h"

namespace muster {
namespace {

using testing::Case;
using ::testing::HasSubstr;

class MetadataRule : public ::testing::TestWithParam<Case> {};
TEST_P(MetadataRule, IsChecked) {
  testing::expect_case(R"({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
      "metadata": {"name": "leader", "namespace": "default"}, "spec": {}})",
                       GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    All, MetadataRule,
    ::testing::Values(
        Case{"valid", "{}", "", ""},
        Case{"no_name", R"({"metadata": {"name": null}})", "metadata.name", "Required value"},
        Case{"upper_case", R"({"metadata": {"name": "Leader"}})", "metadata.name",
             "Invalid value: \"Leader\": a lowercase RFC 1123 subdomain"},
        Case{"no_namespace", R"({"metadata": {"namespace": null}})", "metadata.namespace", "Required value"},
        Case{"bad_namespace", R"({"metadata": {"namespace": "a.b"}})", "metadata.namespace", "RFC 1123 label"},
        Case{"labels", R"({"metadata": {"labels": {"app": "web", "a.b/c": ""}}})", "", ""},
        Case{"label_key", R"({"metadata": {"labels": {"-app": "web"}}})", "metadata.labels", "\"-app\""},
        Case{"label_value", R"({"metadata": {"labels": {"app": "a b"}}})", "metadata.labels[app]", "\"a b\""},
        Case{"annotation_key_in_upper_case", R"({"metadata": {"annotations": {"Example.COM/Key": "any text"}}})", "",
             ""},
        Case{"annotation_key", R"({"metadata": {"annotations": {"a b": "x"}}})", "metadata.annotations", "\"a b\""},
        Case{"finalizers", R"({"metadata": {"finalizers": ["foregroundDeletion", "a.b/c"]}})", "", ""},
        Case{"finalizer", R"({"metadata": {"finalizers": ["a b"]}})", "metadata.finalizers[0]", "qualified name"},
        Case{"owner_without_uid",
             R"({"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "a"}]}})",
             "metadata.ownerReferences[0].uid", "required"},
        Case{"owner_twice", R"({"metadata": {"ownerReferences": [
             {"apiVersion": "v1", "kind": "A", "name": "a", "uid": "1"},
             {"apiVersion": "v1", "kind": "A", "name": "b", "uid": "1"}]}})",
             "metadata.ownerReferences[1].uid", "uplicate"},
        Case{"two_controllers", R"({"metadata": {"ownerReferences": [
             {"apiVersion": "v1", "kind": "A", "name": "a", "uid": "1", "controller": true},
             {"apiVersion": "v1", "kind": "A", "name": "b", "uid": "2", "controller": true}]}})",
             "metadata.ownerReferences", "controller set to true; \"a\" has it too"},
        Case{"one_controller", R"({"metadata": {"ownerReferences": [
             {"apiVersion": "v1", "kind": "A", "name": "a", "uid": "1", "controller": true},
             {"apiVersion": "v1", "kind": "A", "name": "b", "uid": "2"}]}})",
             "", ""}),
    testing::name_of_case);

TEST(Metadata, AnnotationsHaveATotalSize) {
  Lease lease = make<Lease>();
  lease.metadata.name = "leader";
  lease.metadata.ns = "default";
  lease.metadata.annotations["a"] = std::string(limits::annotations_bytes - 1, 'x');
  EXPECT_TRUE(validate_object(lease).ok());
  lease.metadata.annotations["b"] = "";
  const Status status = validate_object(lease);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().causes[0].field, "metadata.annotations");
  EXPECT_EQ(status.error().causes[0].reason, "FieldValueTooLong");
  EXPECT_THAT(status.error().message,
              HasSubstr("Lease.coordination.k8s.io \"leader\" is invalid: metadata.annotations: Too long"));
}

template <class T>
Status named(std::string name) {
  T object = make<T>();
  object.metadata.name = std::move(name);
  if (object.kind->scope == Scope::namespaced) object.metadata.ns = "default";
  return validate_object(object);
}

TEST(Metadata, NamesOfBuiltInKinds) {
  EXPECT_TRUE(named<Namespace>("team-a").ok());
  EXPECT_FALSE(named<Namespace>("team.a").ok());
  EXPECT_FALSE(named<Namespace>("Team").ok());
  EXPECT_TRUE(named<Event>("web.17a9").ok());
}

TEST(Metadata, WarnsOfNamesThatOnlyEcsAllows) {
  const auto warnings = [](std::string_view plural, std::string name) {
    const auto object = find_kind(plural)->make();
    object->metadata.name = std::move(name);
    return name_warnings(*object);
  };
  EXPECT_TRUE(warnings("services", "web-1").empty());
  ASSERT_EQ(warnings("services", "Web_Front").size(), 1U);
  EXPECT_EQ(warnings("services", "Web_Front")[0].field, "metadata.name");
  EXPECT_THAT(warnings("services", "Web_Front")[0].message, HasSubstr("Flux"));
  ASSERT_EQ(warnings("services", std::string(64, 'a')).size(), 1U);
  EXPECT_THAT(warnings("services", std::string(64, 'a'))[0].message, HasSubstr("63"));
  // Nobody chooses the names of revisions; events and leases follow Kubernetes' rule anyway.
  EXPECT_TRUE(warnings("taskdefinitionrevisions", "web:1").empty());
  EXPECT_TRUE(warnings("events", "web.1").empty());
}

}  // namespace
}  // namespace muster
