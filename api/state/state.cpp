#include "api/state/state.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "api/base/assert.h"
#include "api/state/indexes.h"
#include "api/state/keys.h"

namespace muster {

bool Key::operator<(const Key& other) const {
  const auto order = [](const Key& key) {
    return std::make_tuple(key.kind == nullptr ? -1 : int{key.kind->index}, std::string_view(key.ns),
                           std::string_view(key.name));
  };
  return order(*this) < order(other);
}

Key key_of(const Object& object) {
  return {object.kind, object.metadata.ns, object.metadata.name};
}

ObjectPtr State::find(const Kind& kind, std::string_view ns, std::string_view name) const {
  return objects_.find(object_key(kind, ns, name));
}

void State::each(const Kind& kind, std::string_view ns, const Visit& visit) const {
  objects_.scan_prefix(kind_prefix(kind, ns), [&](std::string_view, const ObjectPtr& object) { return visit(object); });
}

void State::each_after(const Kind& kind, std::string_view ns, std::string_view after_ns, std::string_view after_name,
                       const Visit& visit) const {
  const std::string prefix = kind_prefix(kind, ns);
  std::string from = object_key(kind, after_ns, after_name);
  from += '\0';  // the least key behind that one
  objects_.scan(std::max(from, prefix), [&](std::string_view key, const ObjectPtr& object) {
    return key.starts_with(prefix) && visit(object);
  });
}

void State::each(Index index, std::string_view value, const Visit& visit) const {
  std::string prefix;
  append_index_prefix(prefix, index, value);
  const ObjectTree objects(objects_);  // the callback may edit this state
  ObjectTree::Finder finder(objects);
  indexes_.scan_prefix(prefix, [&](std::string_view entry, const ObjectPtr&) {
    return visit(finder.find(object_key_of(index, entry, prefix.size())));
  });
}

std::size_t State::count(const Kind& kind) const {
  return kind.index < counts_.size() ? counts_[kind.index] : 0;
}

ObjectPtr State::put(ObjectPtr object) {
  MUSTER_ASSERT(object != nullptr && object->kind != nullptr && !object->metadata.name.empty());
  const std::string key = object_key(*object->kind, object->metadata.ns, object->metadata.name);
  const IndexEntries entries(*object, key);
  const std::size_t kind = object->kind->index;
  ObjectPtr before = objects_.put(key, std::move(object));
  if (before == nullptr) {
    if (kind >= counts_.size()) counts_.resize(kind + 1);
    ++counts_[kind];
    for (const std::string_view entry : entries.sorted()) indexes_.put(entry, nullptr);
    return before;
  }
  // Entries hold the object's key, not the object: a write that moves nothing between indexes touches none of them.
  const IndexEntries old(*before, key);
  if (old.surely_same(entries)) return before;
  const std::vector<std::string_view> wanted = entries.sorted();
  auto next = wanted.begin();
  for (const std::string_view entry : old.sorted()) {
    while (next != wanted.end() && *next < entry) indexes_.put(*next++, nullptr);
    if (next != wanted.end() && *next == entry) {
      ++next;
    } else {
      indexes_.erase(entry);
    }
  }
  for (; next != wanted.end(); ++next) indexes_.put(*next, nullptr);
  return before;
}

ObjectPtr State::erase(const Key& key) {
  const std::string name = object_key(*key.kind, key.ns, key.name);
  ObjectPtr before = objects_.erase(name);
  if (before == nullptr) return before;
  --counts_[key.kind->index];
  const IndexEntries old(*before, name);
  for (const std::string_view entry : old.sorted()) indexes_.erase(entry);
  return before;
}

}  // namespace muster
