#include "api/protobuf/decode.h"

#include <map>
#include <optional>

#include "api/base/base64.h"
#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/base/time.h"
#include "api/protobuf/messages.h"
#include "api/protobuf/wire.h"
#include "api/schema/json.h"

namespace muster::protobuf {
namespace {

using Type = WireField::Type;

constexpr std::string_view magic("k8s\0", 4);

Error malformed(std::string_view message) {
  return Error{Code::malformed, std::string(message), {}};
}

Result<std::string> text_of(const WireField& field) {
  if (field.type != Type::bytes) return malformed("must be a text");
  if (!valid_utf8(field.bytes)) return malformed("must be UTF-8");
  return std::string(field.bytes);
}

// Seconds and nanoseconds as RFC 3339; nothing for the empty message that stands for no time.
Result<Node> time_of(std::string_view bytes) {
  constexpr std::int64_t highest = 9'223'372'035;  // what Time holds, in the year 2262
  std::int64_t seconds = 0, nanoseconds = 0;
  WireReader reader(bytes);
  while (!reader.at_end()) {
    TRY(const WireField field, reader.next());
    if (field.type != Type::varint) continue;
    if (field.number == 1) seconds = static_cast<std::int64_t>(field.value);
    if (field.number == 2) nanoseconds = static_cast<std::int64_t>(field.value);
  }
  if (bytes.empty()) return Node();
  if (seconds < 0 || seconds > highest || nanoseconds < 0 || nanoseconds >= 1'000'000'000) {
    return malformed("must be a time from 1970 to 2262");
  }
  const Time time =
      Time(std::chrono::seconds(seconds)) + std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(nanoseconds));
  return Node::of(nanoseconds == 0 ? format_time(time) : format_micro_time(time));
}

Result<Node> json_of(std::string_view bytes) {
  WireReader reader(bytes);
  Node out;
  while (!reader.at_end()) {
    TRY(const WireField field, reader.next());
    if (field.number != 1 || field.type != Type::bytes || field.bytes.empty()) continue;
    auto parsed = parse_json(field.bytes);
    if (!parsed.ok()) return malformed("must be JSON");
    out = std::move(parsed).value();
  }
  return out;
}

// The last field of the number; null when there is none.
Result<std::optional<WireField>> last_of(std::string_view message, std::uint32_t number) {
  std::optional<WireField> out;
  WireReader reader(message);
  while (!reader.at_end()) {
    TRY(const WireField field, reader.next());
    if (field.number == number) out = field;
  }
  return out;
}

bool is_map(Form form) {
  return form == Form::text_map || form == Form::bytes_map || form == Form::texts_map;
}

// What JSON leaves out.
bool is_zero(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return true;
    case Node::Kind::boolean: return !node.boolean;
    case Node::Kind::integer: return node.integer == 0;
    case Node::Kind::number: return false;
    case Node::Kind::string: return node.text.empty();
    case Node::Kind::list: return node.items.empty();
    case Node::Kind::map: return node.members.empty();
  }
  return false;
}

class Decoder {
 public:
  Result<Node> message(const Message& message, std::string_view bytes, std::size_t depth);

 private:
  using Entries = std::map<std::string, Node, std::less<>>;  // the last entry of a key counts

  Status count();
  Result<Node> value(const Row& row, const WireField& field, std::size_t depth);
  Result<Node> texts(std::string_view bytes);
  Status entry(const Row& row, const WireField& field, Entries& entries);

  std::size_t nodes_ = 0;
};

Status Decoder::count() {
  if (++nodes_ <= limits::document_nodes) return {};
  return Error{Code::too_large, str("more than ", limits::document_nodes, " values"), {}};
}

Result<Node> Decoder::value(const Row& row, const WireField& field, std::size_t depth) {
  TRY_VOID(count());
  switch (row.form) {
    case Form::text: {
      TRY(std::string text, text_of(field));
      return Node::of(std::move(text));
    }
    case Form::boolean:
      if (field.type != Type::varint) return malformed("must be true or false");
      return Node::of(field.value != 0);
    case Form::integer:
      if (field.type != Type::varint) return malformed("must be an integer");
      return Node::of(static_cast<std::int64_t>(field.value));
    case Form::bytes:
    case Form::time:
    case Form::json:
    case Form::message: break;
    case Form::text_map:
    case Form::bytes_map:
    case Form::texts_map: return malformed("must be a map");
  }
  if (field.type != Type::bytes) return malformed("must be a message");
  if (row.form == Form::bytes) return Node::of(encode_base64(field.bytes));
  if (row.form == Form::time) return time_of(field.bytes);
  if (row.form == Form::json) return json_of(field.bytes);
  return message(*row.inner, field.bytes, depth + 1);
}

// ExtraValue: repeated strings.
Result<Node> Decoder::texts(std::string_view bytes) {
  Node out = Node::list();
  WireReader reader(bytes);
  while (!reader.at_end()) {
    TRY(const WireField field, reader.next());
    if (field.number != 1) continue;
    TRY_VOID(count());
    TRY(std::string text, text_of(field));
    out.items.push_back(Node::of(std::move(text)));
  }
  return out;
}

