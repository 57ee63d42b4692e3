// A set of fields of one object, as server-side apply counts them: a tree of path elements, each of which may itself be
// a member. Kubernetes: FieldsV1, structured-merge-diff's fieldpath.Set.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"

namespace muster::apply {

// One step into a value.
struct PathElement {
  enum class Kind : std::uint8_t {
    field,  // a member of a map or struct, by name
    key,    // an item of a keyed list, by its key fields as compact JSON: {"name":"web"}
    value,  // a member of a set, as compact JSON: "web"
    index,  // an item of any list, by position
  };
  Kind kind = Kind::field;
  std::string text;
  auto operator<=>(const PathElement&) const = default;
};

PathElement field_element(std::string_view name);

class FieldSet {
 public:
  struct Child;

  // Whether the place that this node stands for is in the set itself.
  bool member() const { return member_; }
  void insert() { member_ = true; }
  void remove() { member_ = false; }
  // No member here or below.
  bool empty() const { return !member_ && children_.empty(); }
  // In the order of PathElement.
  const std::vector<Child>& children() const { return children_; }
  // Null when nothing at or below the element is in the set.
  const FieldSet* find(const PathElement& element) const;
  // The node below, made when it is missing. Fill it, or the set is not in its normal form.
  FieldSet& at(PathElement element);
  // Takes away the element and all below it.
  void erase(const PathElement& element);
  // A new last child. `element` must follow all others.
  void append(PathElement element, FieldSet set);
  bool operator==(const FieldSet& other) const;

 private:
  bool member_ = false;
  std::vector<Child> children_;
};

struct FieldSet::Child {
  PathElement element;
  FieldSet set;
  bool operator==(const Child&) const = default;
};

FieldSet unite(const FieldSet& left, const FieldSet& right);
FieldSet intersect(const FieldSet& left, const FieldSet& right);
// The members of `left` that are not members of `right`. What lies below a member of `right` stays.
FieldSet subtract(const FieldSet& left, const FieldSet& right);

// Calls for every member with its path as messages write it: `.spec.ports[name="web"].port`.
void each_member(const FieldSet& set, const std::function<void(const std::string& path)>& call);

// The compact JSON of `fieldsV1`, elements in order.
std::string write_fields(const FieldSet& set);
// Code::malformed with the offending element.
Result<FieldSet> read_fields(std::string_view json);

}  // namespace muster::apply
