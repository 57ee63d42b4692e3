// Bytes of the feed of commits -> whole commits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/error.h"
#include "api/types/kinds.h"

namespace muster::client {

struct FeedChange {
  std::shared_ptr<Object> object;  // with the change's revision as its resourceVersion
  bool deleted = false;
  std::shared_ptr<const std::string> json;
};

class FeedReader {
 public:
  // Everything up to the revision; without changes when it is only a sign of life. An Error ends the reading.
  using OnCommit = std::function<Status(std::vector<FeedChange> changes, std::int64_t revision)>;
  explicit FeedReader(OnCommit on_commit) : on_commit_(std::move(on_commit)) {}

  // An Error ends the reading: the server's own, sent as an event, or Code::malformed or too_large for what is no feed.
  Status read(std::string_view bytes);

 private:
  Status read_line(std::string_view line);

  OnCommit on_commit_;
  std::string rest_;  // a line that has no end yet
  std::vector<FeedChange> changes_;
  std::size_t bytes_ = 0;  // of changes_
};

}  // namespace muster::client
