#include "controllers/base/naming.h"

#include <algorithm>

#include "api/base/text.h"

namespace muster {

namespace {

constexpr std::size_t owner_characters = 40;
constexpr std::size_t slot_digits = 10;
constexpr std::size_t label_value_characters = 63;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_slot_number(std::string_view slot) {
  return !slot.empty() && slot.size() <= slot_digits &&
         std::all_of(slot.begin(), slot.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string derived_name(const Object& owner, std::string_view slot, std::int64_t attempt) {
  const std::uint64_t hash = stable_hash(str(owner.kind->kind, "\n", owner.metadata.uid, "\n", slot));
  std::string name = owner.metadata.name.substr(0, owner_characters);
  if (is_slot_number(slot)) name += str("-", slot);
  return name + str("-", attempt, "-", hex(hash, 8));
}

namespace labels {

bool legal_value(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() > label_value_characters || !is_alphanumeric(text.front()) || !is_alphanumeric(text.back()))
    return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

}  // namespace labels

}  // namespace muster
