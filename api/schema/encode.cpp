#include "api/schema/encode.h"

#include <algorithm>
#include <chrono>

#include "api/schema/json.h"
#include "api/schema/json_write.h"
#include "api/schema/raw.h"

namespace muster {

namespace {

std::string time_text(const Field* field, Time time) {
  switch (field != nullptr ? field->precision : Precision::milliseconds) {
    case Precision::seconds: return format_time(std::chrono::floor<std::chrono::seconds>(time));
    case Precision::milliseconds: break;
    case Precision::microseconds: return format_micro_time(time);
  }
  return format_time(time);
}

std::string_view enumerator_of(const Type& type, const void* value) {
  return type.enumerators.at(static_cast<std::size_t>(type.load(value)));
}

// Appends a text that needs no escapes.
void append_plain(std::string& out, std::string_view text) {
  out += '"';
  out += text;
  out += '"';
}

// Appends `,"name":`, in one piece because this is what encoding does most.
void append_name(std::string& out, std::string_view name, bool separate) {
  const std::size_t start = out.size();
  out.resize(start + name.size() + (separate ? 4 : 3));
  char* at = out.data() + start;
  if (separate) *at++ = ',';
  *at++ = '"';
  at = std::copy(name.begin(), name.end(), at);
  *at++ = '"';
  *at = ':';
}

void write_value(const Type& type, const Field* field, const void* value, std::string& out);

void write_object(const Type& type, const void* object, std::string& out) {
  out += '{';
  const std::size_t start = out.size();
  for (const Field& field : type.fields) {
    if (field.get == nullptr) continue;
    const void* member = member_of(field, object);
    const Type& member_type = *field.type();
    const bool nested = member_type.shape == Shape::object;
    if (!nested && is_left_out(type, field, member)) continue;
    const std::size_t before = out.size();
    append_name(out, field.name, before > start);
    const std::size_t content = out.size();
    write_value(member_type, &field, member, out);
    // Writing an object and taking "{}" back is cheaper than asking first.
    if (nested && out.size() - content == 2 && is_left_out(type, field, member)) out.resize(before);
  }
  out += '}';
}

void write_list(const Type& type, const Field* field, const void* list, std::string& out) {
  const Type& element = *type.element();
  out += '[';
  for (std::size_t i = 0, count = type.count(list); i < count; ++i) {
    if (i > 0) out += ',';
    write_value(element, field, item_of(type, list, i), out);
  }
  out += ']';
}

void write_map(const Type& type, const Field* field, const void* map, std::string& out) {
  struct Context {
    const Type& element;
    const Field* field;
    std::string& out;
    bool first = true;
  } context{*type.element(), field, out};
  out += '{';
  type.each(map, &context, [](void* erased, const std::string& key, const void* element) {
    auto& entry = *static_cast<Context*>(erased);
    if (!entry.first) entry.out += ',';
    entry.first = false;
    append_json_string(entry.out, key);
    entry.out += ':';
    write_value(entry.element, entry.field, element, entry.out);
  });
  out += '}';
}

void write_value(const Type& type, const Field* field, const void* value, std::string& out) {
  switch (type.shape) {
    case Shape::boolean: out += *static_cast<const bool*>(value) ? "true" : "false"; return;
    case Shape::integer: {
      const bool as_text = field != nullptr && field->as_text;
      if (as_text) out += '"';
      append_integer(out, type.load(value));
      if (as_text) out += '"';
      return;
    }
    case Shape::string: append_json_string(out, *static_cast<const std::string*>(value)); return;
    case Shape::time: append_plain(out, time_text(field, *static_cast<const Time*>(value))); return;
    case Shape::duration: append_plain(out, format_duration(*static_cast<const Duration*>(value))); return;
    case Shape::enumeration: append_plain(out, enumerator_of(type, value)); return;
    case Shape::raw: {
      const std::string& json = static_cast<const Raw*>(value)->json;
      out += json.empty() ? std::string_view("null") : std::string_view(json);
      return;
    }
    case Shape::optional:
      if (type.has(value)) return write_value(*type.element(), field, inside_of(type, value), out);
      out += "null";
      return;
    case Shape::list: return write_list(type, field, value, out);
    case Shape::map: return write_map(type, field, value, out);
    case Shape::object: return write_object(type, value, out);
  }
}

Node node_of(const Type& type, const Field* field, const void* value);

Node object_node(const Type& type, const void* object) {
  Node node = Node::map();
  for (const Field& field : type.fields) {
    if (field.get == nullptr) continue;
    const void* member = member_of(field, object);
    if (is_left_out(type, field, member)) continue;
    node.members.emplace_back(std::string(field.name), node_of(*field.type(), &field, member));
  }
  return node;
}

Node list_node(const Type& type, const Field* field, const void* list) {
  Node node = Node::list();
  const std::size_t count = type.count(list);
  node.items.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    node.items.push_back(node_of(*type.element(), field, item_of(type, list, i)));
  }
  return node;
}

Node map_node(const Type& type, const Field* field, const void* map) {
  struct Context {
    const Type& element;
    const Field* field;
    Node node;
  } context{*type.element(), field, Node::map()};
  type.each(map, &context, [](void* erased, const std::string& key, const void* element) {
    auto& entry = *static_cast<Context*>(erased);
    entry.node.members.emplace_back(key, node_of(entry.element, entry.field, element));
  });
  return std::move(context.node);
}

Node raw_node(const Raw& raw) {
  auto parsed = parse_json(raw.json);
  return parsed.ok() ? std::move(parsed).value() : Node{};
}

Node node_of(const Type& type, const Field* field, const void* value) {
  switch (type.shape) {
    case Shape::boolean: return Node::of(*static_cast<const bool*>(value));
    case Shape::integer:
      if (field != nullptr && field->as_text) return Node::of(std::to_string(type.load(value)));
      return Node::of(type.load(value));
    case Shape::string: return Node::of(*static_cast<const std::string*>(value));
    case Shape::time: return Node::of(time_text(field, *static_cast<const Time*>(value)));
    case Shape::duration: return Node::of(format_duration(*static_cast<const Duration*>(value)));
    case Shape::enumeration: return Node::of(std::string(enumerator_of(type, value)));
    case Shape::raw: return raw_node(*static_cast<const Raw*>(value));
    case Shape::optional: return type.has(value) ? node_of(*type.element(), field, inside_of(type, value)) : Node{};
    case Shape::list: return list_node(type, field, value);
    case Shape::map: return map_node(type, field, value);
    case Shape::object: return object_node(type, value);
  }
  return Node{};
}

}  // namespace

void encode(const Type& type, const void* value, std::string& out) {
  write_value(type, nullptr, value, out);
}

Node to_node(const Type& type, const void* value) {
  return node_of(type, nullptr, value);
}

Node to_node(const Type& type, const Field* field, const void* value) {
  return node_of(type, field, value);
}

}  // namespace muster
