// The protobuf document read back by its wire format, and compared with the tree that it was made from.
#include "api/openapi/gnostic.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>

#include "api/base/text.h"
#include "api/openapi/document.h"
#include "api/openapi/wire.h"
#include "api/schema/json.h"

namespace muster::openapi {
namespace {

struct Value {
  std::uint64_t number = 0;  // of a varint or fixed64
  std::string bytes;
};
using Fields = std::map<std::uint32_t, std::vector<Value>>;

std::uint64_t read_varint(std::string_view& in) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (in.empty()) {
      ADD_FAILURE() << "cut short";
      return 0;
    }
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80U) return value;
  }
  ADD_FAILURE() << "a number of more than 64 bits";
  return 0;
}

Fields read(std::string_view in) {
  Fields out;
  while (!in.empty()) {
    const std::uint64_t tag = read_varint(in);
    Value value;
    switch (tag & 7U) {
      case 0: value.number = read_varint(in); break;
      case 1:
        for (unsigned i = 0; i < 8; ++i)
          value.number |= static_cast<std::uint64_t>(static_cast<unsigned char>(in.at(i))) << (8 * i);
        in.remove_prefix(8);
        break;
      case 2: {
        const std::uint64_t size = read_varint(in);
        if (size > in.size()) {
          ADD_FAILURE() << "cut short";
          return out;
        }
        value.bytes = in.substr(0, size);
        in.remove_prefix(size);
        break;
      }
      default: ADD_FAILURE() << "wire type " << (tag & 7U); return out;
    }
    out[static_cast<std::uint32_t>(tag >> 3U)].push_back(std::move(value));
  }
  return out;
}

const std::string& bytes(const Fields& fields, std::uint32_t field) {
  static const std::string nothing;
  const auto found = fields.find(field);
  return found == fields.end() ? nothing : found->second.front().bytes;
}

Node yaml_of(std::string_view any) {
  auto node = parse_json(bytes(read(any), 2));
  EXPECT_TRUE(node.ok());
  return node.ok() ? std::move(node).value() : Node();
}

void read_extensions(const Fields& fields, std::uint32_t field, Node& out) {
  if (!fields.contains(field)) return;
  for (const Value& each : fields.at(field)) {
    const Fields entry = read(each.bytes);
    out.at(bytes(entry, 1)) = yaml_of(bytes(entry, 2));
  }
}

Node read_schema(std::string_view in);

template <class Read>
Node read_named(std::string_view in, std::uint32_t inner, const Read& read_value) {
  Node out = Node::map();
  const Fields fields = read(in);
  if (!fields.contains(inner)) return out;
  for (const Value& each : fields.at(inner)) {
    const Fields entry = read(each.bytes);
    out.at(bytes(entry, 1)) = read_value(bytes(entry, 2));
  }
  return out;
}

Node texts(const std::vector<Value>& values) {
  Node list = Node::list();
  for (const Value& each : values) list.items.push_back(Node::of(each.bytes));
  return list;
}

Node read_schema(std::string_view in) {
  Node out = Node::map();
  for (const auto& [field, values] : read(in)) {
    const Value& first = values.front();
    const auto whole = [&first] { return Node::of(static_cast<std::int64_t>(first.number)); };
    const auto real = [&first] { return Node::of(static_cast<std::int64_t>(std::bit_cast<double>(first.number))); };
    switch (field) {
      case 1: out.at("$ref") = Node::of(first.bytes); break;
      case 2: out.at("format") = Node::of(first.bytes); break;
      case 4: out.at("description") = Node::of(first.bytes); break;
      case 5: out.at("default") = yaml_of(first.bytes); break;
      case 7: out.at("maximum") = real(); break;
      case 9: out.at("minimum") = real(); break;
      case 11: out.at("maxLength") = whole(); break;
      case 14: out.at("maxItems") = whole(); break;
      case 17: out.at("maxProperties") = whole(); break;
      case 19: out.at("required") = texts(values); break;
      case 20: {
        out.at("enum") = Node::list();
        for (const Value& each : values) out.at("enum").items.push_back(yaml_of(each.bytes));
        break;
      }
      case 21: out.at("additionalProperties") = read_schema(bytes(read(first.bytes), 1)); break;
      case 22: out.at("type") = Node::of(bytes(read(first.bytes), 1)); break;
      case 23: out.at("items") = read_schema(bytes(read(first.bytes), 1)); break;
      case 25: out.at("properties") = read_named(first.bytes, 1, read_schema); break;
      case 31: break;
      default: ADD_FAILURE() << "field " << field << " of a schema";
    }
  }
  read_extensions(read(in), 31, out);
  return out;
}

