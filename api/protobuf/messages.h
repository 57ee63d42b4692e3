// The field numbers of Kubernetes' messages, as in the generated.proto files of k8s.io/api. For this folder only.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace muster::protobuf {

struct Message;

enum class Form : std::uint8_t {
  text,
  bytes,  // base64 in JSON
  boolean,
  integer,
  time,       // Time and MicroTime: seconds and nanoseconds
  json,       // FieldsV1: one field with a JSON text
  message,    // `inner`
  text_map,   // to strings
  bytes_map,  // to base64
  texts_map,  // to lists of strings (ExtraValue)
};

enum class Presence : std::uint8_t {
  plain,     // encoders write zero values of it too, which JSON leaves out
  pointer,   // present only when it is set, and then its zero counts
  repeated,  // a list
};

struct Row {
  std::uint32_t number;
  std::string_view name;  // in JSON
  Form form;
  Presence presence = Presence::plain;
  const Message* inner = nullptr;
};

struct Message {
  std::span<const Row> rows;
};

// The message of a kind, or null.
const Message* find_message(std::string_view api_version, std::string_view kind);

}  // namespace muster::protobuf
