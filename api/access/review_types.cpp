#include "api/access/review_types.h"

#include "api/types/describe_kind.h"

namespace muster {

using namespace access;

template <>
Type Describe<SelectorRequirement>::type() {
  using T = SelectorRequirement;
  return object<T>("SelectorRequirement", "One condition of a selector.", field<&T::key>("key", "The label or field."),
                   field<&T::op>("operator", "In, NotIn, Exists or DoesNotExist."),
                   field<&T::values>("values", "The values of In and NotIn.").atomic());
}

template <>
Type Describe<SelectorAttributes>::type() {
  using T = SelectorAttributes;
  return object<T>("SelectorAttributes",
                   "The selector of the request. Roles do not look at selectors, so it limits nothing here.",
                   field<&T::raw_selector>("rawSelector", "The selector as text."),
                   field<&T::requirements>("requirements", "The selector in parts.").atomic());
}

template <>
Type Describe<ResourceAttributes>::type() {
  using T = ResourceAttributes;
  return object<T>("ResourceAttributes", "A request for a resource.",
                   field<&T::ns>("namespace", "The namespace; empty: all of them, or a kind that is cluster-wide."),
                   field<&T::verb>("verb", "get, list, watch, create, update, patch, delete ..."),
                   field<&T::group>("group", "The API group; empty for the core group."),
                   field<&T::version>("version", "The version; roles do not look at it."),
                   field<&T::resource>("resource", "The resource, in the plural."),
                   field<&T::subresource>("subresource", "The subresource; empty: the object."),
                   field<&T::name>("name", "The name of the object; empty: all of them."),
                   field<&T::field_selector>("fieldSelector", "The field selector of the request."),
                   field<&T::label_selector>("labelSelector", "The label selector of the request."));
}

template <>
Type Describe<NonResourceAttributes>::type() {
  using T = NonResourceAttributes;
  return object<T>("NonResourceAttributes", "A request for a path that is no resource.",
                   field<&T::path>("path", "The path."), field<&T::verb>("verb", "The method of HTTP, in lower case."));
}

template <>
Type Describe<AccessReviewStatus>::type() {
  using T = AccessReviewStatus;
  return object<T>("SubjectAccessReviewStatus", "The answer.",
                   field<&T::allowed>("allowed", "Whether the request is allowed.").keep_zero(),
                   field<&T::denied>("denied", "Whether something forbids it; here roles only allow."),
                   field<&T::reason>("reason", "Why."),
                   field<&T::evaluation_error>("evaluationError", "What went wrong while it was answered."));
}

template <>
Type Describe<SelfAccessSpec>::type() {
  using T = SelfAccessSpec;
  return object<T>("SelfSubjectAccessReviewSpec", "The request that is asked about: one of the two.",
                   field<&T::resource_attributes>("resourceAttributes", "A request for a resource."),
                   field<&T::non_resource_attributes>("nonResourceAttributes", "A request for a path."));
}

template <>
Type Describe<AccessSpec>::type() {
  using T = AccessSpec;
  return object<T>("SubjectAccessReviewSpec", "The request that is asked about, and who makes it.",
                   field<&T::resource_attributes>("resourceAttributes", "A request for a resource."),
                   field<&T::non_resource_attributes>("nonResourceAttributes", "A request for a path."),
                   field<&T::user>("user", "The user."), field<&T::groups>("groups", "The user's groups.").atomic(),
                   field<&T::extra>("extra", "What else is known of the user."),
                   field<&T::uid>("uid", "The user's uid."));
}

namespace {

template <class T>
Type access_review(std::string_view name, std::string_view doc) {
  return kind_object<T>(name, doc, field<&T::metadata>("metadata", "Not used."),
                        field<&T::spec>("spec", "The question.").required(),
                        field<&T::status>("status", "The answer.").written_by(Writer::server));
}

}  // namespace

template <>
Type Describe<SelfSubjectAccessReview>::type() {
  return access_review<SelfSubjectAccessReview>("SelfSubjectAccessReview", "Asks whether one may do something.");
}

template <>
Type Describe<SubjectAccessReview>::type() {
  return access_review<SubjectAccessReview>("SubjectAccessReview", "Asks whether somebody may do something.");
}

template <>
Type Describe<LocalSubjectAccessReview>::type() {
  return access_review<LocalSubjectAccessReview>("LocalSubjectAccessReview",
                                                 "Asks whether somebody may do something in this namespace.");
}

template <>
Type Describe<ResourceRule>::type() {
  using T = ResourceRule;
  return object<T>("ResourceRule", "Verbs on resources.", field<&T::verbs>("verbs", "What may be done.").keep_zero(),
                   field<&T::api_groups>("apiGroups", "The groups of the resources."),
                   field<&T::resources>("resources", "The resources."),
                   field<&T::resource_names>("resourceNames", "Only objects of these names; empty: of any."));
}

template <>
Type Describe<NonResourceRule>::type() {
  using T = NonResourceRule;
  return object<T>("NonResourceRule", "Verbs on paths.", field<&T::verbs>("verbs", "What may be done.").keep_zero(),
                   field<&T::non_resource_urls>("nonResourceURLs", "The paths."));
}

template <>
Type Describe<RulesSpec>::type() {
  return object<RulesSpec>("SelfSubjectRulesReviewSpec", "Where.",
                           field<&RulesSpec::ns>("namespace", "The namespace.").required());
}

template <>
Type Describe<RulesStatus>::type() {
  using T = RulesStatus;
  return object<T>("SubjectRulesReviewStatus", "The answer.",
                   field<&T::resource_rules>("resourceRules", "What may be done with resources.").keep_zero(),
                   field<&T::non_resource_rules>("nonResourceRules", "What may be done with paths.").keep_zero(),
                   field<&T::incomplete>("incomplete", "Whether there is more that could not be said.").keep_zero(),
                   field<&T::evaluation_error>("evaluationError", "What went wrong while it was answered."));
}

template <>
Type Describe<SelfSubjectRulesReview>::type() {
  return access_review<SelfSubjectRulesReview>("SelfSubjectRulesReview",
                                               "Asks for all that one may do in a namespace.");
}

template <>
Type Describe<UserInfo>::type() {
  using T = UserInfo;
  return object<T>("UserInfo", "Who somebody is.", field<&T::username>("username", "The name."),
                   field<&T::uid>("uid", "The uid, when there is one."), field<&T::groups>("groups", "The groups."),
                   field<&T::extra>("extra", "What else is known."));
}

template <>
Type Describe<SelfReviewStatus>::type() {
  return object<SelfReviewStatus>("SelfSubjectReviewStatus", "The answer.",
                                  field<&SelfReviewStatus::user_info>("userInfo", "Who one is.").keep_zero());
}

template <>
Type Describe<SelfSubjectReview>::type() {
  using T = SelfSubjectReview;
  return kind_object<T>("SelfSubjectReview", "Asks who one is.", field<&T::metadata>("metadata", "Not used."),
                        field<&T::status>("status", "The answer.").written_by(Writer::server));
}

template <>
Type Describe<TokenSpec>::type() {
  using T = TokenSpec;
  return object<T>("TokenReviewSpec", "The token.",
                   field<&T::token>("token", "The bearer token.").required().sensitive(),
                   field<&T::audiences>("audiences", "Whom the token must be meant for; empty: this server."));
}

template <>
Type Describe<TokenStatus>::type() {
  using T = TokenStatus;
  return object<T>("TokenReviewStatus", "The answer.",
                   field<&T::authenticated>("authenticated", "Whether the token is good.").keep_zero(),
                   field<&T::user>("user", "Whose it is."),
                   field<&T::audiences>("audiences", "Those of the audiences that it is meant for."),
                   field<&T::error>("error", "Why it could not be checked."));
}

template <>
Type Describe<TokenReview>::type() {
  return access_review<TokenReview>("TokenReview", "Asks whose a token is.");
}

}  // namespace muster