Node read_parameter(std::string_view in) {
  const Fields either = read(bytes(read(in), 1));
  Node out = Node::map();
  if (either.contains(1)) {
    const Fields body = read(bytes(either, 1));
    out.at("name") = Node::of(bytes(body, 2));
    out.at("in") = Node::of(bytes(body, 3));
    if (body.contains(4)) out.at("required") = Node::of(body.at(4).front().number == 1);
    out.at("schema") = read_schema(bytes(body, 5));
    return out;
  }
  const Fields other = read(bytes(either, 2));
  const bool path = other.contains(4);
  const Fields fields = read(bytes(other, path ? 4 : 3));
  if (path) out.at("required") = Node::of(fields.at(1).front().number == 1);
  out.at("in") = Node::of(bytes(fields, 2));
  out.at("description") = Node::of(bytes(fields, 3));
  out.at("name") = Node::of(bytes(fields, 4));
  out.at("type") = Node::of(bytes(fields, path ? 5 : 6));
  return out;
}

Node read_parameters(const std::vector<Value>& values) {
  Node list = Node::list();
  for (const Value& each : values) list.items.push_back(read_parameter(each.bytes));
  return list;
}

Node read_operation(std::string_view in) {
  Node out = Node::map();
  const Fields fields = read(in);
  out.at("tags") = texts(fields.at(1));
  out.at("description") = Node::of(bytes(fields, 3));
  out.at("operationId") = Node::of(bytes(fields, 5));
  out.at("produces") = texts(fields.at(6));
  if (fields.contains(7)) out.at("consumes") = texts(fields.at(7));
  if (fields.contains(8)) out.at("parameters") = read_parameters(fields.at(8));
  out.at("responses") = read_named(bytes(fields, 9), 1, [](std::string_view value) {
    const Fields response = read(bytes(read(value), 1));
    Node node = Node::map();
    node.at("description") = Node::of(bytes(response, 1));
    node.at("schema") = read_schema(bytes(read(bytes(response, 2)), 1));
    return node;
  });
  read_extensions(fields, 13, out);
  return out;
}

Node read_path_item(std::string_view in) {
  static const std::map<std::uint32_t, const char*> methods = {
      {2, "get"}, {3, "put"}, {4, "post"}, {5, "delete"}, {8, "patch"}};
  Node out = Node::map();
  for (const auto& [field, values] : read(in)) {
    if (field == 9) {
      out.at("parameters") = read_parameters(values);
    } else {
      out.at(methods.at(field)) = read_operation(values.front().bytes);
    }
  }
  return out;
}

Node read_document(std::string_view in) {
  const Fields fields = read(in);
  Node out = Node::map();
  out.at("swagger") = Node::of(bytes(fields, 1));
  const Fields info = read(bytes(fields, 2));
  out.at("info") = Node::map();
  out.at("info").at("title") = Node::of(bytes(info, 1));
  out.at("info").at("version") = Node::of(bytes(info, 2));
  out.at("paths") = read_named(bytes(fields, 8), 2, read_path_item);
  out.at("definitions") = read_named(bytes(fields, 9), 1, read_schema);
  return out;
}

TEST(Gnostic, says_all_that_the_tree_says) {
  const Node document = v2_document("1.2.3");
  const std::string message = write_gnostic(document);
  const Node back = read_document(message);
  for (const char* part : {"paths", "definitions"}) {
    for (const auto& [name, value] : document.find(part)->members) {
      const Node* found = back.find(part)->find(name);
      ASSERT_NE(found, nullptr) << name;
      EXPECT_TRUE(equal(value, *found)) << name << "\n" << write_json(value) << "\n" << write_json(*found);
    }
  }
  EXPECT_TRUE(equal(document, back));
}

TEST(Wire, is_that_of_protobuf) {
  Message message;
  message.integer(1, 150);
  message.text(2, "testing");
  message.boolean(3, true);
  message.number(4, 1.0);
  message.integer(5, -1);
  const std::string bytes = std::move(message).take();
  EXPECT_EQ(bytes, std::string("\x08\x96\x01"
                               "\x12\x07testing"
                               "\x18\x01"
                               "\x21\x00\x00\x00\x00\x00\x00\xf0\x3f"
                               "\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                               34));
}

}  // namespace
}  // namespace muster::openapi
