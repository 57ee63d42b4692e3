// The numbers are those of gnostic's openapiv2/OpenAPIv2.proto.
#include "api/openapi/gnostic.h"

#include <functional>
#include <map>

#include "api/base/assert.h"
#include "api/openapi/wire.h"
#include "api/schema/json.h"

namespace muster::openapi {
namespace {

using Put = std::function<void(Message& out, const Node& value)>;
// How each member of a JSON object is written.
using Table = std::map<std::string_view, Put>;

// Any { string yaml = 2; }: JSON is YAML.
Message any(const Node& value) {
  Message out;
  out.text(2, write_json(value));
  return out;
}

// NamedX { string name = 1; X value = 2; }
Message named(const std::string& name, const Message& value) {
  Message out;
  out.text(1, name);
  out.message(2, value);
  return out;
}

Message write(const Table& table, std::uint32_t extensions, const Node& object) {
  Message out;
  for (const auto& [name, value] : object.members) {
    if (name.starts_with("x-")) {
      out.message(extensions, named(name, any(value)));
      continue;
    }
    const auto found = table.find(name);
    MUSTER_ASSERT(found != table.end());
    found->second(out, value);
  }
  return out;
}

Put text(std::uint32_t field) {
  return [field](Message& out, const Node& value) { out.text(field, value.text); };
}
Put integer(std::uint32_t field) {
  return [field](Message& out, const Node& value) { out.integer(field, value.integer); };
}
Put number(std::uint32_t field) {
  return [field](Message& out, const Node& value) { out.number(field, static_cast<double>(value.integer)); };
}
Put boolean(std::uint32_t field) {
  return [field](Message& out, const Node& value) { out.boolean(field, value.boolean); };
}
Put any_value(std::uint32_t field) {
  return [field](Message& out, const Node& value) { out.message(field, any(value)); };
}
Put texts(std::uint32_t field) {
  return [field](Message& out, const Node& value) {
    for (const Node& item : value.items) out.text(field, item.text);
  };
}
Put any_values(std::uint32_t field) {
  return [field](Message& out, const Node& value) {
    for (const Node& item : value.items) out.message(field, any(item));
  };
}
using Convert = Message (*)(const Node& value);
Put message(std::uint32_t field, Convert convert) {
  return [field, convert](Message& out, const Node& value) { out.message(field, convert(value)); };
}
Put messages(std::uint32_t field, Convert convert) {
  return [field, convert](Message& out, const Node& value) {
    for (const Node& item : value.items) out.message(field, convert(item));
  };
}
// A message with one field of named values: Definitions, Properties.
Put named_values(std::uint32_t field, std::uint32_t inner, Convert convert) {
  return [field, inner, convert](Message& out, const Node& value) {
    Message all;
    for (const auto& [name, member] : value.members) all.message(inner, named(name, convert(member)));
    out.message(field, all);
  };
}

Message schema(const Node& node);

// TypeItem { repeated string value = 1; }
Message type_item(const Node& node) {
  Message out;
  out.text(1, node.text);
  return out;
}

// ItemsItem { repeated Schema schema = 1; }, AdditionalPropertiesItem { Schema schema = 1; }, SchemaItem alike.
Message schema_item(const Node& node) {
  Message out;
  out.message(1, schema(node));
  return out;
}

Message schema(const Node& node) {
  static const Table table = {
      {"$ref", text(1)},
      {"format", text(2)},
      {"description", text(4)},
      {"default", any_value(5)},
      {"maximum", number(7)},
      {"minimum", number(9)},
      {"maxLength", integer(11)},
      {"maxItems", integer(14)},
      {"maxProperties", integer(17)},
      {"required", texts(19)},
      {"enum", any_values(20)},
      {"additionalProperties", message(21, schema_item)},
      {"type", message(22, type_item)},
      {"items", message(23, schema_item)},
      {"properties", named_values(25, 1, schema)},
  };
  return write(table, 31, node);
}

// ParametersItem { Parameter parameter = 1; }, Parameter { BodyParameter = 1; NonBodyParameter = 2; }, NonBodyParameter
// { ...; QueryParameterSubSchema = 3; PathParameterSubSchema = 4; }
Message parameter(const Node& node) {
  static const Table body = {
      {"name", text(2)}, {"in", text(3)}, {"required", boolean(4)}, {"schema", message(5, schema)}};
  static const Table query = {{"in", text(2)}, {"description", text(3)}, {"name", text(4)}, {"type", text(6)}};
  static const Table path = {
      {"required", boolean(1)}, {"in", text(2)}, {"description", text(3)}, {"name", text(4)}, {"type", text(5)}};
  Message either;
  const std::string_view in = node.text_of("in");
  if (in == "body") {
    either.message(1, write(body, 6, node));
  } else {
    Message other;
    if (in == "path") {
      other.message(4, write(path, 22, node));
    } else {
      other.message(3, write(query, 23, node));
    }
    either.message(2, other);
  }
  Message out;
  out.message(1, either);
  return out;
}

// ResponseValue { Response response = 1; }
Message response(const Node& node) {
  static const Table table = {{"description", text(1)}, {"schema", message(2, schema_item)}};
  Message out;
  out.message(1, write(table, 5, node));
  return out;
}

Message operation(const Node& node) {
  static const Table table = {
      {"tags", texts(1)},
      {"description", text(3)},
      {"operationId", text(5)},
      {"produces", texts(6)},
      {"consumes", texts(7)},
      {"parameters", messages(8, parameter)},
      {"responses", named_values(9, 1, response)},
  };
  return write(table, 13, node);
}

Message path_item(const Node& node) {
  static const Table table = {
      {"get", message(2, operation)},    {"put", message(3, operation)},   {"post", message(4, operation)},
      {"delete", message(5, operation)}, {"patch", message(8, operation)}, {"parameters", messages(9, parameter)},
  };
  return write(table, 10, node);
}

Message info(const Node& node) {
  static const Table table = {{"title", text(1)}, {"version", text(2)}};
  return write(table, 7, node);
}

}  // namespace

std::string write_gnostic(const Node& document) {
  static const Table table = {
      {"swagger", text(1)},
      {"info", message(2, info)},
      {"paths", named_values(8, 2, path_item)},
      {"definitions", named_values(9, 1, schema)},
  };
  return std::move(write(table, 16, document)).take();
}

}  // namespace muster::openapi
