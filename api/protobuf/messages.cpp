#include "api/protobuf/messages.h"

namespace muster::protobuf {
namespace {

constexpr Presence pointer = Presence::pointer;
constexpr Presence repeated = Presence::repeated;

// Parts that many kinds share.
constexpr Row owner_reference_rows[] = {
    {1, "kind", Form::text},
    {3, "name", Form::text},
    {4, "uid", Form::text},
    {5, "apiVersion", Form::text},
    {6, "controller", Form::boolean, pointer},
    {7, "blockOwnerDeletion", Form::boolean, pointer},
};
constexpr Message owner_reference{owner_reference_rows};

constexpr Row managed_fields_rows[] = {
    {1, "manager", Form::text},     {2, "operation", Form::text},  {3, "apiVersion", Form::text},
    {4, "time", Form::time},        {6, "fieldsType", Form::text}, {7, "fieldsV1", Form::json},
    {8, "subresource", Form::text},
};
constexpr Message managed_fields{managed_fields_rows};

constexpr Row metadata_rows[] = {
    {1, "name", Form::text},
    {2, "generateName", Form::text},
    {3, "namespace", Form::text},
    {5, "uid", Form::text},
    {6, "resourceVersion", Form::text},
    {7, "generation", Form::integer},
    {8, "creationTimestamp", Form::time},
    {9, "deletionTimestamp", Form::time},
    {10, "deletionGracePeriodSeconds", Form::integer, pointer},
    {11, "labels", Form::text_map},
    {12, "annotations", Form::text_map},
    {13, "ownerReferences", Form::message, repeated, &owner_reference},
    {14, "finalizers", Form::text, repeated},
    {17, "managedFields", Form::message, repeated, &managed_fields},
};
constexpr Message metadata{metadata_rows};

constexpr Row object_reference_rows[] = {
    {1, "kind", Form::text},      {2, "namespace", Form::text},  {3, "name", Form::text},
    {4, "uid", Form::text},       {5, "apiVersion", Form::text}, {6, "resourceVersion", Form::text},
    {7, "fieldPath", Form::text},
};
constexpr Message object_reference{object_reference_rows};

constexpr Row local_reference_rows[] = {{1, "name", Form::text}};
constexpr Message local_reference{local_reference_rows};

// The core group.
constexpr Row namespace_spec_rows[] = {{1, "finalizers", Form::text, repeated}};
constexpr Message namespace_spec{namespace_spec_rows};
constexpr Row namespace_condition_rows[] = {{1, "type", Form::text},
                                            {2, "status", Form::text},
                                            {4, "lastTransitionTime", Form::time},
                                            {5, "reason", Form::text},
                                            {6, "message", Form::text}};
constexpr Message namespace_condition{namespace_condition_rows};
constexpr Row namespace_status_rows[] = {{1, "phase", Form::text},
                                         {2, "conditions", Form::message, repeated, &namespace_condition}};
constexpr Message namespace_status{namespace_status_rows};
constexpr Row namespace_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "spec", Form::message, Presence::plain, &namespace_spec},
    {3, "status", Form::message, Presence::plain, &namespace_status},
};

constexpr Row secret_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "data", Form::bytes_map},
    {3, "type", Form::text},
    {4, "stringData", Form::text_map},
    {5, "immutable", Form::boolean, pointer},
};
constexpr Row config_map_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "data", Form::text_map},
    {3, "binaryData", Form::bytes_map},
    {4, "immutable", Form::boolean, pointer},
};
constexpr Row service_account_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "secrets", Form::message, repeated, &object_reference},
    {3, "imagePullSecrets", Form::message, repeated, &local_reference},
    {4, "automountServiceAccountToken", Form::boolean, pointer},
};

constexpr Row event_source_rows[] = {{1, "component", Form::text}, {2, "host", Form::text}};
constexpr Message event_source{event_source_rows};
constexpr Row event_series_rows[] = {{1, "count", Form::integer}, {2, "lastObservedTime", Form::time}};
constexpr Message event_series{event_series_rows};
constexpr Row event_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "involvedObject", Form::message, Presence::plain, &object_reference},
    {3, "reason", Form::text},
    {4, "message", Form::text},
    {5, "source", Form::message, Presence::plain, &event_source},
    {6, "firstTimestamp", Form::time},
    {7, "lastTimestamp", Form::time},
    {8, "count", Form::integer},
    {9, "type", Form::text},
    {10, "eventTime", Form::time},
    {11, "series", Form::message, pointer, &event_series},
    {12, "action", Form::text},
    {13, "related", Form::message, pointer, &object_reference},
    {14, "reportingComponent", Form::text},
    {15, "reportingInstance", Form::text},
};

