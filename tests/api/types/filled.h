// Objects in which every described field has a value other than its default, made by walking the description.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "api/schema/raw.h"
#include "api/schema/type.h"

namespace muster::testing {

void fill(const Type& type, const Field* field, void* value);

inline void fill_text(const Field* field, std::string& text) {
  constexpr std::array<std::string_view, 17> candidates = {
      "web",    "web:3", "512",   "1GB",       "http",      "1.2.3.4",           "True", "/run", "noexec",
      "nofile", "KILL",  "net.a", "json-file", "8000-8009", "no-new-privileges", "A",    "8"};
  for (const std::string_view candidate : candidates) {
    text = candidate;
    if (field == nullptr || field->pattern.check == nullptr || field->pattern.check(candidate)) return;
  }
}

inline void fill(const Type& type, const Field* field, void* value) {
  switch (type.shape) {
    case Shape::boolean: *static_cast<bool*>(value) = !*static_cast<bool*>(value); return;
    case Shape::integer: {
      const std::int64_t lowest = field != nullptr ? field->minimum.value_or(0) : 0;
      const std::int64_t highest = field != nullptr ? field->maximum.value_or(1000) : 1000;
      type.store(value, type.load(value) == lowest + 1 ? highest : std::min(lowest + 1, highest));
      return;
    }
    case Shape::string: return fill_text(field, *static_cast<std::string*>(value));
    case Shape::time: *static_cast<Time*>(value) = Time{} + std::chrono::hours(500'000); return;
    case Shape::duration: *static_cast<Duration*>(value) = std::chrono::seconds(77); return;
    case Shape::enumeration: type.store(value, static_cast<std::int64_t>(type.enumerators.size()) - 1); return;
    case Shape::raw: static_cast<Raw*>(value)->json = R"({"f:spec":{}})"; return;
    case Shape::optional: return fill(*type.element(), field, type.emplace(value));
    case Shape::list: return fill(*type.element(), field, type.append(value));
    case Shape::map: return fill(*type.element(), nullptr, type.insert(value, "key"));
    case Shape::object:
      for (const Field& member : type.fields) {
        if (member.get != nullptr) fill(*member.type(), &member, member.get(value));
      }
      return;
  }
}

}  // namespace muster::testing