Status Decoder::entry(const Row& row, const WireField& field, Entries& entries) {
  if (field.type != Type::bytes) return malformed("must be a map");
  TRY_VOID(count());
  TRY(const auto key, last_of(field.bytes, 1));
  TRY(auto content, last_of(field.bytes, 2));
  std::string name;
  if (key) {
    TRY(name, text_of(*key));
  }
  if (!content) {
    content.emplace();
    content->type = Type::bytes;
  }
  if (content->type != Type::bytes) return malformed("must be a map of texts");
  Node node;
  if (row.form == Form::text_map) {
    TRY(std::string text, text_of(*content));
    node = Node::of(std::move(text));
  } else if (row.form == Form::bytes_map) {
    node = Node::of(encode_base64(content->bytes));
  } else {
    TRY(node, texts(content->bytes));
  }
  entries.insert_or_assign(std::move(name), std::move(node));
  return {};
}

Result<Node> Decoder::message(const Message& message, std::string_view bytes, std::size_t depth) {
  if (depth > limits::document_depth) return Error{Code::too_large, "too deep", {}};
  std::vector<Node> values(message.rows.size());
  std::vector<Entries> maps(message.rows.size());
  WireReader reader(bytes);
  while (!reader.at_end()) {
    TRY(const WireField field, reader.next());
    std::size_t i = 0;
    while (i < message.rows.size() && message.rows[i].number != field.number) ++i;
    if (i == message.rows.size()) continue;
    const Row& row = message.rows[i];
    if (is_map(row.form)) {
      if (Status status = entry(row, field, maps[i]); !status.ok()) return std::move(status).error().under(row.name);
      continue;
    }
    if (row.form == Form::message && row.presence != Presence::repeated && !values[i].is_null()) {
      return malformed(str(row.name, ": is given twice"));
    }
    Result<Node> decoded = value(row, field, depth);
    if (!decoded.ok()) return std::move(decoded).error().under(row.name);
    if (row.presence != Presence::repeated) {
      values[i] = std::move(decoded).value();
      continue;
    }
    if (values[i].is_null()) values[i] = Node::list();
    values[i].items.push_back(std::move(decoded).value());
  }
  Node out = Node::map();
  for (std::size_t i = 0; i < message.rows.size(); ++i) {
    const Row& row = message.rows[i];
    if (!maps[i].empty()) {
      values[i] = Node::map();
      values[i].members.reserve(maps[i].size());
      for (auto& [key, node] : maps[i]) values[i].members.emplace_back(key, std::move(node));
    }
    if (values[i].is_null() || (row.presence == Presence::plain && is_zero(values[i]))) continue;
    out.members.emplace_back(row.name, std::move(values[i]));
  }
  return out;
}

struct Envelope {
  std::string api_version, kind;
  std::string_view raw;
};

Result<std::string> text_field(std::string_view message, std::uint32_t number) {
  TRY(const auto field, last_of(message, number));
  return field ? text_of(*field) : Result<std::string>(std::string());
}

Result<Envelope> open(std::string_view body) {
  if (!body.starts_with(magic)) return malformed("the body does not begin with the four bytes of Kubernetes' envelope");
  body.remove_prefix(magic.size());
  Envelope out;
  TRY(const auto type, last_of(body, 1));
  TRY(const auto raw, last_of(body, 2));
  TRY(const std::string encoding, text_field(body, 3));
  TRY(const std::string content_type, text_field(body, 4));
  if (!encoding.empty()) return malformed("the content may not be encoded");
  if (!content_type.empty() && content_type != media_type) return malformed("the content has another type");
  if ((type && type->type != Type::bytes) || (raw && raw->type != Type::bytes)) {
    return malformed("the envelope holds no messages");
  }
  if (!type) return malformed("the envelope names no kind");
  TRY(out.api_version, text_field(type->bytes, 1));
  TRY(out.kind, text_field(type->bytes, 2));
  if (raw) out.raw = raw->bytes;
  return out;
}

Result<Node> decode_body(std::string_view body) {
  if (body.size() > limits::body_bytes) {
    return Error{Code::too_large, str("the body has more than ", limits::body_bytes, " bytes"), {}};
  }
  TRY(Envelope envelope, open(body));
  const Message* message = find_message(envelope.api_version, envelope.kind);
  if (message == nullptr) {
    return Error{Code::unsupported,
                 str("kind \"", envelope.kind.substr(0, 255), "\" in apiVersion \"",
                     envelope.api_version.substr(0, 255), "\" is not read in this form: send JSON"),
                 {}};
  }
  TRY(Node content, Decoder().message(*message, envelope.raw, 1));
  Node out = Node::map();
  out.members.reserve(content.members.size() + 2);
  out.members.emplace_back("apiVersion", Node::of(std::move(envelope.api_version)));
  out.members.emplace_back("kind", Node::of(std::move(envelope.kind)));
  for (auto& member : content.members) out.members.push_back(std::move(member));
  return out;
}

}  // namespace

Result<Node> decode(std::string_view body) {
  Result<Node> result = decode_body(body);
  if (result.ok()) return result;
  return std::move(result).error().under("protobuf");
}

}  // namespace muster::protobuf