constexpr Row preconditions_rows[] = {{1, "uid", Form::text, pointer}, {2, "resourceVersion", Form::text, pointer}};
constexpr Message preconditions{preconditions_rows};
constexpr Row delete_options_rows[] = {
    {1, "gracePeriodSeconds", Form::integer, pointer},
    {2, "preconditions", Form::message, pointer, &preconditions},
    {3, "orphanDependents", Form::boolean, pointer},
    {4, "propagationPolicy", Form::text, pointer},
    {5, "dryRun", Form::text, repeated},
};
constexpr Message delete_options{delete_options_rows};
constexpr Row eviction_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "deleteOptions", Form::message, pointer, &delete_options},
};

// coordination.k8s.io
constexpr Row lease_spec_rows[] = {
    {1, "holderIdentity", Form::text, pointer},
    {2, "leaseDurationSeconds", Form::integer, pointer},
    {3, "acquireTime", Form::time},
    {4, "renewTime", Form::time},
    {5, "leaseTransitions", Form::integer, pointer},
};
constexpr Message lease_spec{lease_spec_rows};
constexpr Row lease_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "spec", Form::message, Presence::plain, &lease_spec},
};

// rbac.authorization.k8s.io
constexpr Row policy_rule_rows[] = {
    {1, "verbs", Form::text, repeated},           {2, "apiGroups", Form::text, repeated},
    {3, "resources", Form::text, repeated},       {4, "resourceNames", Form::text, repeated},
    {5, "nonResourceURLs", Form::text, repeated},
};
constexpr Message policy_rule{policy_rule_rows};
constexpr Row role_ref_rows[] = {{1, "apiGroup", Form::text}, {2, "kind", Form::text}, {3, "name", Form::text}};
constexpr Message role_ref{role_ref_rows};
constexpr Row subject_rows[] = {
    {1, "kind", Form::text}, {2, "apiGroup", Form::text}, {3, "name", Form::text}, {4, "namespace", Form::text}};
constexpr Message subject{subject_rows};
constexpr Row match_expression_rows[] = {
    {1, "key", Form::text}, {2, "operator", Form::text}, {3, "values", Form::text, repeated}};
constexpr Message match_expression{match_expression_rows};
constexpr Row label_selector_rows[] = {{1, "matchLabels", Form::text_map},
                                       {2, "matchExpressions", Form::message, repeated, &match_expression}};
constexpr Message label_selector{label_selector_rows};
constexpr Row aggregation_rule_rows[] = {{1, "clusterRoleSelectors", Form::message, repeated, &label_selector}};
constexpr Message aggregation_rule{aggregation_rule_rows};
constexpr Row role_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "rules", Form::message, repeated, &policy_rule},
};
constexpr Row cluster_role_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "rules", Form::message, repeated, &policy_rule},
    {3, "aggregationRule", Form::message, pointer, &aggregation_rule},
};
constexpr Row binding_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "subjects", Form::message, repeated, &subject},
    {3, "roleRef", Form::message, Presence::plain, &role_ref},
};

// authorization.k8s.io
constexpr Row selector_rows[] = {{1, "rawSelector", Form::text},
                                 {2, "requirements", Form::message, repeated, &match_expression}};
