// All objects at one revision, with the indexes that plans ask for: a value. Copies are made in constant time and read
// from any thread; a hypothetical world is a copy with some puts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/state/object_tree.h"
#include "api/types/kinds.h"

namespace muster {

// The name of an object among all objects.
struct Key {
  const Kind* kind = nullptr;
  std::string ns;  // empty for cluster-wide kinds
  std::string name;
  bool operator==(const Key&) const = default;
  // Orders by position of the kind, namespace, name: the same on every machine.
  bool operator<(const Key& other) const;
};
Key key_of(const Object& object);

// What an object can be found by, beside its name. The values are made in indexes.cpp, the one place.
enum class Index : std::uint8_t {
  owner,       // uid of the controlling owner -> anything it controls
  instance,    // name of the container instance -> its Tasks, stopped ones included
  unplaced,    // cluster -> Tasks without an instance that are to run
  group,       // "namespace/service:web" -> Tasks of the group
  family,      // "namespace/web" -> TaskDefinitionRevisions, in the order of their numbers
  cluster,     // cluster -> ContainerInstances
  definition,  // "namespace/web" (the family) -> Services and TaskRuns that name it, pinned or not
  label,       // "services\nkey=value" (plural of the kind) -> objects with that label
  involved,    // uid of the involved object -> Events
};

class State {
 public:
  // The store's revision of the newest change in here.
  std::int64_t revision() const { return revision_; }
  void set_revision(std::int64_t revision) { revision_ = revision; }
  std::size_t size() const { return objects_.size(); }

  ObjectPtr find(const Kind& kind, std::string_view ns, std::string_view name) const;
  ObjectPtr find(const Key& key) const { return find(*key.kind, key.ns, key.name); }
  template <class T>
  std::shared_ptr<const T> get(std::string_view ns, std::string_view name) const {
    return std::static_pointer_cast<const T>(find(kind_of<T>(), ns, name));
  }

  using Visit = std::function<bool(const ObjectPtr& object)>;  // answers false to stop
  // In order of namespace and name; an empty namespace means all of them.
  void each(const Kind& kind, std::string_view ns, const Visit& visit) const;
  // Continues after the object (ns, name), which need not exist: for paging.
  void each_after(const Kind& kind, std::string_view ns, std::string_view after_ns, std::string_view after_name,
                  const Visit& visit) const;
  // In order of kind, namespace, name (family: of the revision's number).
  void each(Index index, std::string_view value, const Visit& visit) const;
  template <class T>
  std::vector<std::shared_ptr<const T>> list(std::string_view ns = {}) const {
    std::vector<std::shared_ptr<const T>> out;
    each(kind_of<T>(), ns, [&](const ObjectPtr& object) {
      out.push_back(std::static_pointer_cast<const T>(object));
      return true;
    });
    return out;
  }
  // Objects of another kind under the same index value are left out.
  template <class T>
  std::vector<std::shared_ptr<const T>> list(Index index, std::string_view value) const {
    std::vector<std::shared_ptr<const T>> out;
    each(index, value, [&](const ObjectPtr& object) {
      if (auto typed = as<T>(object)) out.push_back(std::move(typed));
      return true;
    });
    return out;
  }
  // How many objects of the kind there are. Constant time.
  std::size_t count(const Kind& kind) const;

  // Adds or replaces, indexes included. Answers what was there before, or null. The object must have kind and name.
  ObjectPtr put(ObjectPtr object);
  ObjectPtr erase(const Key& key);

 private:
  std::int64_t revision_ = 0;
  ObjectTree objects_;
  ObjectTree indexes_;
  std::vector<std::size_t> counts_;
};

// One change of one object; `before` is null for a new one, `after` for a deleted one.
struct Change {
  ObjectPtr before, after;
  const Object& object() const { return after != nullptr ? *after : *before; }
};

}  // namespace muster
