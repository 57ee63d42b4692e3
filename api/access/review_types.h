// The review kinds as structs. For this folder only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/types/meta.h"

namespace muster::access {

using Texts = std::vector<std::string>;
using Extra = std::map<std::string, Texts, std::less<>>;

struct SelectorRequirement {
  std::string key, op;
  Texts values;
  bool operator==(const SelectorRequirement&) const = default;
};
struct SelectorAttributes {
  std::string raw_selector;
  std::vector<SelectorRequirement> requirements;
  bool operator==(const SelectorAttributes&) const = default;
};
struct ResourceAttributes {
  std::string ns, verb, group, version, resource, subresource, name;
  std::optional<SelectorAttributes> field_selector, label_selector;
  bool operator==(const ResourceAttributes&) const = default;
};
struct NonResourceAttributes {
  std::string path, verb;
  bool operator==(const NonResourceAttributes&) const = default;
};
struct AccessReviewStatus {
  bool allowed = false, denied = false;
  std::string reason, evaluation_error;
  bool operator==(const AccessReviewStatus&) const = default;
};

struct SelfAccessSpec {
  std::optional<ResourceAttributes> resource_attributes;
  std::optional<NonResourceAttributes> non_resource_attributes;
  bool operator==(const SelfAccessSpec&) const = default;
};
struct SelfSubjectAccessReview : Object {
  using base_of_kind = Object;
  SelfAccessSpec spec;
  AccessReviewStatus status;
};

struct AccessSpec {
  std::optional<ResourceAttributes> resource_attributes;
  std::optional<NonResourceAttributes> non_resource_attributes;
  std::string user;
  Texts groups;
  Extra extra;
  std::string uid;
  bool operator==(const AccessSpec&) const = default;
};
struct SubjectAccessReview : Object {
  using base_of_kind = Object;
  AccessSpec spec;
  AccessReviewStatus status;
};
struct LocalSubjectAccessReview : Object {
  using base_of_kind = Object;
  AccessSpec spec;
  AccessReviewStatus status;
};

struct ResourceRule {
  Texts verbs, api_groups, resources, resource_names;
  bool operator==(const ResourceRule&) const = default;
};
struct NonResourceRule {
  Texts verbs, non_resource_urls;
  bool operator==(const NonResourceRule&) const = default;
};
struct RulesSpec {
  std::string ns;
  bool operator==(const RulesSpec&) const = default;
};
struct RulesStatus {
  std::vector<ResourceRule> resource_rules;
  std::vector<NonResourceRule> non_resource_rules;
  bool incomplete = false;
  std::string evaluation_error;
  bool operator==(const RulesStatus&) const = default;
};
struct SelfSubjectRulesReview : Object {
  using base_of_kind = Object;
  RulesSpec spec;
  RulesStatus status;
};

struct UserInfo {
  std::string username, uid;
  Texts groups;
  Extra extra;
  bool operator==(const UserInfo&) const = default;
};
struct SelfReviewStatus {
  UserInfo user_info;
  bool operator==(const SelfReviewStatus&) const = default;
};
struct SelfSubjectReview : Object {
  using base_of_kind = Object;
  SelfReviewStatus status;
};

struct TokenSpec {
  std::string token;
  Texts audiences;
  bool operator==(const TokenSpec&) const = default;
};
struct TokenStatus {
  bool authenticated = false;
  UserInfo user;
  Texts audiences;
  std::string error;
  bool operator==(const TokenStatus&) const = default;
};
struct TokenReview : Object {
  using base_of_kind = Object;
  TokenSpec spec;
  TokenStatus status;
};

}  // namespace muster::access
