#include "api/schema/conceal.h"

#include "api/base/base64.h"
#include "api/base/text.h"

namespace muster {
namespace {

constexpr std::string_view same = "***";

const Type& unwrapped(const Type& type) {
  const Type* inner = &type;
  while (inner->shape == Shape::optional) inner = inner->element();
  return *inner;
}

void conceal_value(Node& value) {
  if (value.is_null()) return;
  if (value.is_map()) {
    for (auto& [name, member] : value.members) conceal_value(member);
  } else if (value.is_list()) {
    for (Node& item : value.items) conceal_value(item);
  } else {
    const std::size_t bytes =
        value.is_string() && decode_base64(value.text) ? decoded_base64_size(value.text) : value.text.size();
    value = Node::of(str(bytes, " bytes"));
  }
}

void hide(Node& value, std::string_view text) {
  if (!value.is_null()) value = Node::of(std::string(text));
}

// The values of a map one by one, so that the keys show which of them changed.
void conceal_values(Node* before, Node* after) {
  const bool differ = before == nullptr || after == nullptr || !equal(*before, *after);
  const auto is_map = [](const Node* node) { return node == nullptr || node->is_null() || node->is_map(); };
  if (!is_map(before) || !is_map(after) || (before == nullptr && after == nullptr)) {
    const bool both = before != nullptr && after != nullptr;
    if (before != nullptr) hide(*before, differ && both ? "*** (before)" : same);
    if (after != nullptr) hide(*after, differ && both ? "*** (after)" : same);
    return;
  }
  if (before != nullptr) {
    for (auto& [name, member] : before->members)
      conceal_values(&member, after != nullptr ? after->find(name) : nullptr);
  }
  if (after == nullptr) return;
  for (auto& [name, member] : after->members) {
    if (before == nullptr || before->find(name) == nullptr) conceal_values(nullptr, &member);
  }
}

}  // namespace

void conceal(const Type& given, Node& node) {
  const Type& type = unwrapped(given);
  if (type.shape == Shape::list || type.shape == Shape::map) {
    for (Node& item : node.items) conceal(*type.element(), item);
    for (auto& [name, member] : node.members) conceal(*type.element(), member);
  }
  if (type.shape != Shape::object) return;
  for (auto& [name, member] : node.members) {
    const Field* field = type.find(name);
    if (field == nullptr) continue;
    if (field->sensitive) {
      conceal_value(member);
    } else {
      conceal(*field->type(), member);
    }
  }
}

void conceal(const Type& given, Node& before, Node& after) {
  const Type& type = unwrapped(given);
  if (type.shape != Shape::object) return conceal(type, before), conceal(type, after);
  for (const Field& field : type.fields) {
    Node* old_value = before.find(field.name);
    Node* new_value = after.find(field.name);
    if (field.sensitive) {
      conceal_values(old_value, new_value);
    } else if (old_value != nullptr && new_value != nullptr) {
      conceal(*field.type(), *old_value, *new_value);
    } else if (Node* only = old_value != nullptr ? old_value : new_value; only != nullptr) {
      conceal(*field.type(), *only);
    }
  }
}

}  // namespace muster
