// The limits of a description, one value at a time: what decoding and validation share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/time.h"
#include "api/schema/type.h"

namespace muster {

// What is wrong with a value: "must be at most 5, not 7". The reason is Kubernetes' cause reason.
struct Finding {
  std::string message;
  std::string_view reason;
};

namespace reason {
inline constexpr std::string_view invalid = "FieldValueInvalid";
inline constexpr std::string_view required = "FieldValueRequired";
inline constexpr std::string_view duplicate = "FieldValueDuplicate";
inline constexpr std::string_view not_supported = "FieldValueNotSupported";
inline constexpr std::string_view too_long = "FieldValueTooLong";
inline constexpr std::string_view too_many = "FieldValueTooMany";
inline constexpr std::string_view wrong_type = "FieldValueTypeInvalid";
}  // namespace reason

// `field` may be null where a value is no field's: then only the C++ type's own limits hold.
std::optional<Finding> check_integer(const Type& type, const Field* field, std::int64_t value);
std::optional<Finding> check_duration(const Field* field, Duration value);
std::optional<Finding> check_text(const Field* field, std::string_view text);
// Of a map's value: only its length.
std::optional<Finding> check_map_text(const Field* field, std::string_view text);
std::optional<Finding> check_key(const Field* field, std::string_view key);
std::optional<Finding> check_count(const Field* field, std::size_t count);

// Items of a list that have the same values in its key fields as one before them: the position and the text of those
// values. Items without a value in the first key field are left to `required`.
struct Repeated {
  std::size_t index;
  std::string key;
};
std::vector<Repeated> repeated_keys(const Type& list, const Field& field, const void* value);
Finding repeated_key(const Field& field, const Repeated& repeated);

// The name that was probably meant, as `, did you mean "x"?`, or empty.
std::string suggestion(std::string_view text, const std::vector<std::string_view>& candidates);

}  // namespace muster
