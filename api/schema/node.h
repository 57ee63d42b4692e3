// A parsed document (JSON or YAML) as a tree of values that remember where they stood in the text.
// The edge's intermediate form: bytes -> Node -> typed struct. Nothing is kept in this form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

// A place in a text, both counted from 1; 0 means unknown.
struct Mark {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct Node {
  enum class Kind : std::uint8_t { null, boolean, integer, number, string, list, map };

  Kind kind = Kind::null;
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;  // also set for integers beyond 64 bits (then kind is number)
  std::string text;   // of a string
  std::vector<Node> items;
  std::vector<std::pair<std::string, Node>> members;  // in order; names are unique
  Mark mark;  // where the value begins; of a map's member, where its name begins

  // Declared here and defaulted below: clang 14 cannot define them while std::pair<std::string, Node> is incomplete.
  Node();
  Node(const Node& other);
  Node(Node&& other) noexcept;
  Node& operator=(const Node& other);
  Node& operator=(Node&& other) noexcept;
  ~Node();

  static Node of(bool value);
  static Node of(std::int64_t value);
  static Node of(std::string value);
  static Node list();
  static Node map();

  bool is_null() const { return kind == Kind::null; }
  bool is_map() const { return kind == Kind::map; }
  bool is_list() const { return kind == Kind::list; }
  bool is_string() const { return kind == Kind::string; }
  // The member of a map, or null when this is no map or has none of that name.
  const Node* find(std::string_view name) const;
  Node* find(std::string_view name);
  // The member, added as null when it is missing. Only on a map.
  Node& at(std::string_view name);
  void erase(std::string_view name);
  // The text of the string member, or empty.
  std::string_view text_of(std::string_view name) const;
};

inline Node::Node() = default;
inline Node::Node(const Node& other) = default;
inline Node::Node(Node&& other) noexcept = default;
inline Node& Node::operator=(const Node& other) = default;
inline Node& Node::operator=(Node&& other) noexcept = default;
inline Node::~Node() = default;

// "a map", "a string", ... for messages.
std::string_view describe_kind(Node::Kind kind);
// How deep lists and maps are nested: 0 of a scalar, 1 of an empty list.
std::size_t depth_of(const Node& node);
// Equality of values; marks and the order of members do not matter.
bool equal(const Node& left, const Node& right);
// Applies an RFC 7386 merge patch: null removes, maps merge, everything else replaces.
void merge_patch(Node& target, const Node& patch);

}  // namespace muster
