// A small object model with every shape and every rule, for the tests of api/schema.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/time.h"
#include "api/schema/describe.h"
#include "api/schema/node.h"
#include "api/schema/raw.h"

namespace muster::sample {

enum class Mode { replica, daemon };
enum class Reason { none, failed, user_initiated };

struct Port {
  std::int32_t container_port = 0;
  std::int32_t host_port = 0;
  bool operator==(const Port&) const = default;
};

struct Container {
  std::string name;
  std::string image;
  std::int32_t cpu = 0;
  std::optional<std::int32_t> memory;
  bool essential = true;
  std::vector<std::string> command;
  std::vector<Port> ports;
  std::map<std::string, std::string, std::less<>> labels;
  bool operator==(const Container&) const = default;
};

struct Rollout {
  std::int32_t maximum = 200;
  std::int32_t minimum = 100;
  Duration settle{};
  bool operator==(const Rollout&) const = default;
};

struct Spec {
  std::string family;
  std::int32_t desired_count = 1;
  Mode mode = Mode::replica;
  Reason reason = Reason::none;
  std::vector<Container> containers;
  Rollout rollout;
  std::optional<Rollout> canary;
  std::optional<Duration> lost_after;
  std::map<std::string, Port, std::less<>> named_ports;
  std::string tier = "standard";
  std::vector<std::string> zones;
  bool paused = false;
  Raw extra;
  bool operator==(const Spec&) const = default;
};

struct Meta {
  std::string name;
  std::int64_t resource_version = 0;
  Time created{};
  Time observed{};
  std::map<std::string, std::string, std::less<>> labels;
  std::optional<bool> controller;
  bool operator==(const Meta&) const = default;
};

struct Base {
  const void* kind = nullptr;
  Meta metadata;
};
struct Thing : Base {
  using base_of_kind = Base;
  Spec spec;
};

// Parses, or ends the program: for texts that the tests themselves write.
Node parsed(std::string_view json);
// Random values of all fields, nasty strings included.
std::string random_text(std::mt19937_64& random);
Thing random_thing(std::mt19937_64& random);
// Any JSON value with at most so many levels.
Node random_node(std::mt19937_64& random, int depth);

}  // namespace muster::sample

namespace muster {
template <>
Type Describe<sample::Mode>::type();
template <>
Type Describe<sample::Reason>::type();
template <>
Type Describe<sample::Port>::type();
template <>
Type Describe<sample::Container>::type();
template <>
Type Describe<sample::Rollout>::type();
template <>
Type Describe<sample::Spec>::type();
template <>
Type Describe<sample::Meta>::type();
template <>
Type Describe<sample::Thing>::type();
}  // namespace muster
