// A JSON value that Muster keeps but does not interpret.
#pragma once

#include <string>

namespace muster {

struct Raw {
  std::string json;  // compact JSON text; empty means absent
  bool operator==(const Raw&) const = default;
};

}  // namespace muster
