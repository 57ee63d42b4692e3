#include "api/types/rbac.h"

#include "api/types/describe_kind.h"

namespace muster {

template <>
Type Describe<PolicyRule>::type() {
  return object<PolicyRule>(
      "PolicyRule", "What a role allows: verbs on resources, or verbs on paths that are no resources.",
      field<&PolicyRule::verbs>("verbs",
                                "What may be done: get, list, watch, create, update, patch, delete ..., or `*`.")
          .required()
          .atomic(),
      field<&PolicyRule::api_groups>("apiGroups",
                                     "The groups of the resources: \"\" for the core group, muster.dev, or `*`.")
          .atomic(),
      field<&PolicyRule::resources>("resources",
                                    "The resources, as `tasks`, `services/scale` for a subresource, `*/scale` for that "
                                    "subresource of all, or `*` for everything.")
          .atomic(),
      field<&PolicyRule::resource_names>("resourceNames",
                                         "Only objects of these names; empty: of any. Names cannot hold back list, "
                                         "watch, create and deletecollection unless the request selects one name.")
          .atomic(),
      field<&PolicyRule::non_resource_urls>("nonResourceURLs",
                                            "Paths such as `/metrics`; a `*` at the end stands for anything. Only in "
                                            "cluster roles that are bound cluster-wide.")
          .atomic());
}

template <>
Type Describe<RoleRef>::type() {
  return object<RoleRef>("RoleRef", "Points to a role.",
                         field<&RoleRef::api_group>("apiGroup", "Always rbac.authorization.k8s.io."),
                         field<&RoleRef::kind>("kind", "Role or ClusterRole.").required(),
                         field<&RoleRef::name>("name", "Its name.").required());
}

template <>
Type Describe<Subject>::type() {
  return object<Subject>(
      "Subject", "A user, a group of users, or a program's account.",
      field<&Subject::kind>("kind", "User, Group or ServiceAccount.").required(),
      field<&Subject::api_group>("apiGroup",
                                 "rbac.authorization.k8s.io for users and groups, empty for service accounts."),
      field<&Subject::name>("name", "The name of the user, group or account.").required(),
      field<&Subject::ns>("namespace", "The namespace of the service account; empty for users and groups."));
}

template <>
Type Describe<Role>::type() {
  return kind_object<Role>("Role", "What may be done in one namespace; a RoleBinding gives it to somebody.",
                           field<&Role::metadata>("metadata", "Name, labels and bookkeeping."),
                           field<&Role::rules>("rules", "What is allowed; everything else is not.").atomic());
}

template <>
Type Describe<RoleExpression>::type() {
  return object<RoleExpression>(
      "RoleExpression", "A condition on a label.", field<&RoleExpression::key>("key", "The label.").required(),
      field<&RoleExpression::op>("operator", "In, NotIn, Exists or DoesNotExist.").required(),
      field<&RoleExpression::values>("values", "What In and NotIn compare the label with.").atomic());
}

template <>
Type Describe<RoleSelector>::type() {
  return object<RoleSelector>(
      "RoleSelector", "Selects roles by their labels; all conditions must hold.",
      field<&RoleSelector::match_labels>("matchLabels", "Labels that the role must have."),
      field<&RoleSelector::match_expressions>("matchExpressions", "Conditions on its labels.").atomic());
}

template <>
Type Describe<AggregationRule>::type() {
  return object<AggregationRule>(
      "AggregationRule", "Makes a ClusterRole of others.",
      field<&AggregationRule::cluster_role_selectors>(
          "clusterRoleSelectors", "The role has the rules of every ClusterRole that one of these selects.")
          .atomic());
}

template <>
Type Describe<ClusterRole>::type() {
  return kind_object<ClusterRole>(
      "ClusterRole",
      "What may be done: everywhere when a ClusterRoleBinding gives it to somebody, in one namespace when a "
      "RoleBinding "
      "does.",
      field<&ClusterRole::metadata>("metadata", "Name, labels and bookkeeping."),
      field<&ClusterRole::rules>("rules",
                                 "What is allowed; everything else is not. With an aggregationRule it is gathered "
                                 "from other roles, and what is written here is replaced.")
          .atomic(),
      field<&ClusterRole::aggregation_rule>("aggregationRule", "Of which other ClusterRoles this one is made."));
}

template <>
Type Describe<RoleBinding>::type() {
  return kind_object<RoleBinding>(
      "RoleBinding", "Gives a Role or a ClusterRole to somebody, in this namespace only.",
      field<&RoleBinding::metadata>("metadata", "Name, labels and bookkeeping."),
      field<&RoleBinding::subjects>("subjects", "Who gets the role.").atomic(),
      field<&RoleBinding::role_ref>("roleRef", "The role: a Role of this namespace, or a ClusterRole.")
          .required()
          .immutable()
          .atomic());
}

template <>
Type Describe<ClusterRoleBinding>::type() {
  return kind_object<ClusterRoleBinding>(
      "ClusterRoleBinding", "Gives a ClusterRole to somebody, everywhere.",
      field<&ClusterRoleBinding::metadata>("metadata", "Name, labels and bookkeeping."),
      field<&ClusterRoleBinding::subjects>("subjects", "Who gets the role.").atomic(),
      field<&ClusterRoleBinding::role_ref>("roleRef", "The ClusterRole.").required().immutable().atomic());
}

}  // namespace muster
