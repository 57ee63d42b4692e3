#include "api/base/error.h"

#include <gtest/gtest.h>

#include <memory>

#include "api/base/assert.h"

namespace muster {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return Error{Code::invalid, "odd", {}};
  return value / 2;
}

Result<int> quarter(int value) {
  TRY(const int first, half(value));
  TRY(const int second, half(first));
  return second;
}

Status check(int value) {
  TRY_VOID(quarter(value));
  return {};
}

TEST(error, try_hands_errors_on) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message, "odd");
  EXPECT_TRUE(check(4).ok());
  EXPECT_EQ(check(2).error().code, Code::invalid);
}

TEST(error, under_adds_context_and_keeps_the_code) {
  const Error error = Error{Code::conflict, "changed", {{"spec", "differs", ""}}}.under("service web");
  EXPECT_EQ(error.message, "service web: changed");
  EXPECT_EQ(error.code, Code::conflict);
  EXPECT_EQ(error.text(), "service web: changed\n  spec: differs");
}

TEST(error, result_carries_what_only_moves) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(3));
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 3);
}

TEST(error, only_passing_trouble_is_retried) {
  EXPECT_TRUE(retryable(Code::unavailable));
  EXPECT_TRUE(retryable(Code::conflict));
  EXPECT_FALSE(retryable(Code::invalid));
  EXPECT_FALSE(retryable(Code::internal));
}

TEST(error, codes_have_different_names) {
  EXPECT_EQ(code_name(Code::not_found), "not_found");
  EXPECT_EQ(code_name(Code::too_many), "too_many");
}

TEST(assertion, stops_the_process_and_says_where) {
  MUSTER_ASSERT(1 + 1 == 2);
  EXPECT_DEATH(MUSTER_ASSERT(1 + 1 == 3), "assertion failed: 1 \\+ 1 == 3 .*error_test.cpp");
}

}  // namespace
}  // namespace muster
