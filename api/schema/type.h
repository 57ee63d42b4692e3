// The run-time description of a struct: what decoding, encoding, defaulting, validation, merging, `explain` and OpenAPI
// walk. Descriptions are built by api/schema/describe.h; values are reached through erased pointers, only in this
// folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/time.h"

namespace muster {

enum class Shape : std::uint8_t {
  boolean,
  integer,  // C++ int32_t, int64_t
  string,
  time,         // muster::Time
  duration,     // muster::Duration, as text such as "30s"
  enumeration,  // an enum class counting from 0, by name
  raw,          // muster::Raw: any JSON value, kept as text
  optional,     // std::optional<element>
  list,         // std::vector<element>
  map,          // std::map<std::string, element, std::less<>>
  object,       // a struct with described fields
};

// Who may change a status field, for the documentation and for admission.
enum class Writer : std::uint8_t { user, server, scheduler, service, instance, agent, task_run };

struct Type;

// How a time is written: without fraction, with three digits if they are not zero, or always with six (Kubernetes:
// Time and MicroTime, whose readers in Go insist).
enum class Precision { seconds, milliseconds, microseconds };

// What a string must look like. `check` is pure; `rule` completes "must be ...".
struct Pattern {
  bool (*check)(std::string_view text) = nullptr;
  std::string_view rule;
};

struct Field {
  std::string_view name;  // on the wire
  std::string_view doc;   // one or more sentences for users
  const Type* (*type)() = nullptr;
  void* (*get)(void* object) = nullptr;  // the member inside the object; null for an unstored field

  bool required = false;                          // must be given and not be empty
  bool immutable = false;                         // may not change after create
  Precision precision = Precision::milliseconds;  // of a time; what is finer is dropped when it is read
  bool as_text = false;                           // an integer written as a JSON string (resourceVersion)
  bool keep_zero = false;                         // written even when zero or empty (see encode.h)
  bool sensitive = false;                         // its values appear in the object itself only; see conceal.h
  bool atomic = false;                            // a list, map or struct that server-side apply treats as one value
  std::optional<std::int64_t> minimum, maximum;   // of an integer
  std::optional<Duration> shortest, longest;      // of a duration
  std::optional<std::size_t> max_length;          // bytes of a string; of every item of a list or map of strings
  std::optional<std::size_t> max_items;           // of a list or map
  Pattern pattern;                          // of a string; of every item of a list of strings; of every key of a map
  std::vector<std::string_view> list_keys;  // names of the fields that tell the items of a list apart ("name")
  Writer writer = Writer::user;
  std::string_view ecs;  // where the rule comes from, when it differs from the field's own name
};

struct Type {
  Shape shape = Shape::object;
  std::string_view name;  // of an object or enumeration: "ServiceSpec"
  std::string_view doc;

  std::vector<Field> fields;                  // object
  std::vector<std::string_view> enumerators;  // enumeration; an empty name stands for "not set" and is never written
  const Type* (*element)() = nullptr;         // optional, list, map

  bool (*equal)(const void* left, const void* right) = nullptr;
  void (*reset)(void* value) = nullptr;  // to a value-initialised one, with the member initialisers' defaults
  void (*assign)(void* to, const void* from) = nullptr;
  const void* (*fresh)() = nullptr;  // a value-initialised one, for defaults

  std::int64_t (*load)(const void* value) = nullptr;          // integer, enumeration
  void (*store)(void* value, std::int64_t number) = nullptr;  // integer (in range), enumeration (a valid index)
  std::int64_t lowest = 0, highest = 0;                       // integer: of the C++ type

  bool (*has)(const void* value) = nullptr;  // optional
  void* (*inside)(void* value) = nullptr;    // optional: only when has()
  void* (*emplace)(void* value) = nullptr;   // optional: makes a fresh element

  std::size_t (*count)(const void* value) = nullptr;             // list, map
  void* (*item)(void* value, std::size_t index) = nullptr;       // list
  void* (*append)(void* value) = nullptr;                        // list: adds a fresh element
  void* (*insert)(void* value, std::string_view key) = nullptr;  // map: adds or finds
  // map: calls back for each entry in order of the keys
  void (*each)(const void* value, void* context,
               void (*call)(void* context, const std::string& key, const void* element)) = nullptr;

  const Field* find(std::string_view field) const {
    for (const Field& candidate : fields) {
      if (candidate.name == field) return &candidate;
    }
    return nullptr;
  }
};

// Equality of two objects, field by field, for structs without operator==.
bool equal_fields(const Type& type, const void* left, const void* right);
// Whether the value is what encoding leaves out: an unset optional or time, an empty string, list or map, a false
// boolean, a zero integer or duration, the enumerator without name, an object all of whose fields are left out (see
// encode.h).
bool is_empty(const Type& type, const void* value);
// Whether `value`, the member `field` of an object of `owner`, is left out: it is empty, and so is the member's
// default.
bool is_left_out(const Type& owner, const Field& field, const void* value);
// The member inside the object, for reading.
const void* member_of(const Field& field, const void* object);
// The element of an optional that is set, for reading; the item of a list.
const void* inside_of(const Type& type, const void* value);
const void* item_of(const Type& type, const void* value, std::size_t index);

}  // namespace muster
