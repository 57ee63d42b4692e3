#include "api/schema/reference.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/schema/encode.h"
#include "api/schema/path.h"
#include "api/schema/rules.h"

namespace muster {

namespace {

constexpr std::size_t width = 80;

// What a value of the type finally holds: the element of optionals, lists and maps.
const Type& content_of(const Type& type) {
  const Type* content = &type;
  while (content->element != nullptr) content = content->element();
  return *content;
}

const Type& without_optional(const Type& type) {
  return type.shape == Shape::optional ? *type.element() : type;
}

void append_wrapped(std::string& out, std::string_view text, std::size_t indentation) {
  std::size_t column = 0;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    if (column > 0 && column + 1 + word.size() > width) {
      out += '\n';
      column = 0;
    }
    if (column == 0) {
      out.append(indentation, ' ');
      column = indentation;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  if (column > 0) out += '\n';
}

// `<integer> -required-`
std::string signature(const Field& field) {
  return str('<', type_text(*field.type()), '>', field.required ? " -required-" : "");
}

std::string range(const std::string& least, const std::string& most) {
  if (!least.empty() && !most.empty()) return str(least, " to ", most);
  if (!least.empty()) return str("at least ", least);
  return most.empty() ? std::string() : str("at most ", most);
}

// The value of the member initialiser as a person writes it; empty when it is empty or an object.
std::string default_text(const Field& field, const Type& owner) {
  const Type& type = without_optional(*field.type());
  if (field.get == nullptr || type.shape == Shape::object || type.shape == Shape::raw) return {};
  const void* member = member_of(field, owner.fresh());
  if (is_empty(*field.type(), member)) return {};
  std::string text;
  encode(*field.type(), member, text);
  if (text.size() > 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

std::vector<std::string> limits_of(const Field& field) {
  std::vector<std::string> limits;
  const auto add = [&](std::string text) {
    if (!text.empty()) limits.push_back(std::move(text));
  };
  const Type& type = without_optional(*field.type());
  const Type& content = content_of(type);
  const bool list = type.shape == Shape::list;
  const bool map = type.shape == Shape::map;
  if (content.shape == Shape::enumeration) {
    std::vector<std::string> names;
    for (const std::string_view name : content.enumerators) {
      if (!name.empty()) names.emplace_back(name);
    }
    add("one of " + join(names, ", "));
  }
  add(range(field.minimum ? str(*field.minimum) : "", field.maximum ? str(*field.maximum) : ""));
  add(range(field.shortest ? format_duration(*field.shortest) : "",
            field.longest ? format_duration(*field.longest) : ""));
  if (field.pattern.check != nullptr) {
    add(str(map ? "each key is " : list ? "each is " : "", field.pattern.rule));
  }
  if (field.max_length) add(str(map || list ? "each " : "", "at most ", *field.max_length, " bytes"));
  if (field.max_items) add(str("at most ", *field.max_items, " items"));
  if (!field.list_keys.empty()) add(str("unique by ", join({field.list_keys.begin(), field.list_keys.end()}, " and ")));
  if (field.immutable) add("cannot be changed");
  return limits;
}

void append_fields(const Type& type, std::string& out) {
  out += "FIELDS:\n";
  for (const Field& field : type.fields) {
    out += str("  ", field.name, "\t", signature(field), '\n');
    append_wrapped(out, field.doc, 4);
    append_wrapped(out, limits_text(field, type), 4);
    out += '\n';
  }
}

}  // namespace

std::string type_text(const Type& type) {
  switch (type.shape) {
    case Shape::boolean: return "boolean";
    case Shape::integer: return "integer";
    case Shape::string:
    case Shape::enumeration: return "string";
    case Shape::time: return "time";
    case Shape::duration: return "duration";
    case Shape::raw: return "any";
    case Shape::optional: return type_text(*type.element());
    case Shape::list: return "[]" + type_text(*type.element());
    case Shape::map: return "map[string]" + type_text(*type.element());
    case Shape::object: return std::string(type.name);
  }
  return {};
}

std::string limits_text(const Field& field, const Type& owner) {
  std::vector<std::string> parts = limits_of(field);
  const std::string fallback = default_text(field, owner);
  if (!fallback.empty()) parts.push_back("default " + fallback);
  return join(parts, "; ");
}

Result<std::string> explain(const Type& type, const std::vector<std::string>& path, const std::string& heading) {
  const Type* object = &content_of(type);
  const Type* owner = nullptr;
  const Field* field = nullptr;
  for (const std::string& name : path) {
    if (object->shape != Shape::object) {
      return Error{Code::not_found,
                   str(field != nullptr ? field->name : type.name, " has no fields: it is a ", type_text(*object)),
                   {}};
    }
    owner = object;
    field = owner->find(name);
    if (field == nullptr) {
      std::vector<std::string_view> names;
      for (const Field& candidate : owner->fields) names.push_back(candidate.name);
      return Error{Code::not_found, str(owner->name, " has no field ", quote_text(name), suggestion(name, names)), {}};
    }
    object = &content_of(*field->type());
  }

  std::string out = heading;
  if (!out.empty() && out.back() != '\n') out += '\n';
  if (!out.empty()) out += '\n';
  if (field != nullptr) out += str("FIELD: ", field->name, ' ', signature(*field), "\n\n");
  out += "DESCRIPTION:\n";
  if (field != nullptr) {
    append_wrapped(out, field->doc, 4);
    append_wrapped(out, limits_text(*field, *owner), 4);
  }
  if (object->shape == Shape::object) {
    if (field == nullptr || object->doc != field->doc) append_wrapped(out, object->doc, 4);
    out += '\n';
    append_fields(*object, out);
  }
  return out;
}

}  // namespace muster
