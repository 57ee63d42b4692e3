// What kubectl was seen to ask and be told (tests/compat/transcripts), as values: reading, filling in, comparing.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/error.h"
#include "api/schema/node.h"

namespace muster::testing {

// One request and its answer. Texts may hold placeholders: "<uid 1>", "<rv 2>", "<name 1>", "<continue 1>" stand for
// one value each, "<time>" and "<age>" for any.
struct RecordedExchange {
  int line = 0;  // in the file
  std::string method, target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int status = 0;
  std::string type;  // Content-Type of the answer
  std::vector<std::string> warnings;
  std::vector<std::string> answer;    // its lines
  std::vector<std::string> events;    // of a watch
  std::vector<std::string> contains;  // of a document that is not kept whole

  bool is_watch() const;
};

// What the versions that are named talk alike.
struct RecordedSection {
  std::string versions;
  std::vector<RecordedExchange> exchanges;
};

Result<std::vector<RecordedSection>> read_transcript(std::string_view text);

// What the placeholders stand for in this run: learnt from the first answer that has one.
class Bindings {
 public:
  // The text with values in place of what is known; times become some time.
  std::string filled(std::string_view text) const;
  // Where and how the answer differs from what was recorded; empty when it does not.
  std::string difference(const Node& recorded, const Node& actual, const std::string& path = "");
  // The same of text.
  bool fits(std::string_view recorded, std::string_view actual);

 private:
  std::map<std::string, std::string, std::less<>> values_;  // by placeholder
};

}  // namespace muster::testing
