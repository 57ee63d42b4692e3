// From a struct to its Type, once:
//
//   template <> Type Describe<ServiceSpec>::type() {
//     return object<ServiceSpec>("Keeps a number of identical tasks running.",
//         field<&ServiceSpec::task_definition>("taskDefinition", "The definition to run.").required(),
//         field<&ServiceSpec::desired_count>("desiredCount", "How many tasks to keep.").range(0, 100'000));
//   }
//
// Forgetting a member of an aggregate without base does not compile. The only template-heavy header of the object
// model.
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "api/base/time.h"
#include "api/schema/raw.h"
#include "api/schema/type.h"

namespace muster {

// Specialise `type()` in the .cpp of the struct or enum.
template <class T>
struct Describe {
  static Type type();
};

// The one description of T, made at first use.
template <class T>
const Type* type_of();

namespace describe_detail {

struct Anything {
  template <class T>
  operator T() const;  // NOLINT: converts to whatever a member needs; never called
};
template <class T, std::size_t... I>
constexpr bool brace_constructible(std::index_sequence<I...>) {
  return requires {
    T{(static_cast<void>(I), Anything{})...};
  };
}
// The number of members of an aggregate without base classes.
template <class T, std::size_t N = 64>
constexpr std::size_t arity() {
  if constexpr (N == 0 || brace_constructible<T>(std::make_index_sequence<N>{})) {
    return N;
  } else {
    return arity<T, N - 1>();
  }
}

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T, std::less<>>> : std::true_type {};

template <class T>
void add_value_operations(Type& type) {
  if constexpr (requires { typename T::base_of_kind; }) {
    // A kind has no operator==, and which kind it is does not change with its fields.
    type.equal = [](const void* left, const void* right) { return equal_fields(*type_of<T>(), left, right); };
    type.reset = [](void* value) {
      T fresh{};
      fresh.kind = static_cast<T*>(value)->kind;
      *static_cast<T*>(value) = std::move(fresh);
    };
  } else {
    type.equal = [](const void* left, const void* right) {
      return *static_cast<const T*>(left) == *static_cast<const T*>(right);
    };
    type.reset = [](void* value) { *static_cast<T*>(value) = T{}; };
    type.assign = [](void* to, const void* from) { *static_cast<T*>(to) = *static_cast<const T*>(from); };
  }
  type.fresh = []() -> const void* {
    static const T value{};
    return &value;
  };
}

template <class T>
Type make_type() {
  Type type;
  if constexpr (std::is_same_v<T, bool>) {
    type.shape = Shape::boolean;
  } else if constexpr (std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t>) {
    type.shape = Shape::integer;
    type.load = [](const void* value) { return static_cast<std::int64_t>(*static_cast<const T*>(value)); };
    type.store = [](void* value, std::int64_t number) { *static_cast<T*>(value) = static_cast<T>(number); };
    type.lowest = std::numeric_limits<T>::min();
    type.highest = std::numeric_limits<T>::max();
  } else if constexpr (std::is_same_v<T, std::string>) {
    type.shape = Shape::string;
  } else if constexpr (std::is_same_v<T, Time>) {
    type.shape = Shape::time;
  } else if constexpr (std::is_same_v<T, Duration>) {
    type.shape = Shape::duration;
  } else if constexpr (std::is_same_v<T, Raw>) {
    type.shape = Shape::raw;
  } else if constexpr (IsOptional<T>::value) {
    type.shape = Shape::optional;
    type.element = &type_of<typename T::value_type>;
    type.has = [](const void* value) { return static_cast<const T*>(value)->has_value(); };
    type.inside = [](void* value) -> void* { return &**static_cast<T*>(value); };
    type.emplace = [](void* value) -> void* { return &static_cast<T*>(value)->emplace(); };
  } else if constexpr (IsList<T>::value) {
    type.shape = Shape::list;
    type.element = &type_of<typename T::value_type>;
    type.count = [](const void* value) { return static_cast<const T*>(value)->size(); };
    type.item = [](void* value, std::size_t index) -> void* { return &(*static_cast<T*>(value))[index]; };
    type.append = [](void* value) -> void* { return &static_cast<T*>(value)->emplace_back(); };
  } else if constexpr (IsMap<T>::value) {
    type.shape = Shape::map;
    type.element = &type_of<typename T::mapped_type>;
    type.count = [](const void* value) { return static_cast<const T*>(value)->size(); };
    type.insert = [](void* value, std::string_view key) -> void* {
      T& map = *static_cast<T*>(value);
      if (map.empty() || map.rbegin()->first < key) return &map.try_emplace(map.end(), std::string(key))->second;
      return &map[std::string(key)];  // programs send them in order, people do not
    };
    type.each = [](const void* value, void* context, void (*call)(void*, const std::string&, const void*)) {
      for (const auto& [key, element] : *static_cast<const T*>(value)) call(context, key, &element);
    };
  } else {
    type = Describe<T>::type();
  }
  if (type.equal == nullptr) add_value_operations<T>(type);
  return type;
}

template <class M>
struct MemberOf;
template <class Owner, class Member>
struct MemberOf<Member Owner::*> {
  using member = Member;
};

// A field under construction: Field with the member pointer in its type and chained setters.
template <auto Pointer>
struct FieldBuilder {
  Field field;

