// Collects what is wrong with an object, in Kubernetes' words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"

namespace muster {

// Appends to a list of causes that it does not own. Paths are relative to `root` ("spec"), which may be empty.
class Findings {
 public:
  explicit Findings(std::vector<Cause>& causes, std::string root = {}) : causes_(causes), root_(std::move(root)) {}

  // The same list, with `path` under this root: "spec" -> "spec.containerDefinitions[0]".
  Findings under(std::string_view path) const { return Findings(causes_, join(path)); }
  Findings under(std::string_view path, std::size_t index) const;

  // `Invalid value: "x": must be ...`
  void invalid(std::string_view path, std::string_view value, std::string_view detail) const;
  void invalid(std::string_view path, std::int64_t value, std::string_view detail) const;
  // `Required value: ...`
  void required(std::string_view path, std::string_view detail) const;
  // `Duplicate value: "x"`
  void duplicate(std::string_view path, std::string_view value) const;
  void duplicate(std::string_view path, std::int64_t value) const;
  // `Unsupported value: "x": supported values: a, b`
  void not_supported(std::string_view path, std::string_view value, std::string_view supported) const;
  // `Not found: "x"`
  void not_found(std::string_view path, std::string_view value) const;
  // `Forbidden: ...`
  void forbidden(std::string_view path, std::string_view detail) const;
  // `Too long: may not be more than N bytes`
  void too_long(std::string_view path, std::size_t highest) const;

 private:
  std::string join(std::string_view path) const;
  void add(std::string_view path, std::string message, std::string_view reason) const;

  std::vector<Cause>& causes_;
  std::string root_;
};

}  // namespace muster
