// Reads the ECS task definitions beside the tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "api/schema/json.h"
#include "tests/support/source_dir.h"

namespace muster::testing {

inline Node sample(const std::string& name) {
  std::ifstream file(testing::source_dir() / "tests/api/ecs/samples" / name);
  EXPECT_TRUE(file.is_open()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  auto node = parse_json(text.str());
  EXPECT_TRUE(node.ok()) << name << ": " << node.error().text();
  return node.ok() ? *node : Node();
}

inline Node json(const std::string& text) {
  auto node = parse_json(text);
  EXPECT_TRUE(node.ok()) << text << ": " << node.error().text();
  return node.ok() ? *node : Node();
}

}  // namespace muster::testing
