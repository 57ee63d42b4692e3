// Which index values an object has (see enum Index): the one place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/state/state.h"

namespace muster {

// The index entries of one object, sorted. Kept in one piece of memory: they are made for every write.
class IndexEntries {
 public:
  IndexEntries(const Object& object, std::string_view object_key);

  const std::vector<std::string_view>& sorted() const { return sorted_; }
  IndexEntries(const IndexEntries&) = delete;
  IndexEntries& operator=(const IndexEntries&) = delete;

 private:
  std::string bytes_;
  std::vector<std::string_view> sorted_;  // into bytes_
};

}  // namespace muster
