// The rules over several fields and the defaults of Kubernetes' own kinds, as Kubernetes has them. No finding shows a
// value of a Secret.
#include "api/base/base64.h"
#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/checks.h"
#include "api/types/kinds.h"
#include "api/types/names.h"

namespace muster {
namespace {

constexpr std::string_view concealed = "<concealed>";

// Checks the base64 of the values and answers how many bytes they have.
std::size_t check_base64(const Labels& values, std::string_view field, const Findings& findings) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : values) {
    if (!decode_base64(value)) findings.invalid(str(field, '[', key, ']'), concealed, "must be base64");
    bytes += decoded_base64_size(value);
  }
  return bytes;
}

// One spelling of the same bytes, so that writing them again changes nothing.
void normalise_base64(Labels& values) {
  for (auto& [key, value] : values) {
    if (const auto bytes = decode_base64(value)) value = encode_base64(*bytes);
  }
}

bool has(const Secret& secret, std::string_view key) {
  return secret.data.find(key) != secret.data.end();
}

void check_json(const Secret& secret, std::string_view key, const Findings& findings) {
  const std::string path = str("data[", key, ']');
  const auto found = secret.data.find(key);
  if (found == secret.data.end()) return findings.required(path, "");
  const auto bytes = decode_base64(found->second);
  if (bytes && !parse_json(*bytes).ok()) findings.invalid(path, concealed, "must be JSON");
}

void check_secret_type(const Secret& secret, const Findings& findings) {
  constexpr std::string_view account = "kubernetes.io/service-account.name";
  const std::string& type = secret.type;
  if (type == "kubernetes.io/service-account-token") {
    const auto found = secret.metadata.annotations.find(account);
    if (found == secret.metadata.annotations.end() || found->second.empty()) {
      findings.required(str("metadata.annotations[", account, ']'), "");
    }
  } else if (type == "kubernetes.io/dockercfg") {
    check_json(secret, ".dockercfg", findings);
  } else if (type == "kubernetes.io/dockerconfigjson") {
    check_json(secret, ".dockerconfigjson", findings);
  } else if (type == "kubernetes.io/basic-auth") {
    if (!has(secret, "username") && !has(secret, "password")) {
      findings.required("data[username]", "");
      findings.required("data[password]", "");
    }
  } else if (type == "kubernetes.io/ssh-auth") {
    if (!has(secret, "ssh-privatekey")) findings.required("data[ssh-privatekey]", "");
  } else if (type == "kubernetes.io/tls") {
    for (const std::string_view key : {"tls.crt", "tls.key"}) {
      if (!has(secret, key)) findings.required(str("data[", key, ']'), "");
    }
  }
}

void check_rules(const std::vector<PolicyRule>& rules, Scope scope, const Findings& findings) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const PolicyRule& rule = rules[i];
    const Findings at = findings.under("rules", i);
    if (!rule.non_resource_urls.empty()) {
      if (scope == Scope::namespaced) {
        at.invalid("nonResourceURLs", join(rule.non_resource_urls, ","),
                   "namespaced rules cannot apply to non-resource URLs");
      }
      if (!rule.api_groups.empty() || !rule.resources.empty() || !rule.resource_names.empty()) {
        at.invalid("nonResourceURLs", join(rule.non_resource_urls, ","),
                   "rules cannot apply to both regular resources and non-resource URLs");
      }
      continue;
    }
    if (rule.api_groups.empty()) at.required("apiGroups", "resource rules must supply at least one api group");
    if (rule.resources.empty()) at.required("resources", "resource rules must supply at least one resource");
  }
}

void check_subject(const Subject& subject, const Findings& at) {
  const bool account = subject.kind == "ServiceAccount";
  if (!account && subject.kind != "User" && subject.kind != "Group") {
    if (!subject.kind.empty()) at.not_supported("kind", subject.kind, "ServiceAccount, User, Group");
    return;
  }
  const std::string_view group = account ? std::string_view() : rbac_group;
  if (subject.api_group != group) at.not_supported("apiGroup", subject.api_group, account ? "\"\"" : rbac_group);
  if (!account) return;
  if (!subject.name.empty() && !is_dns_subdomain(subject.name)) {
    at.invalid("name", subject.name, "must be the name of a service account: a lowercase RFC 1123 subdomain");
  }
  if (subject.ns.empty()) {
    at.required("namespace", "the namespace of the service account");
  } else if (!is_dns_label(subject.ns)) {
    at.invalid("namespace", subject.ns, "must be the name of a namespace: a lowercase RFC 1123 label");
  }
}

