#include "api/schema/decode.h"

#include <bitset>
#include <cmath>
#include <utility>

#include "api/base/assert.h"
#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/schema/path.h"
#include "api/schema/raw.h"
#include "api/schema/rules.h"

namespace muster {

namespace {

// What will be written of it, so that reading what was written changes nothing.
Time at_precision(const Field* field, Time time) {
  switch (field != nullptr ? field->precision : Precision::milliseconds) {
    case Precision::seconds: return std::chrono::floor<std::chrono::seconds>(time);
    case Precision::milliseconds: break;
    case Precision::microseconds: return std::chrono::floor<std::chrono::microseconds>(time);
  }
  return std::chrono::floor<std::chrono::milliseconds>(time);
}

constexpr std::size_t most_fields = 128;

// The value as a message names it: `the string "256"`.
std::string shown(const Node& node) {
  switch (node.kind) {
    case Node::Kind::boolean:
    case Node::Kind::null: return write_json(node);
    case Node::Kind::integer:
    case Node::Kind::number: return "the number " + write_json(node);
    case Node::Kind::string: return "the string " + quote_text(node.text);
    case Node::Kind::list:
    case Node::Kind::map: return std::string(describe_kind(node.kind));
  }
  return {};
}

// The integer that the node stands for: 3 and 3.0, never "3".
std::optional<std::int64_t> whole(const Node& node) {
  if (node.kind == Node::Kind::integer) return node.integer;
  constexpr double bound = 9223372036854775808.0;  // 2^63
  if (node.kind != Node::Kind::number || std::trunc(node.number) != node.number) return std::nullopt;
  if (node.number < -bound || node.number >= bound) return std::nullopt;
  return static_cast<std::int64_t>(node.number);
}

class Decoder {
 public:
  Decoder(const DecodeOptions& options, std::vector<Warning>* warnings) : options_(options), warnings_(warnings) {}

  void decode_value(const Node& node, const Type& type, const Field* field, void* value, const Path& path);
  Status finish(const Type& type) &&;

 private:
  enum class Severity { shape, limit };

  void decode_object(const Node& node, const Type& type, void* object, const Path& path);
  void decode_list(const Node& node, const Type& type, const Field* field, void* list, const Path& path);
  void decode_map(const Node& node, const Type& type, const Field* field, void* map, const Path& path);
  void decode_boolean(const Node& node, void* value, const Path& path);
  void decode_integer(const Node& node, const Type& type, const Field* field, void* value, const Path& path);
  void decode_string(const Node& node, const Field* field, void* value, const Path& path);
  void decode_time(const Node& node, const Field* field, void* value, const Path& path);
  void decode_duration(const Node& node, const Field* field, void* value, const Path& path);
  void decode_enumeration(const Node& node, const Type& type, void* value, const Path& path);
  void decode_raw(const Node& node, void* value, const Path& path);
  void unknown_field(const Type& type, std::string_view name, const Node& node, const Path& path);
  void check_required(const Node& node, const Type& type, const void* value, const Path& path);

  std::string expected(std::string_view what, const Node& node) const;
  std::string quote_hint(const Node& node) const;
  std::string placed(const Path& path, Mark mark) const;
  void add(Severity severity, const Path& path, Mark mark, std::string message, std::string_view reason);
  void wrong_type(const Path& path, const Node& node, std::string message) {
    add(Severity::shape, path, node.mark, std::move(message), reason::wrong_type);
  }
  void check(std::optional<Finding> finding, const Path& path, const Node& node) {
    if (finding) add(Severity::limit, path, node.mark, std::move(finding->message), finding->reason);
  }

