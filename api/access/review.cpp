#include "api/access/review.h"

#include "api/access/authorizer.h"
#include "api/access/review_types.h"
#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/schema/encode.h"
#include "api/types/findings.h"

namespace muster::access {
namespace {

// The request as its struct; apiVersion and kind, when they are given, must be the review's.
template <class T>
Result<T> read(const Review& review, const Node& request, const DecodeOptions& options,
               std::vector<Warning>* warnings) {
  for (const auto& [field, right] : {std::pair<std::string_view, std::string>("apiVersion", review.api_version()),
                                     std::pair<std::string_view, std::string>("kind", review.kind)}) {
    const std::string_view given = request.text_of(field);
    if (!given.empty() && given != right) {
      return Error{
          Code::malformed, str("the ", field, " in the data (", given, ") is not the expected one (", right, ')'), {}};
    }
  }
  T value;
  TRY_VOID(decode(request, *review.type(), &value, options, warnings));
  value.status = {};
  return value;
}

template <class T>
std::string written(const Review& review, const T& value) {
  std::string body;
  encode(*review.type(), &value, body);
  std::string out = str(R"({"kind":")", review.kind, R"(","apiVersion":")", review.api_version(), '"');
  if (body.size() > 2) out += ',';
  return out.append(body, 1);
}

Status checked(const Review& review, std::vector<Cause> causes) {
  if (causes.empty()) return {};
  const std::string message =
      str(review.kind, '.', review.group, " \"\" is invalid: ", causes.front().field, ": ", causes.front().message);
  return Error{Code::invalid, message, std::move(causes)};
}

template <class Spec>
void check_exactly_one(const Spec& spec, const Findings& findings) {
  if (spec.resource_attributes.has_value() != spec.non_resource_attributes.has_value()) return;
  findings.invalid("spec.resourceAttributes", spec.resource_attributes ? "both" : "none",
                   "exactly one of nonResourceAttributes or resourceAttributes must be specified");
}

template <class Spec>
AccessReviewStatus judged(const Spec& spec, const User& user, const ReviewContext& context) {
  Attributes attributes;
  attributes.user = &user;
  if (spec.resource_attributes) {
    const ResourceAttributes& asked = *spec.resource_attributes;
    attributes.verb = asked.verb;
    attributes.group = asked.group;
    attributes.resource = asked.resource;
    attributes.subresource = asked.subresource;
    attributes.ns = asked.ns;
    attributes.name = asked.name;
  } else {
    attributes.verb = spec.non_resource_attributes->verb;
    // No path is not the question for a resource without a name.
    attributes.path = spec.non_resource_attributes->path;
    if (attributes.path.empty()) attributes.path = "/";
  }
  Decision decision = decide(context.state, context.policy, attributes);
  AccessReviewStatus status;
  status.allowed = decision.allowed;
  status.reason = std::move(decision.reason);
  return status;
}

User user_of(const AccessSpec& spec) {
  return User{spec.user, spec.uid, spec.groups, spec.extra};
}

UserInfo info_of(const User& user) {
  return UserInfo{user.name, user.uid, user.groups, user.extra};
}

void check_subject(const AccessSpec& spec, const Findings& findings) {
  check_exactly_one(spec, findings);
  if (spec.user.empty() && spec.groups.empty()) {
    findings.invalid("spec.user", spec.user, "at least one of user or group must be specified");
  }
}

using Warnings = std::vector<Warning>;

Result<std::string> self_access(const Review& review, const Node& request, const ReviewContext& context,
                                const DecodeOptions& options, Warnings* warnings) {
  TRY(auto value, read<SelfSubjectAccessReview>(review, request, options, warnings));
  std::vector<Cause> causes;
  check_exactly_one(value.spec, Findings(causes));
  TRY_VOID(checked(review, std::move(causes)));
  value.status = judged(value.spec, context.user, context);
  return written(review, value);
}

Result<std::string> access(const Review& review, const Node& request, const ReviewContext& context,
                           const DecodeOptions& options, Warnings* warnings) {
  TRY(auto value, read<SubjectAccessReview>(review, request, options, warnings));
  std::vector<Cause> causes;
  check_subject(value.spec, Findings(causes));
  TRY_VOID(checked(review, std::move(causes)));
  value.status = judged(value.spec, user_of(value.spec), context);
  return written(review, value);
}

Result<std::string> local_access(const Review& review, const Node& request, const ReviewContext& context,
                                 const DecodeOptions& options, Warnings* warnings) {
  TRY(auto value, read<LocalSubjectAccessReview>(review, request, options, warnings));
  if (!value.metadata.ns.empty() && value.metadata.ns != context.ns) {
    return Error{
        Code::malformed, "the namespace of the provided object does not match the namespace sent on the request", {}};
  }
  value.metadata.ns = context.ns;
  std::vector<Cause> causes;
  const Findings findings(causes);
  check_subject(value.spec, findings);
  if (value.spec.non_resource_attributes) {
    findings.invalid("spec.nonResourceAttributes", value.spec.non_resource_attributes->path,
                     "disallowed on this kind of request");
  } else if (value.spec.resource_attributes) {
    std::string& ns = value.spec.resource_attributes->ns;
    if (ns.empty()) ns = context.ns;
    if (ns != context.ns) findings.invalid("spec.resourceAttributes.namespace", ns, "must match metadata.namespace");
  }
  TRY_VOID(checked(review, std::move(causes)));
  value.status = judged(value.spec, user_of(value.spec), context);
  return written(review, value);
}

Result<std::string> self_rules(const Review& review, const Node& request, const ReviewContext& context,
                               const DecodeOptions& options, Warnings* warnings) {
  TRY(auto value, read<SelfSubjectRulesReview>(review, request, options, warnings));
  RulesOf rules = context.policy.rules_of(context.user, value.spec.ns);
  for (PolicyRule& rule : rules.resource_rules) {
    value.status.resource_rules.push_back(ResourceRule{std::move(rule.verbs), std::move(rule.api_groups),
                                                       std::move(rule.resources), std::move(rule.resource_names)});
  }
  for (PolicyRule& rule : rules.non_resource_rules) {
    value.status.non_resource_rules.push_back(
        NonResourceRule{std::move(rule.verbs), std::move(rule.non_resource_urls)});
  }
  return written(review, value);
}

Result<std::string> self(const Review& review, const Node& request, const ReviewContext& context,
                         const DecodeOptions& options, Warnings* warnings) {
  TRY(auto value, read<SelfSubjectReview>(review, request, options, warnings));
  value.status.user_info = info_of(context.user);
  return written(review, value);
}

Result<std::string> token(const Review& review, const Node& request, const ReviewContext& context,
                          const DecodeOptions& options, Warnings* warnings) {
  TRY(auto value, read<TokenReview>(review, request, options, warnings));
  if (!context.authenticate) return written(review, value);
  auto proven = context.authenticate(value.spec.token, value.spec.audiences);
  if (proven.ok()) {
    value.status.authenticated = true;
    value.status.user = info_of(proven->user);
    value.status.audiences = std::move(proven->audiences);
  } else {
    value.status.error = proven.error().message;
  }
  return written(review, value);
}

constexpr std::string_view authorization = "authorization.k8s.io";
constexpr std::string_view authentication = "authentication.k8s.io";

constexpr Review self_review(std::string_view version) {
  return {authentication,      version,        "SelfSubjectReview",         "selfsubjectreviews",
          "selfsubjectreview", Scope::cluster, &type_of<SelfSubjectReview>, &self};
}

constexpr Review reviews[] = {
    {authorization, "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", "selfsubjectaccessreview",
     Scope::cluster, &type_of<SelfSubjectAccessReview>, &self_access},
    {authorization, "v1", "SubjectAccessReview", "subjectaccessreviews", "subjectaccessreview", Scope::cluster,
     &type_of<SubjectAccessReview>, &access},
    {authorization, "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", "localsubjectaccessreview",
     Scope::namespaced, &type_of<LocalSubjectAccessReview>, &local_access},
    {authorization, "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", "selfsubjectrulesreview", Scope::cluster,
     &type_of<SelfSubjectRulesReview>, &self_rules},
    self_review("v1"),
    self_review("v1beta1"),
    self_review("v1alpha1"),
    {authentication, "v1", "TokenReview", "tokenreviews", "tokenreview", Scope::cluster, &type_of<TokenReview>, &token},
};

}  // namespace

std::string Review::api_version() const {
  return str(group, '/', version);
}

std::span<const Review> all_reviews() {
  return reviews;
}

const Review* find_review(std::string_view group, std::string_view version, std::string_view plural) {
  for (const Review& review : reviews) {
    if (review.group == group && review.version == version && review.plural == plural) return &review;
  }
  return nullptr;
}

}  // namespace muster::access
