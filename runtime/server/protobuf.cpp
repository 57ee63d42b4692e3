#include "runtime/server/protobuf.h"

#include <cstdint>
#include <optional>

#include "api/base/text.h"

namespace muster::server {
namespace {

constexpr std::string_view magic{"k8s\0", 4};

Error broken() {
  return Error{Code::malformed, "the body is not a protobuf message of Kubernetes", {}};
}

struct Field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;  // of a varint
  std::string_view bytes;   // of a length-delimited field
};

// Field by field through one message.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  Result<Field> next() {
    Field field;
    TRY(const std::uint64_t key, varint());
    field.number = key >> 3U;
    switch (key & 7U) {
      case 0: {
        TRY(field.value, varint());
        return field;
      }
      case 1: return take(8, field);
      case 2: {
        TRY(const std::uint64_t length, varint());
        return take(length, field);
      }
      case 5: return take(4, field);
      default: return broken();  // groups are not used
    }
  }

 private:
  Result<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    return broken();
  }
  Result<Field> take(std::uint64_t length, Field field) {
    if (length > rest_.size()) return broken();
    field.bytes = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return field;
  }

  std::string_view rest_;
};

// The last bytes of that field; empty when there are none.
Result<std::string_view> part(std::string_view message, std::uint64_t number) {
  std::string_view found;
  for (Reader reader(message); !reader.done();) {
    TRY(const Field field, reader.next());
    if (field.number == number) found = field.bytes;
  }
  return found;
}

// DeleteOptions{1 gracePeriodSeconds, 2 preconditions{1 uid, 2 resourceVersion}, 3 orphanDependents,
// 4 propagationPolicy, 5 dryRun[]}
Result<Node> options_of(std::string_view message) {
  Node out = Node::map();
  for (Reader reader(message); !reader.done();) {
    TRY(const Field field, reader.next());
    switch (field.number) {
      case 1: out.at("gracePeriodSeconds") = Node::of(static_cast<std::int64_t>(field.value)); break;
      case 2: {
        Node conditions = Node::map();
        TRY(const std::string_view uid, part(field.bytes, 1));
        TRY(const std::string_view revision, part(field.bytes, 2));
        if (!uid.empty()) conditions.at("uid") = Node::of(std::string(uid));
        if (!revision.empty()) conditions.at("resourceVersion") = Node::of(std::string(revision));
        out.at("preconditions") = std::move(conditions);
        break;
      }
      case 3: out.at("orphanDependents") = Node::of(field.value != 0); break;
      case 4: out.at("propagationPolicy") = Node::of(std::string(field.bytes)); break;
      case 5: {
        Node& values = out.at("dryRun");
        if (!values.is_list()) values = Node::list();
        values.items.push_back(Node::of(std::string(field.bytes)));
        break;
      }
      default: break;
    }
  }
  return out;
}

}  // namespace

Result<Node> read_protobuf_options(std::string_view body) {
  if (!body.starts_with(magic)) return broken();
  body.remove_prefix(magic.size());
  // Unknown{1 typeMeta{1 apiVersion, 2 kind}, 2 raw}
  TRY(const std::string_view type, part(body, 1));
  TRY(const std::string_view kind, part(type, 2));
  TRY(std::string_view raw, part(body, 2));
  if (kind == "Eviction") {
    TRY(raw, part(raw, 2));
  } else if (kind != "DeleteOptions") {
    return Error{Code::unsupported, str("protobuf bodies of kind ", kind, " are not supported here"), {}};
  }
  return options_of(raw);
}

}  // namespace muster::server