  const DecodeOptions& options_;
  std::vector<Warning>* warnings_;
  std::vector<Cause> causes_;
  std::size_t findings_ = 0;
  bool malformed_ = false;
  bool sensitive_ = false;  // inside a field whose values no message may show
};

std::string Decoder::expected(std::string_view what, const Node& node) const {
  return str("must be ", what, ", not ", sensitive_ ? std::string(describe_kind(node.kind)) : shown(node));
}

// For a scalar where a string is expected.
std::string Decoder::quote_hint(const Node& node) const {
  const bool scalar =
      node.kind == Node::Kind::boolean || node.kind == Node::Kind::integer || node.kind == Node::Kind::number;
  if (!scalar) return {};
  return sensitive_ ? " (write it in quotes)" : str(" (write it in quotes: \"", write_json(node), "\")");
}

std::string Decoder::placed(const Path& path, Mark mark) const {
  std::string field = path.text();
  if (options_.source.empty()) return field;
  std::string place(options_.source);
  if (mark.line > 0) place += str(':', mark.line, ':', mark.column);
  return field.empty() ? place : str(place, ": ", field);
}

void Decoder::add(Severity severity, const Path& path, Mark mark, std::string message, std::string_view reason) {
  if (severity == Severity::shape) malformed_ = true;
  if (++findings_ > limits::causes) return;
  causes_.push_back(Cause{placed(path, mark), std::move(message), std::string(reason)});
}

Status Decoder::finish(const Type& type) && {
  if (findings_ == 0) return {};
  std::string message(type.name.empty() ? "the document" : type.name);
  message += malformed_ ? " is malformed" : " is invalid";
  // Some clients show nothing but the message; with a source, the causes stand under it with their places.
  if (options_.source.empty() && !causes_.empty()) {
    const Cause& first = causes_.front();
    message += first.field.empty() ? str(": ", first.message) : str(": ", first.field, ": ", first.message);
  }
  if (findings_ > causes_.size()) message += str(" (the first ", causes_.size(), " of ", findings_, " findings)");
  return Error{malformed_ ? Code::malformed : Code::invalid, std::move(message), std::move(causes_)};
}

void Decoder::decode_value(const Node& node, const Type& type, const Field* field, void* value, const Path& path) {
  switch (type.shape) {
    case Shape::boolean: return decode_boolean(node, value, path);
    case Shape::integer: return decode_integer(node, type, field, value, path);
    case Shape::string: return decode_string(node, field, value, path);
    case Shape::time: return decode_time(node, field, value, path);
    case Shape::duration: return decode_duration(node, field, value, path);
    case Shape::enumeration: return decode_enumeration(node, type, value, path);
    case Shape::raw: return decode_raw(node, value, path);
    case Shape::optional: return decode_value(node, *type.element(), field, type.emplace(value), path);
    case Shape::list: return decode_list(node, type, field, value, path);
    case Shape::map: return decode_map(node, type, field, value, path);
    case Shape::object: return decode_object(node, type, value, path);
  }
}

void Decoder::decode_object(const Node& node, const Type& type, void* object, const Path& path) {
  if (!node.is_map()) return wrong_type(path, node, expected("a map", node));
  MUSTER_ASSERT(type.fields.size() <= most_fields);
  std::bitset<most_fields> given;
  std::size_t next = 0;  // documents mostly have the order of the description
  for (const auto& [name, value] : node.members) {
    std::size_t tried = 0;
    while (tried < type.fields.size() && type.fields[next].name != name) {
      next = next + 1 < type.fields.size() ? next + 1 : 0;
      ++tried;
    }
    if (tried == type.fields.size()) {
      unknown_field(type, name, value, path.field(name));
      continue;
    }
    if (value.is_null()) continue;
    given.set(next);
    const Field& field = type.fields[next];
    const Path inner = path.field(field.name);
    if (field.get == nullptr) {
      if (!value.is_string()) wrong_type(inner, value, expected("a string", value));
      continue;
    }
    void* member = field.get(object);
    const std::size_t before = findings_;
    const bool outside = std::exchange(sensitive_, sensitive_ || field.sensitive);
    decode_value(value, *field.type(), &field, member, inner);
    sensitive_ = outside;
    if (field.required && findings_ == before) check_required(value, *field.type(), member, inner);
  }
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    const Field& field = type.fields[i];
    if (!field.required || given.test(i)) continue;
    add(Severity::limit, path.field(field.name), node.mark, "is required", reason::required);
  }
}

void Decoder::check_required(const Node& node, const Type& type, const void* value, const Path& path) {
  const Type& inner = type.shape == Shape::optional ? *type.element() : type;
  const void* content = type.shape == Shape::optional ? inside_of(type, value) : value;
  const bool can_be_empty = inner.shape == Shape::string || inner.shape == Shape::list || inner.shape == Shape::map ||
                            inner.shape == Shape::time || inner.shape == Shape::enumeration;
  if (!can_be_empty || !is_empty(inner, content)) return;
  add(Severity::limit, path, node.mark, "is required and must not be empty", reason::required);
}

void Decoder::unknown_field(const Type& type, std::string_view name, const Node& node, const Path& path) {
  if (options_.unknown == Unknown::ignore) return;
  const bool warn = options_.unknown == Unknown::warn;
  // A document may hold any number of them; finding suggestions costs more than the rest.
  if (warn ? warnings_ == nullptr || warnings_->size() >= limits::causes : findings_ >= limits::causes) {
    if (!warn) add(Severity::shape, path, node.mark, {}, {});
    return;
  }
  std::vector<std::string_view> names;
  names.reserve(type.fields.size());
  for (const Field& field : type.fields) names.push_back(field.name);
  std::string message = "unknown field" + suggestion(name, names);
  if (warn) {
    warnings_->push_back(Warning{placed(path, node.mark), std::move(message)});
  } else {
    add(Severity::shape, path, node.mark, std::move(message), reason::invalid);
  }
}

void Decoder::decode_list(const Node& node, const Type& type, const Field* field, void* list, const Path& path) {
  if (!node.is_list()) return wrong_type(path, node, expected("a list", node));
  // After a member initialiser the list may have items already.
  if (type.count(list) > 0) type.reset(list);
  check(check_count(field, node.items.size()), path, node);
  const Type& element = *type.element();
  const std::size_t before = findings_;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    decode_value(node.items[i], element, field, type.append(list), path.item(i));
  }
  if (field == nullptr || findings_ != before) return;
  for (const Repeated& repeated : repeated_keys(type, *field, list)) {
    const Node& item = node.items[repeated.index];
    const Node* key = item.find(field->list_keys.front());
    const Path inner = path.item(repeated.index);
    check(repeated_key(*field, repeated), inner.field(field->list_keys.front()), key != nullptr ? *key : item);
  }
}