constexpr Message selector{selector_rows};
constexpr Row resource_attributes_rows[] = {
    {1, "namespace", Form::text},
    {2, "verb", Form::text},
    {3, "group", Form::text},
    {4, "version", Form::text},
    {5, "resource", Form::text},
    {6, "subresource", Form::text},
    {7, "name", Form::text},
    {8, "fieldSelector", Form::message, pointer, &selector},
    {9, "labelSelector", Form::message, pointer, &selector},
};
constexpr Message resource_attributes{resource_attributes_rows};
constexpr Row path_attributes_rows[] = {{1, "path", Form::text}, {2, "verb", Form::text}};
constexpr Message path_attributes{path_attributes_rows};
constexpr Row self_access_spec_rows[] = {
    {1, "resourceAttributes", Form::message, pointer, &resource_attributes},
    {2, "nonResourceAttributes", Form::message, pointer, &path_attributes},
};
constexpr Message self_access_spec{self_access_spec_rows};
constexpr Row access_spec_rows[] = {
    {1, "resourceAttributes", Form::message, pointer, &resource_attributes},
    {2, "nonResourceAttributes", Form::message, pointer, &path_attributes},
    {3, "user", Form::text},
    {4, "groups", Form::text, repeated},
    {5, "extra", Form::texts_map},
    {6, "uid", Form::text},
};
constexpr Message access_spec{access_spec_rows};
constexpr Row rules_spec_rows[] = {{1, "namespace", Form::text}};
constexpr Message rules_spec{rules_spec_rows};
// Reviews: what they answer is the server's, so their status is not read.
constexpr Row self_access_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "spec", Form::message, pointer, &self_access_spec},
};
constexpr Row access_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "spec", Form::message, pointer, &access_spec},
};
constexpr Row self_rules_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "spec", Form::message, pointer, &rules_spec},
};

// authentication.k8s.io
constexpr Row self_review_rows[] = {{1, "metadata", Form::message, Presence::plain, &metadata}};
constexpr Row token_review_spec_rows[] = {{1, "token", Form::text}, {2, "audiences", Form::text, repeated}};
constexpr Message token_review_spec{token_review_spec_rows};
constexpr Row token_review_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "spec", Form::message, pointer, &token_review_spec},
};
constexpr Row bound_object_rows[] = {
    {1, "kind", Form::text}, {2, "apiVersion", Form::text}, {3, "name", Form::text}, {4, "uid", Form::text}};
constexpr Message bound_object{bound_object_rows};
constexpr Row token_request_spec_rows[] = {
    {1, "audiences", Form::text, repeated},
    {3, "boundObjectRef", Form::message, pointer, &bound_object},
    {4, "expirationSeconds", Form::integer, pointer},
};
constexpr Message token_request_spec{token_request_spec_rows};
constexpr Row token_request_rows[] = {
    {1, "metadata", Form::message, Presence::plain, &metadata},
    {2, "spec", Form::message, pointer, &token_request_spec},
};

struct Root {
  std::string_view api_version;  // empty: of any
  std::string_view kind;
  Message message;
};

constexpr std::string_view rbac = "rbac.authorization.k8s.io/v1";
constexpr std::string_view authorization = "authorization.k8s.io/v1";

constexpr Root roots[] = {
    {"v1", "Namespace", {namespace_rows}},
    {"v1", "Secret", {secret_rows}},
    {"v1", "ConfigMap", {config_map_rows}},
    {"v1", "ServiceAccount", {service_account_rows}},
    {"v1", "Event", {event_rows}},
    {"coordination.k8s.io/v1", "Lease", {lease_rows}},
    {rbac, "Role", {role_rows}},
    {rbac, "ClusterRole", {cluster_role_rows}},
    {rbac, "RoleBinding", {binding_rows}},
    {rbac, "ClusterRoleBinding", {binding_rows}},
    {authorization, "SelfSubjectAccessReview", {self_access_rows}},
    {authorization, "SubjectAccessReview", {access_rows}},
    {authorization, "LocalSubjectAccessReview", {access_rows}},
    {authorization, "SelfSubjectRulesReview", {self_rules_rows}},
    {"authentication.k8s.io/v1", "SelfSubjectReview", {self_review_rows}},
    {"authentication.k8s.io/v1beta1", "SelfSubjectReview", {self_review_rows}},
    {"authentication.k8s.io/v1alpha1", "SelfSubjectReview", {self_review_rows}},
    {"authentication.k8s.io/v1", "TokenReview", {token_review_rows}},
    {"authentication.k8s.io/v1", "TokenRequest", {token_request_rows}},
    {"policy/v1", "Eviction", {eviction_rows}},
    {"policy/v1beta1", "Eviction", {eviction_rows}},
    {{}, "DeleteOptions", {delete_options_rows}},  // clients name the version of what they delete
};

}  // namespace

const Message* find_message(std::string_view api_version, std::string_view kind) {
  for (const Root& root : roots) {
    if (root.kind == kind && (root.api_version.empty() || root.api_version == api_version)) return &root.message;
  }
  return nullptr;
}

}  // namespace muster::protobuf
