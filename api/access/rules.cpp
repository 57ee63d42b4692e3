#include "api/access/rules.h"

#include <algorithm>

#include "api/base/limits.h"
#include "api/base/text.h"

namespace muster::access {
namespace {

using Words = std::vector<std::string>;

bool has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool has_or_all(const Words& words, std::string_view word) {
  return has(words, "*") || has(words, word);
}

// "/healthz/*" matches what begins with "/healthz/".
bool path_matches(std::string_view pattern, std::string_view path) {
  if (pattern == path) return true;
  return pattern.ends_with('*') && path.starts_with(pattern.substr(0, pattern.find_last_not_of('*') + 1));
}

bool any_path_matches(const Words& patterns, std::string_view path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [path](const std::string& pattern) { return path_matches(pattern, path); });
}

// Of "tasks" or "tasks/log".
bool resource_matches(const Words& resources, std::string_view resource, std::string_view subresource) {
  for (const std::string& word : resources) {
    if (word == "*") return true;
    if (subresource.empty()) {
      if (word == resource) return true;
      continue;
    }
    const std::string_view text = word;
    const auto slash = text.find('/');
    if (slash == std::string_view::npos || text.substr(slash + 1) != subresource) continue;
    if (text.substr(0, slash) == "*" || text.substr(0, slash) == resource) return true;
  }
  return false;
}

// One part of a rule: a verb on a resource (perhaps of one name), or on a path.
struct Part {
  std::string_view verb, group, resource, name, path;
};

bool covers(const PolicyRule& rule, const Part& part) {
  if (!has_or_all(rule.verbs, part.verb)) return false;
  if (!part.path.empty()) return any_path_matches(rule.non_resource_urls, part.path);
  const auto slash = part.resource.find('/');
  const std::string_view subresource =
      slash == std::string_view::npos ? std::string_view() : part.resource.substr(slash + 1);
  return has_or_all(rule.api_groups, part.group) &&
         resource_matches(rule.resources, part.resource.substr(0, slash), subresource) &&
         (rule.resource_names.empty() || (!part.name.empty() && has(rule.resource_names, part.name)));
}

std::size_t count_parts(const PolicyRule& rule) {
  const auto times = [](std::size_t a, std::size_t b) { return std::min(a * b, limits::role_parts + 1); };
  const std::size_t resources =
      times(times(rule.api_groups.size(), rule.resources.size()), std::max<std::size_t>(1, rule.resource_names.size()));
  return times(std::min(resources + rule.non_resource_urls.size(), limits::role_parts + 1), rule.verbs.size());
}

void add_missing(std::vector<PolicyRule>& missing, const Part& part) {
  const auto one = [](std::string_view word) { return Words{std::string(word)}; };
  PolicyRule rule;
  if (part.path.empty()) {
    rule.api_groups = one(part.group);
    rule.resources = one(part.resource);
    if (!part.name.empty()) rule.resource_names = one(part.name);
  } else {
    rule.non_resource_urls = one(part.path);
  }
  for (PolicyRule& there : missing) {
    if (there.api_groups != rule.api_groups || there.resources != rule.resources ||
        there.resource_names != rule.resource_names || there.non_resource_urls != rule.non_resource_urls) {
      continue;
    }
    if (!has(there.verbs, part.verb)) there.verbs.emplace_back(part.verb);
    return;
  }
  rule.verbs = one(part.verb);
  if (missing.size() < limits::causes) missing.push_back(std::move(rule));
}

void check_part(const std::vector<PolicyRule>& held, const Part& part, std::vector<PolicyRule>& missing) {
  const bool covered =
      std::any_of(held.begin(), held.end(), [&part](const PolicyRule& rule) { return covers(rule, part); });
  if (!covered) add_missing(missing, part);
}

void check_rule(const std::vector<PolicyRule>& held, const PolicyRule& rule, std::vector<PolicyRule>& missing) {
  for (const std::string& verb : rule.verbs) {
    for (const std::string& path : rule.non_resource_urls) check_part(held, Part{verb, {}, {}, {}, path}, missing);
    for (const std::string& group : rule.api_groups) {
      for (const std::string& resource : rule.resources) {
        if (rule.resource_names.empty()) check_part(held, Part{verb, group, resource, {}, {}}, missing);
        for (const std::string& name : rule.resource_names) {
          check_part(held, Part{verb, group, resource, name, {}}, missing);
        }
      }
    }
  }
}

void add_words(std::string& out, std::string_view title, const Words& words) {
  if (words.empty()) return;
  out += str(out.size() > 1 ? ", " : "", title, ":[");
  for (std::size_t i = 0; i < words.size(); ++i) out += str(i > 0 ? " " : "", '"', words[i], '"');
  out += ']';
}

}  // namespace

bool matches(const PolicyRule& rule, const Attributes& attributes) {
  if (!has_or_all(rule.verbs, attributes.verb)) return false;
  if (!attributes.is_resource()) return any_path_matches(rule.non_resource_urls, attributes.path);
  return has_or_all(rule.api_groups, attributes.group) &&
         resource_matches(rule.resources, attributes.resource, attributes.subresource) &&
         (rule.resource_names.empty() || has(rule.resource_names, attributes.name));
}

Result<std::vector<PolicyRule>> not_covered(const std::vector<PolicyRule>& held,
                                            const std::vector<PolicyRule>& wanted) {
  std::size_t parts = 0;
  for (const PolicyRule& rule : wanted) {
    parts += count_parts(rule);
    if (parts > limits::role_parts) {
      return Error{
          Code::too_large, str("the role has more than ", limits::role_parts, " combinations of its words"), {}};
    }
  }
  std::vector<PolicyRule> missing;
  for (const PolicyRule& rule : wanted) check_rule(held, rule, missing);
  return missing;
}

std::string rule_text(const PolicyRule& rule) {
  std::string out = "{";
  add_words(out, "APIGroups", rule.api_groups);
  add_words(out, "Resources", rule.resources);
  add_words(out, "ResourceNames", rule.resource_names);
  add_words(out, "NonResourceURLs", rule.non_resource_urls);
  add_words(out, "Verbs", rule.verbs);
  return out + '}';
}

}  // namespace muster::access
