#include "api/apply/field_set.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/schema/path.h"

namespace muster::apply {
namespace {

auto lower_bound(const std::vector<FieldSet::Child>& children, const PathElement& element) {
  return std::lower_bound(
      children.begin(), children.end(), element,
      [](const FieldSet::Child& child, const PathElement& wanted) { return child.element < wanted; });
}

void append_child(FieldSet& set, const PathElement& element, FieldSet child) {
  if (!child.empty()) set.append(element, std::move(child));
}

// Walks both lists of children in step. `only_left`, `only_right` and `both` add to the result.
template <class OnlyLeft, class OnlyRight, class Both>
void walk(const FieldSet& left, const FieldSet& right, OnlyLeft only_left, OnlyRight only_right, Both both) {
  auto one = left.children().begin();
  auto other = right.children().begin();
  while (one != left.children().end() || other != right.children().end()) {
    if (other == right.children().end() || (one != left.children().end() && one->element < other->element)) {
      only_left(*one++);
    } else if (one == left.children().end() || other->element < one->element) {
      only_right(*other++);
    } else {
      both(*one++, *other++);
    }
  }
}

std::string key_text(const std::string& json) {
  std::string text = "[";
  const auto key = parse_json(json);
  if (!key.ok() || !key->is_map()) return str("[", json, "]");
  for (const auto& [name, value] : key->members) {
    if (text.size() > 1) text += ',';
    text += str(name, "=", write_json(value));
  }
  return text + "]";
}

std::string element_text(const PathElement& element) {
  switch (element.kind) {
    case PathElement::Kind::field: return str(".", element.text);
    case PathElement::Kind::key: return key_text(element.text);
    case PathElement::Kind::value: return str("[=", element.text, "]");
    case PathElement::Kind::index: return str("[", element.text, "]");
  }
  return {};
}

void each_member(const FieldSet& set, const std::string& path,
                 const std::function<void(const std::string& path)>& call) {
  if (set.member()) call(path);
  for (const FieldSet::Child& child : set.children()) each_member(child.set, path + element_text(child.element), call);
}

std::string_view prefix_of(PathElement::Kind kind) {
  switch (kind) {
    case PathElement::Kind::field: return "f:";
    case PathElement::Kind::key: return "k:";
    case PathElement::Kind::value: return "v:";
    case PathElement::Kind::index: return "i:";
  }
  return {};
}

void write_children(const FieldSet& set, std::string& out) {
  out += '{';
  if (set.member() && !set.children().empty()) out += "\".\":{}";
  for (const FieldSet::Child& child : set.children()) {
    if (out.back() != '{') out += ',';
    append_json_string(out, str(prefix_of(child.element.kind), child.element.text));
    out += ':';
    write_children(child.set, out);
  }
  out += '}';
}

// Keys are compared as text, so they are brought into the one spelling in which we write them ourselves.
Result<std::string> canonical_json(std::string_view text) {
  TRY(Node node, parse_json(text));
  std::ranges::sort(node.members, {}, [](const auto& member) -> const std::string& { return member.first; });
  return write_json(node);
}

Result<PathElement> read_element(const std::string& text) {
  if (text.size() > 2 && text[1] == ':') {
    const std::string rest = text.substr(2);
    if (text[0] == 'f') return PathElement{PathElement::Kind::field, rest};
    if (text[0] == 'i' && rest.size() < 10 && std::ranges::all_of(rest, [](char c) { return c >= '0' && c <= '9'; })) {
      return PathElement{PathElement::Kind::index, rest};
    }
    if (text[0] == 'k' || text[0] == 'v') {
      TRY(std::string json, canonical_json(rest));
      return PathElement{text[0] == 'k' ? PathElement::Kind::key : PathElement::Kind::value, std::move(json)};
    }
  }
  return Error{Code::malformed, str("fieldsV1: ", quote_text(text), " is no path element"), {}};
}

Status read_node(const Node& node, FieldSet& set) {
  if (!node.is_map()) return Error{Code::malformed, "fieldsV1: a set of fields must be a JSON object", {}};
  if (node.members.empty()) set.insert();
  std::vector<FieldSet::Child> children;
  children.reserve(node.members.size());
  for (const auto& [name, below] : node.members) {
    if (name == ".") {
      set.insert();
      continue;
    }
    TRY(PathElement element, read_element(name));
    FieldSet inside;
    TRY_VOID(read_node(below, inside));
    children.push_back(FieldSet::Child{std::move(element), std::move(inside)});
  }
  std::ranges::sort(children, {}, &FieldSet::Child::element);
  for (std::size_t i = 0; i < children.size(); ++i) {
    // Two spellings of one key are one element.
    for (; i + 1 < children.size() && children[i].element == children[i + 1].element; ++i) {
      children[i + 1].set = unite(children[i].set, children[i + 1].set);
    }
    append_child(set, children[i].element, std::move(children[i].set));
  }
  return {};
}

}  // namespace

PathElement field_element(std::string_view name) {
  return PathElement{PathElement::Kind::field, std::string(name)};
}

const FieldSet* FieldSet::find(const PathElement& element) const {
  const auto found = lower_bound(children_, element);
  return found != children_.end() && found->element == element ? &found->set : nullptr;
}

FieldSet& FieldSet::at(PathElement element) {
  const auto place = children_.begin() + (lower_bound(children_, element) - children_.cbegin());
  if (place != children_.end() && place->element == element) return place->set;
  return children_.insert(place, Child{std::move(element), {}})->set;
}

void FieldSet::erase(const PathElement& element) {
  const auto found = lower_bound(children_, element);
  if (found != children_.end() && found->element == element) children_.erase(found);
}

void FieldSet::append(PathElement element, FieldSet set) {
  children_.push_back(Child{std::move(element), std::move(set)});
}

bool FieldSet::operator==(const FieldSet& other) const {
  return member_ == other.member_ && children_ == other.children_;
}

FieldSet unite(const FieldSet& left, const FieldSet& right) {
  FieldSet result;
  if (left.member() || right.member()) result.insert();
  walk(
      left, right, [&](const FieldSet::Child& child) { append_child(result, child.element, child.set); },
      [&](const FieldSet::Child& child) { append_child(result, child.element, child.set); },
      [&](const FieldSet::Child& one, const FieldSet::Child& other) {
        append_child(result, one.element, unite(one.set, other.set));
      });
  return result;
}

FieldSet intersect(const FieldSet& left, const FieldSet& right) {
  FieldSet result;
  if (left.member() && right.member()) result.insert();
  walk(
      left, right, [](const FieldSet::Child&) {}, [](const FieldSet::Child&) {},
      [&](const FieldSet::Child& one, const FieldSet::Child& other) {
        append_child(result, one.element, intersect(one.set, other.set));
      });
  return result;
}

FieldSet subtract(const FieldSet& left, const FieldSet& right) {
  FieldSet result;
  if (left.member() && !right.member()) result.insert();
  walk(
      left, right, [&](const FieldSet::Child& child) { append_child(result, child.element, child.set); },
      [](const FieldSet::Child&) {},
      [&](const FieldSet::Child& one, const FieldSet::Child& other) {
        append_child(result, one.element, subtract(one.set, other.set));
      });
  return result;
}

void each_member(const FieldSet& set, const std::function<void(const std::string& path)>& call) {
  each_member(set, "", call);
}

std::string write_fields(const FieldSet& set) {
  std::string out;
  write_children(set, out);
  return out;
}

Result<FieldSet> read_fields(std::string_view json) {
  TRY(const Node node, parse_json(json));
  FieldSet set;
  if (node.is_map() && node.members.empty()) return set;
  TRY_VOID(read_node(node, set));
  return set;
}

}  // namespace muster::apply