void Decoder::decode_map(const Node& node, const Type& type, const Field* field, void* map, const Path& path) {
  if (!node.is_map()) return wrong_type(path, node, expected("a map", node));
  if (type.count(map) > 0) type.reset(map);
  check(check_count(field, node.members.size()), path, node);
  const Type& element = *type.element();
  for (const auto& [key, value] : node.members) {
    if (value.is_null()) continue;
    const Path inner = path.key(key);
    check(check_key(field, key), inner, value);
    void* target = type.insert(map, key);
    if (element.shape != Shape::string) {
      decode_value(value, element, field, target, inner);
      continue;
    }
    decode_string(value, nullptr, target, inner);  // the field's pattern is for the keys
    if (value.is_string()) check(check_map_text(field, value.text), inner, value);
  }
}

void Decoder::decode_boolean(const Node& node, void* value, const Path& path) {
  if (node.kind != Node::Kind::boolean) {
    const bool text = node.is_string() && (node.text == "true" || node.text == "false");
    return wrong_type(path, node, expected("true or false", node) + (text ? " (remove the quotes)" : ""));
  }
  *static_cast<bool*>(value) = node.boolean;
}

void Decoder::decode_integer(const Node& node, const Type& type, const Field* field, void* value, const Path& path) {
  std::optional<std::int64_t> number = whole(node);
  if (node.is_string()) {
    const std::optional<std::int64_t> text = parse_int(node.text);
    const bool as_text = field != nullptr && field->as_text;
    if (as_text && node.text.empty()) return;
    if (as_text) number = text;
    if (!number) {
      return wrong_type(path, node, expected("an integer", node) + (text && !as_text ? " (remove the quotes)" : ""));
    }
  }
  if (!number && node.kind == Node::Kind::number && std::trunc(node.number) == node.number) {
    return add(Severity::limit, path, node.mark, str("must be from ", type.lowest, " to ", type.highest),
               reason::invalid);
  }
  if (!number) return wrong_type(path, node, expected("an integer", node));
  if (auto finding = check_integer(type, field, *number)) return check(std::move(finding), path, node);
  type.store(value, *number);
}

void Decoder::decode_string(const Node& node, const Field* field, void* value, const Path& path) {
  if (!node.is_string()) return wrong_type(path, node, expected("a string", node) + quote_hint(node));
  *static_cast<std::string*>(value) = node.text;
  if (!node.text.empty()) check(check_text(field, node.text), path, node);
}

void Decoder::decode_time(const Node& node, const Field* field, void* value, const Path& path) {
  constexpr std::string_view what = "a time such as \"2026-11-22T20:00:00Z\"";
  if (!node.is_string()) return wrong_type(path, node, expected(what, node));
  auto time = parse_time(node.text);
  if (!time.ok()) return wrong_type(path, node, expected(what, node));
  *static_cast<Time*>(value) = at_precision(field, *time);
}

void Decoder::decode_duration(const Node& node, const Field* field, void* value, const Path& path) {
  constexpr std::string_view what = "a duration such as \"30s\" or \"1h30m\"";
  if (!node.is_string()) {
    const std::string hint =
        node.kind == Node::Kind::integer ? str(" (write \"", node.integer, "s\" for seconds)") : std::string();
    return wrong_type(path, node, expected(what, node) + hint);
  }
  auto duration = parse_duration(node.text);
  if (!duration.ok()) return wrong_type(path, node, expected(what, node));
  *static_cast<Duration*>(value) = *duration;
  check(check_duration(field, *duration), path, node);
}

void Decoder::decode_raw(const Node& node, void* value, const Path& path) {
  if (depth_of(node) > limits::raw_depth) {
    return check(Finding{str("must not be nested deeper than ", limits::raw_depth, " levels"), reason::too_many}, path,
                 node);
  }
  static_cast<Raw*>(value)->json = write_json(node);
}

void Decoder::decode_enumeration(const Node& node, const Type& type, void* value, const Path& path) {
  if (!node.is_string()) return wrong_type(path, node, expected("a string", node) + quote_hint(node));
  std::string allowed;
  for (std::size_t i = 0; i < type.enumerators.size(); ++i) {
    if (type.enumerators[i] == node.text) return type.store(value, static_cast<std::int64_t>(i));
  }
  for (const std::string_view name : type.enumerators) {
    if (!name.empty()) allowed += allowed.empty() ? std::string(name) : str(", ", name);
  }
  add(Severity::limit, path, node.mark,
      str("must be one of ", allowed, "; not ", quote_text(node.text), suggestion(node.text, type.enumerators)),
      reason::not_supported);
}

}  // namespace

Status decode(const Node& node, const Type& type, void* value, const DecodeOptions& options,
              std::vector<Warning>* warnings) {
  type.reset(value);
  Decoder decoder(options, warnings);
  decoder.decode_value(node, type, nullptr, value, Path::root({}));
  return std::move(decoder).finish(type);
}

}  // namespace muster
