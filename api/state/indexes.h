// Which index values an object has (see enum Index): the one place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/state/state.h"

namespace muster {

// The index entries of one object. Kept in one piece of memory: they are made for every write.
class IndexEntries {
 public:
  IndexEntries(const Object& object, std::string_view object_key);

  // In order, each once; into this.
  std::vector<std::string_view> sorted() const;
  // True: these and the others are the same entries. What most writes come to; false says nothing.
  bool surely_same(const IndexEntries& other) const { return bytes_ == other.bytes_ && ends_ == other.ends_; }
  IndexEntries(const IndexEntries&) = delete;
  IndexEntries& operator=(const IndexEntries&) = delete;

 private:
  std::string bytes_;  // one entry behind the other, as they were collected
  std::vector<std::size_t> ends_;
};

}  // namespace muster
