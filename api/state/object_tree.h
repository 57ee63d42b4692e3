// A persistent ordered map from text keys to shared objects: a B+ tree with path copying. Copying a tree is copying its
// root (constant time); an edit copies only the nodes that some other copy still shares, so a group of edits on one
// copy costs one path copy in all. Copies may be read from any threads at the same time; one copy is edited by one
// thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/types/meta.h"

namespace muster {

class ObjectTree {
 public:
  ObjectTree() noexcept;
  ObjectTree(const ObjectTree& other) noexcept;
  ObjectTree(ObjectTree&& other) noexcept;
  ObjectTree& operator=(const ObjectTree& other) noexcept;
  ObjectTree& operator=(ObjectTree&& other) noexcept;
  ~ObjectTree();

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  // Null when absent (or added with a null value).
  ObjectPtr find(std::string_view key) const;
  bool contains(std::string_view key) const;
  // Adds or replaces; answers what was there before, or null. A null value adds the key alone: a tree of nothing but
  // such keys keeps no values at all.
  ObjectPtr put(std::string_view key, ObjectPtr value);
  // Answers what was removed, or null.
  ObjectPtr erase(std::string_view key);

  using Visit = std::function<bool(std::string_view key, const ObjectPtr& value)>;
  // Calls for each entry with from <= key, in order, until the callback answers false. The callback may edit the tree:
  // the scan goes on over the entries as they were.
  void scan(std::string_view from, const Visit& call) const;
  // The same for all keys that begin with the prefix.
  void scan_prefix(std::string_view prefix, const Visit& call) const;

  struct Node;  // defined in the .cpp

  // Finds many keys of one tree. Remembers the last place, so that keys in nearly ascending order cost little.
  class Finder {
   public:
    explicit Finder(const ObjectTree& tree);  // the tree must outlive it unchanged
    ObjectPtr find(std::string_view key);

   private:
    const ObjectTree& tree_;
    const Node* leaf_ = nullptr;
  };

 private:
  Node* root_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace muster
