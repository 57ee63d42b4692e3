// Errors as values. A function that can fail for a reason its caller must handle returns Result<T>.
// Exceptions of libraries never leave the file that includes the library.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace muster {

// The closed set of reasons a caller may branch on. Everything finer is text for people.
enum class Code {
  malformed,       // the bytes could not be understood (HTTP 400)
  invalid,         // understood, but breaks a rule of the kind (422)
  not_found,       // (404)
  already_exists,  // (409 AlreadyExists)
  conflict,        // somebody else wrote first, look again (409 Conflict)
  gone,            // the revision has been compacted (410)
  unauthorized,    // (401)
  forbidden,       // (403)
  not_allowed,     // the verb is not served here (405)
  unsupported,     // the body is in a format that is not read here (415)
  too_large,       // a limit on bytes or counts (413)
  too_many,        // slow down (429)
  unavailable,     // try again (503)
  timeout,         // (504)
  internal,        // a bug or a broken disk (500)
};

// One finding inside a larger error: where and what.
struct Cause {
  std::string field;    // "spec.containerDefinitions[0].image"; empty when the whole object is meant
  std::string message;  // "must not be empty"
  std::string reason;   // Kubernetes' cause reason, "FieldValueInvalid" when empty
  bool operator==(const Cause&) const = default;
};

struct [[nodiscard]] Error {
  Code code = Code::internal;
  std::string message;
  std::vector<Cause> causes;

  // Puts `context: ` before the message; the code stays.
  Error under(std::string_view context) &&;
  // The message, followed by one line a cause.
  std::string text() const;
};

// "not_found", "conflict" ... for logs and metrics.
std::string_view code_name(Code code);
// True when trying the same again later can succeed.
bool retryable(Code code);

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  const T& value() const& { return std::get<0>(state_); }
  T& value() & { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace muster

#define MUSTER_JOIN_(a, b) a##b
#define MUSTER_JOIN(a, b) MUSTER_JOIN_(a, b)
#define MUSTER_TRY_(name, declaration, expression) \
  auto name = (expression);                        \
  if (!name.ok()) return std::move(name).error();  \
  declaration = std::move(name).value()

// TRY(auto spec, decode(text)); leaves the function with the error, or declares the value.
#define TRY(declaration, expression) MUSTER_TRY_(MUSTER_JOIN(result_, __LINE__), declaration, expression)
// The same where there is no value.
#define TRY_VOID(expression)                                      \
  do {                                                            \
    auto result_void = (expression);                              \
    if (!result_void.ok()) return std::move(result_void).error(); \
  } while (false)
