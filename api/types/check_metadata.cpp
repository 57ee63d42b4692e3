#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/types/checks.h"
#include "api/types/kinds.h"
#include "api/types/names.h"

namespace muster {
namespace {

constexpr std::string_view label_rule =
    "a lowercase RFC 1123 label must consist of at most 63 lower case alphanumeric characters or '-', and must start "
    "and "
    "end with an alphanumeric character";
constexpr std::string_view subdomain_rule =
    "a lowercase RFC 1123 subdomain must consist of at most 253 lower case alphanumeric characters, '-' or '.', and "
    "must "
    "start and end with an alphanumeric character";
constexpr std::string_view segment_rule =
    "may have at most 253 bytes, may not be '.' or '..' and may not contain '/' or '%'";
constexpr std::string_view ecs_rule = "must be 1 to 255 letters, digits, '-' and '_'";
constexpr std::string_view revision_rule = "must be a family and revision as in \"web:3\"";
constexpr std::string_view key_rule =
    "must be a qualified name: an optional DNS subdomain and '/', then at most 63 letters, digits, '-', '_' and '.', "
    "beginning and ending with a letter or digit";
constexpr std::string_view value_rule =
    "must be empty or at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit";

// What is wrong with the name; empty when nothing is.
std::string_view broken_rule(NameRule rule, std::string_view name) {
  switch (rule) {
    case NameRule::ecs: return is_ecs_name(name) ? std::string_view() : ecs_rule;
    case NameRule::dns_label: return is_dns_label(name) ? std::string_view() : label_rule;
    case NameRule::dns_subdomain: return is_dns_subdomain(name) ? std::string_view() : subdomain_rule;
    case NameRule::path_segment: return is_path_segment(name) ? std::string_view() : segment_rule;
    case NameRule::revision: return is_revision_name(name) ? std::string_view() : revision_rule;
  }
  return {};
}

void check_name(const Kind& kind, const Meta& metadata, const Findings& findings) {
  if (metadata.name.empty()) {
    findings.required("name", "name or generateName is required");
  } else if (const auto rule = broken_rule(kind.name_rule, metadata.name); !rule.empty()) {
    findings.invalid("name", metadata.name, rule);
  }
  if (kind.scope == Scope::cluster) {
    if (!metadata.ns.empty()) findings.forbidden("namespace", "not allowed on this type");
  } else if (metadata.ns.empty()) {
    findings.required("namespace", "");
  } else if (!is_dns_label(metadata.ns)) {
    findings.invalid("namespace", metadata.ns, label_rule);
  }
}

void check_maps(const Meta& metadata, const Findings& findings) {
  for (const auto& [key, value] : metadata.labels) {
    if (!is_qualified_name(key)) findings.invalid("labels", key, key_rule);
    if (!is_label_value(value)) findings.invalid(str("labels[", key, ']'), value, value_rule);
  }
  std::size_t bytes = 0;
  for (const auto& [key, value] : metadata.annotations) {
    if (!is_qualified_name(to_lower(key))) findings.invalid("annotations", key, key_rule);
    bytes += key.size() + value.size();
  }
  if (bytes > limits::annotations_bytes) findings.too_long("annotations", limits::annotations_bytes);
}

void check_owners(const Meta& metadata, const Findings& findings) {
  for (std::size_t i = 0; i < metadata.finalizers.size(); ++i) {
    if (!is_qualified_name(metadata.finalizers[i])) {
      findings.invalid(str("finalizers[", i, ']'), metadata.finalizers[i], key_rule);
    }
  }
  std::string_view controller;
  for (const OwnerReference& owner : metadata.owner_references) {
    if (!owner.controller.value_or(false)) continue;
    if (!controller.empty()) {
      findings.invalid("ownerReferences", owner.name,
                       str("only one reference can have controller set to true; \"", controller, "\" has it too"));
    }
    controller = owner.name;
  }
}

}  // namespace

void check_metadata(const Kind& kind, const Meta& metadata, const Findings& findings) {
  check_name(kind, metadata, findings);
  check_maps(metadata, findings);
  check_owners(metadata, findings);
}

}  // namespace muster
