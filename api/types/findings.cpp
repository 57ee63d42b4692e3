#include "api/types/findings.h"

#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster {
namespace {

std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 200;
  std::string out;
  append_json_string(out, text.substr(0, longest));
  return out;
}

}  // namespace

Findings Findings::under(std::string_view path, std::size_t index) const {
  return Findings(causes_, str(join(path), '[', index, ']'));
}

std::string Findings::join(std::string_view path) const {
  if (root_.empty() || path.empty()) return root_ + std::string(path);
  return path.front() == '[' ? str(root_, path) : str(root_, '.', path);
}

void Findings::add(std::string_view path, std::string message, std::string_view reason) const {
  causes_.push_back({join(path), std::move(message), std::string(reason)});
}

void Findings::invalid(std::string_view path, std::string_view value, std::string_view detail) const {
  add(path, str("Invalid value: ", quoted(value), ": ", detail), "FieldValueInvalid");
}

void Findings::invalid(std::string_view path, std::int64_t value, std::string_view detail) const {
  add(path, str("Invalid value: ", value, ": ", detail), "FieldValueInvalid");
}

void Findings::required(std::string_view path, std::string_view detail) const {
  add(path, detail.empty() ? "Required value" : str("Required value: ", detail), "FieldValueRequired");
}

void Findings::duplicate(std::string_view path, std::string_view value) const {
  add(path, str("Duplicate value: ", quoted(value)), "FieldValueDuplicate");
}

void Findings::duplicate(std::string_view path, std::int64_t value) const {
  add(path, str("Duplicate value: ", value), "FieldValueDuplicate");
}

void Findings::not_supported(std::string_view path, std::string_view value, std::string_view supported) const {
  add(path, str("Unsupported value: ", quoted(value), ": supported values: ", supported), "FieldValueNotSupported");
}

void Findings::not_found(std::string_view path, std::string_view value) const {
  add(path, str("Not found: ", quoted(value)), "FieldValueNotFound");
}

void Findings::forbidden(std::string_view path, std::string_view detail) const {
  add(path, str("Forbidden: ", detail), "FieldValueForbidden");
}

void Findings::too_long(std::string_view path, std::size_t highest) const {
  add(path, str("Too long: may not be more than ", highest, " bytes"), "FieldValueTooLong");
}

}  // namespace muster
