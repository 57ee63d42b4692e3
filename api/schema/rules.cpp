#include "api/schema/rules.h"

#include <set>

#include "api/base/text.h"
#include "api/schema/encode.h"
#include "api/schema/path.h"

namespace muster {

namespace {

std::optional<Finding> check_pattern(const Pattern& pattern, std::string_view text) {
  if (pattern.check == nullptr || pattern.check(text)) return std::nullopt;
  return Finding{str("must be ", pattern.rule, ", not ", quote_text(text)), reason::invalid};
}

}  // namespace

std::optional<Finding> check_integer(const Type& type, const Field* field, std::int64_t value) {
  const std::int64_t lowest = field != nullptr ? field->minimum.value_or(type.lowest) : type.lowest;
  const std::int64_t highest = field != nullptr ? field->maximum.value_or(type.highest) : type.highest;
  if (value >= lowest && value <= highest) return std::nullopt;
  return Finding{str("must be from ", lowest, " to ", highest, ", not ", value), reason::invalid};
}

std::optional<Finding> check_duration(const Field* field, Duration value) {
  if (field == nullptr) return std::nullopt;
  if (field->shortest && value < *field->shortest) {
    return Finding{str("must be at least ", format_duration(*field->shortest), ", not ", format_duration(value)),
                   reason::invalid};
  }
  if (field->longest && value > *field->longest) {
    return Finding{str("must be at most ", format_duration(*field->longest), ", not ", format_duration(value)),
                   reason::invalid};
  }
  return std::nullopt;
}

std::optional<Finding> check_map_text(const Field* field, std::string_view text) {
  if (field == nullptr || !field->max_length || text.size() <= *field->max_length) return std::nullopt;
  return Finding{str("must have at most ", *field->max_length, " bytes, not ", text.size()), reason::too_long};
}

std::optional<Finding> check_text(const Field* field, std::string_view text) {
  if (auto finding = check_map_text(field, text)) return finding;
  return field != nullptr ? check_pattern(field->pattern, text) : std::nullopt;
}

std::optional<Finding> check_key(const Field* field, std::string_view key) {
  if (field == nullptr) return std::nullopt;
  auto finding = check_pattern(field->pattern, key);
  if (finding) finding->message = "the key " + finding->message;
  return finding;
}

std::optional<Finding> check_count(const Field* field, std::size_t count) {
  if (field == nullptr || !field->max_items || count <= *field->max_items) return std::nullopt;
  return Finding{str("must have at most ", *field->max_items, " items, not ", count), reason::too_many};
}

namespace {

// Empty when the first key field is.
std::string key_text(const Type& element, const Field& list, const void* item) {
  std::string text;
  for (const std::string_view name : list.list_keys) {
    const Field* key = element.find(name);
    if (key == nullptr || key->get == nullptr) return {};
    const void* member = member_of(*key, item);
    if (text.empty() && is_empty(*key->type(), member)) return {};
    if (!text.empty()) text += " and ";
    encode(*key->type(), member, text);
  }
  return text;
}

}  // namespace

std::vector<Repeated> repeated_keys(const Type& list, const Field& field, const void* value) {
  std::vector<Repeated> repeated;
  const std::size_t count = list.count(value);
  if (field.list_keys.empty() || count < 2) return repeated;
  std::set<std::string, std::less<>> seen;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = key_text(*list.element(), field, item_of(list, value, i));
    if (!text.empty() && !seen.insert(text).second) repeated.push_back(Repeated{i, std::move(text)});
  }
  return repeated;
}

Finding repeated_key(const Field& field, const Repeated& repeated) {
  return Finding{str("duplicate ", join({field.list_keys.begin(), field.list_keys.end()}, " and "), ' ', repeated.key),
                 reason::duplicate};
}

std::string suggestion(std::string_view text, const std::vector<std::string_view>& candidates) {
  if (text.size() > 100) return {};
  const std::string lower = to_lower(text);
  for (const std::string_view candidate : candidates) {
    if (!candidate.empty() && to_lower(candidate) == lower) return str(", did you mean ", quote_text(candidate), "?");
  }
  const auto near = nearest(text, candidates);
  return near && !near->empty() ? str(", did you mean ", quote_text(*near), "?") : std::string();
}

}  // namespace muster