// A selector that says nothing would select everything.
void check_aggregation(const AggregationRule& rule, const Findings& findings) {
  if (rule.cluster_role_selectors.empty()) {
    findings.required("aggregationRule.clusterRoleSelectors",
                      "at least one clusterRoleSelector required if aggregationRule is non-nil");
  }
  for (std::size_t i = 0; i < rule.cluster_role_selectors.size(); ++i) {
    const auto& expressions = rule.cluster_role_selectors[i].match_expressions;
    for (std::size_t j = 0; j < expressions.size(); ++j) {
      const RoleExpression& each = expressions[j];
      const std::string at = str("aggregationRule.clusterRoleSelectors[", i, "].matchExpressions[", j, ']');
      const bool compares = each.op == "In" || each.op == "NotIn";
      if (!compares && each.op != "Exists" && each.op != "DoesNotExist") {
        findings.not_supported(at + ".operator", each.op, "In, NotIn, Exists, DoesNotExist");
      } else if (compares == each.values.empty()) {
        findings.invalid(at + ".values", "",
                         compares ? "must be specified when `operator` is 'In' or 'NotIn'"
                                  : "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
    }
  }
}

void check_binding(const std::vector<Subject>& subjects, const RoleRef& role, Scope scope, const Findings& findings) {
  for (std::size_t i = 0; i < subjects.size(); ++i) check_subject(subjects[i], findings.under("subjects", i));
  const Findings at = findings.under("roleRef");
  if (role.api_group != rbac_group) at.not_supported("apiGroup", role.api_group, rbac_group);
  const bool known = role.kind == "ClusterRole" || (role.kind == "Role" && scope == Scope::namespaced);
  if (!role.kind.empty() && !known) {
    at.not_supported("kind", role.kind, scope == Scope::namespaced ? "Role, ClusterRole" : "ClusterRole");
  }
  if (!role.name.empty() && !is_path_segment(role.name)) {
    at.invalid("name", role.name, "must be the name of a role: not '.' or '..', without '/' and '%'");
  }
}

void fill_binding(std::vector<Subject>& subjects, RoleRef& role) {
  if (role.api_group.empty()) role.api_group = rbac_group;
  for (Subject& subject : subjects) {
    if (subject.api_group.empty() && (subject.kind == "User" || subject.kind == "Group")) {
      subject.api_group = rbac_group;
    }
  }
}

}  // namespace

void check(const Secret& object, const Findings& findings) {
  if (check_base64(object.data, "data", findings) > limits::configuration_bytes) {
    findings.too_long("data", limits::configuration_bytes);
  }
  check_secret_type(object, findings);
}

void check(const ConfigMap& object, const Findings& findings) {
  std::size_t bytes = check_base64(object.binary_data, "binaryData", findings);
  for (const auto& [key, value] : object.data) {
    bytes += value.size();
    if (object.binary_data.find(key) != object.binary_data.end()) {
      findings.invalid(str("data[", key, ']'), key, "duplicate of key present in binaryData");
    }
  }
  if (bytes > limits::configuration_bytes) findings.too_long("", limits::configuration_bytes);
}

void check(const Role& object, const Findings& findings) {
  check_rules(object.rules, Scope::namespaced, findings);
}

void check(const ClusterRole& object, const Findings& findings) {
  check_rules(object.rules, Scope::cluster, findings);
  if (object.aggregation_rule) check_aggregation(*object.aggregation_rule, findings);
}

void check(const RoleBinding& object, const Findings& findings) {
  check_binding(object.subjects, object.role_ref, Scope::namespaced, findings);
}

void check(const ClusterRoleBinding& object, const Findings& findings) {
  check_binding(object.subjects, object.role_ref, Scope::cluster, findings);
}

void apply_defaults(Secret& object) {
  if (object.type.empty()) object.type = opaque_secret;
  normalise_base64(object.data);
  for (const auto& [key, value] : object.string_data) object.data.insert_or_assign(key, encode_base64(value));
  object.string_data.clear();
}

void apply_defaults(ConfigMap& object) {
  normalise_base64(object.binary_data);
}

void apply_defaults(RoleBinding& object) {
  fill_binding(object.subjects, object.role_ref);
}

void apply_defaults(ClusterRoleBinding& object) {
  fill_binding(object.subjects, object.role_ref);
}

}  // namespace muster