  FieldBuilder&& required() && { return field.required = true, std::move(*this); }
  FieldBuilder&& immutable() && { return field.immutable = true, std::move(*this); }
  FieldBuilder&& whole_seconds() && { return field.precision = Precision::seconds, std::move(*this); }
  FieldBuilder&& microseconds() && { return field.precision = Precision::microseconds, std::move(*this); }
  FieldBuilder&& as_text() && { return field.as_text = true, std::move(*this); }
  FieldBuilder&& keep_zero() && { return field.keep_zero = true, std::move(*this); }
  FieldBuilder&& sensitive() && { return field.sensitive = true, std::move(*this); }
  FieldBuilder&& atomic() && { return field.atomic = true, std::move(*this); }
  FieldBuilder&& range(std::int64_t minimum, std::int64_t maximum) && {
    return field.minimum = minimum, field.maximum = maximum, std::move(*this);
  }
  FieldBuilder&& between(Duration shortest, Duration longest) && {
    return field.shortest = shortest, field.longest = longest, std::move(*this);
  }
  FieldBuilder&& max_length(std::size_t bytes) && { return field.max_length = bytes, std::move(*this); }
  FieldBuilder&& max_items(std::size_t items) && { return field.max_items = items, std::move(*this); }
  FieldBuilder&& pattern(Pattern pattern) && { return field.pattern = pattern, std::move(*this); }
  template <class... Names>
  FieldBuilder&& keyed_by(Names... keys) && {
    return field.list_keys = {std::string_view(keys)...}, std::move(*this);
  }
  FieldBuilder&& written_by(Writer writer) && { return field.writer = writer, std::move(*this); }
};

}  // namespace describe_detail

template <auto Pointer>
describe_detail::FieldBuilder<Pointer> field(std::string_view name, std::string_view doc) {
  describe_detail::FieldBuilder<Pointer> builder;
  builder.field.name = name;
  builder.field.doc = doc;
  builder.field.type = &type_of<typename describe_detail::MemberOf<decltype(Pointer)>::member>;
  return builder;
}

// A text that belongs to the document but to no member of the struct (apiVersion, kind): decoding checks that it is a
// string and leaves it to the caller, encoding leaves it out. Only in structs with `base_of_kind`.
inline describe_detail::FieldBuilder<nullptr> unstored_field(std::string_view name, std::string_view doc) {
  describe_detail::FieldBuilder<nullptr> builder;
  builder.field.name = name;
  builder.field.doc = doc;
  builder.field.type = &type_of<std::string>;
  return builder;
}

// The description of a struct. `name` is the schema's name in OpenAPI ("ServiceSpec").
template <class T, auto... Pointers>
Type object(std::string_view name, std::string_view doc, describe_detail::FieldBuilder<Pointers>... builders) {
  if constexpr (std::is_aggregate_v<T> && !requires { typename T::base_of_kind; }) {
    static_assert(sizeof...(Pointers) == describe_detail::arity<T>(), "every member needs its field<...>() line");
  }
  Type type;
  type.shape = Shape::object;
  type.name = name;
  type.doc = doc;
  type.fields.reserve(sizeof...(Pointers));
  (
      [&] {
        if constexpr (!std::is_null_pointer_v<decltype(Pointers)>) {
          builders.field.get = [](void* owner) -> void* { return &(static_cast<T*>(owner)->*Pointers); };
        }
        type.fields.push_back(std::move(builders.field));
      }(),
      ...);
  describe_detail::add_value_operations<T>(type);
  return type;
}

// The description of an enum class whose enumerators count from 0, by their names on the wire.
template <class T>
Type enumeration(std::string_view name, std::string_view doc, std::vector<std::string_view> enumerators) {
  static_assert(std::is_enum_v<T>);
  Type type;
  type.shape = Shape::enumeration;
  type.name = name;
  type.doc = doc;
  type.enumerators = std::move(enumerators);
  type.load = [](const void* value) { return static_cast<std::int64_t>(*static_cast<const T*>(value)); };
  type.store = [](void* value, std::int64_t number) { *static_cast<T*>(value) = static_cast<T>(number); };
  describe_detail::add_value_operations<T>(type);
  return type;
}

template <class T>
const Type* type_of() {
  static const Type type = describe_detail::make_type<T>();
  return &type;
}

// The wire name of an enumerator: name_of(LastStatus::running) is "RUNNING".
template <class T>
std::string_view name_of(T value) {
  static_assert(std::is_enum_v<T>);
  return type_of<T>()->enumerators.at(static_cast<std::size_t>(value));
}

}  // namespace muster
