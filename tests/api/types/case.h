// A rule as a test row: a valid object, a merge patch that breaks the rule, and the finding that must follow.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "api/schema/json.h"
#include "api/types/kinds.h"

namespace muster::testing {

struct Case {
  const char* name;
  std::string_view patch;    // RFC 7386, over the valid object
  std::string_view field;    // of the finding; empty: nothing is wrong
  std::string_view message;  // part of it
};

inline void PrintTo(const Case& row, std::ostream* out) {
  *out << row.name;
}

inline std::string name_of_case(const ::testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

// Decoding, defaults and validation, as an object that comes over the wire passes them.
inline Status admit_text(std::string_view valid, std::string_view patch) {
  TRY(Node node, parse_json(valid));
  TRY(const Node changes, parse_json(patch));
  merge_patch(node, changes);
  TRY(const std::shared_ptr<Object> object, decode_object(node, nullptr, {}, nullptr));
  object->kind->defaults(*object);
  return validate_object(*object);
}

inline void expect_case(std::string_view valid, const Case& row) {
  const Status status = admit_text(valid, row.patch);
  if (row.field.empty() && row.message.empty()) {
    EXPECT_TRUE(status.ok()) << status.error().text();
    return;
  }
  ASSERT_FALSE(status.ok()) << "nothing was found wrong";
  EXPECT_EQ(status.error().code, Code::invalid) << status.error().text();
  bool found = false;
  for (const Cause& cause : status.error().causes) {
    found = found || (cause.field == row.field && cause.message.find(row.message) != std::string::npos);
  }
  EXPECT_TRUE(found) << status.error().text();
}

}  // namespace muster::testing
