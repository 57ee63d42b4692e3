#include "api/state/object_tree.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "api/base/assert.h"
#include "api/state/packed_keys.h"

namespace muster {

namespace {
constexpr std::size_t width = PackedKeys::most;
constexpr std::size_t small = width / 4;       // a node below this looks for a neighbour to merge with
constexpr std::size_t merged = width - small;  // ... if together they are at most so large
using Values = std::array<ObjectPtr, width>;
}  // namespace

// A node belongs to all trees and nodes that point to it. Who holds the only reference, from the root down, may change
// it in place; nobody else can come to know it meanwhile.
struct ObjectTree::Node {
  std::atomic<std::uint32_t> references{1};
  const bool is_leaf;
  // A leaf has one key an entry. An inner node has one key between two children: the keys in children[i + 1] are not
  // less than keys[i], those in children[i] are.
  PackedKeys keys;

  explicit Node(bool leaf) : is_leaf(leaf) {}
  Node(const Node& other) : is_leaf(other.is_leaf), keys(other.keys) {}
  Node& operator=(const Node&) = delete;
};

namespace {

using Node = ObjectTree::Node;

// Copying and dropping a pointer touch its object's counter, which make_shared puts just before the object: fetch all
// the cache lines at once instead of one after the other.
void prefetch(const Values& values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    __builtin_prefetch(reinterpret_cast<const char*>(values[i].get()) - sizeof(void*), 1);
  }
}

struct Leaf final : Node {
  std::unique_ptr<Values> values;  // absent while all are null

  Leaf() : Node(true) {}
  Leaf(const Leaf& other) : Node(other) {
    if (other.values == nullptr) return;
    values = std::make_unique<Values>();
    prefetch(*other.values, keys.count());
    for (std::size_t i = 0; i < keys.count(); ++i) (*values)[i] = (*other.values)[i];
  }
  Leaf& operator=(const Leaf&) = delete;

  std::size_t count() const { return keys.count(); }
  ObjectPtr value(std::size_t index) const { return values == nullptr ? nullptr : (*values)[index]; }
  ObjectPtr set(std::size_t index, ObjectPtr value) {
    if (values == nullptr) {
      if (value == nullptr) return nullptr;
      values = std::make_unique<Values>();
    }
    return std::exchange((*values)[index], std::move(value));
  }
  void insert(std::size_t index, std::string_view key, ObjectPtr value) {
    if (values != nullptr) {
      const auto begin = values->begin();
      std::move_backward(begin + static_cast<std::ptrdiff_t>(index), begin + static_cast<std::ptrdiff_t>(count()),
                         begin + static_cast<std::ptrdiff_t>(count() + 1));
    }
    keys.insert(index, key);
    set(index, std::move(value));
  }
  ObjectPtr erase(std::size_t index) {
    ObjectPtr removed;
    if (values != nullptr) {
      removed = std::move((*values)[index]);
      const auto begin = values->begin();
      std::move(begin + static_cast<std::ptrdiff_t>(index + 1), begin + static_cast<std::ptrdiff_t>(count()),
                begin + static_cast<std::ptrdiff_t>(index));
      (*values)[count() - 1] = nullptr;
    }
    keys.erase(index);
    return removed;
  }
};

struct Inner final : Node {
  std::array<Node*, width> children{};
  std::size_t count = 0;  // of children

  Inner() : Node(false) {}
  Inner(const Inner& other) : Node(other), count(other.count) {
    for (std::size_t i = 0; i < count; ++i) __builtin_prefetch(other.children[i], 1);
    for (std::size_t i = 0; i < count; ++i) {
      children[i] = other.children[i];
      children[i]->references.fetch_add(1, std::memory_order_relaxed);
    }
  }
  Inner& operator=(const Inner&) = delete;

  void insert_child(std::size_t index, Node* child) {
    std::copy_backward(children.begin() + index, children.begin() + count, children.begin() + count + 1);
    children[index] = child;
    ++count;
  }
  void erase_child(std::size_t index) {
    std::copy(children.begin() + index + 1, children.begin() + count, children.begin() + index);
    --count;
  }
};

Leaf& leaf_of(Node* node) {
  return *static_cast<Leaf*>(node);
}
const Leaf& leaf_of(const Node* node) {
  return *static_cast<const Leaf*>(node);
}
Inner& inner_of(Node* node) {
  return *static_cast<Inner*>(node);
}
const Inner& inner_of(const Node* node) {
  return *static_cast<const Inner*>(node);
}

std::size_t size_of(const Node* node) {
  return node->is_leaf ? node->keys.count() : inner_of(node).count;
}

Node* retain(Node* node) {
  if (node != nullptr) node->references.fetch_add(1, std::memory_order_relaxed);
  return node;
}

void release(Node* node) {
  if (node == nullptr || node->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (node->is_leaf) {
    Leaf& leaf = leaf_of(node);
    if (leaf.values != nullptr) prefetch(*leaf.values, leaf.count());
    delete &leaf;
    return;
  }
  Inner& inner = inner_of(node);
  for (std::size_t i = 0; i < inner.count; ++i) release(inner.children[i]);
  delete &inner;
}

// Makes the node ours alone. The acquire pairs with the release of whoever shared it until now.
Node* own(Node*& slot) {
  if (slot->references.load(std::memory_order_acquire) == 1) return slot;
  Node* copy = nullptr;
  if (slot->is_leaf) {
    copy = new Leaf(leaf_of(slot));
  } else {
    copy = new Inner(inner_of(slot));
  }
  release(slot);
  slot = copy;
  return copy;
}

// The part of a full node that moved into a new one at its right.
struct Split {
  Node* right = nullptr;
  std::string separator;
};

// The shortest text that is greater than all on the left and not greater than any on the right.
std::string separator_of(const std::string& last_left, const std::string& first_right) {
  return first_right.substr(0, common_length(last_left, first_right) + 1);
}

Split split_leaf(Leaf& leaf, std::size_t at) {
  // Keys that come in ascending order leave full nodes behind.
  const std::size_t middle = at == leaf.count() ? leaf.count() - 1 : leaf.count() / 2;
  auto* right = new Leaf;
  const std::size_t total = leaf.count();
  right->keys = leaf.keys.split_off(middle);
  if (leaf.values != nullptr) {
    right->values = std::make_unique<Values>();
    std::move(leaf.values->begin() + static_cast<std::ptrdiff_t>(middle),
              leaf.values->begin() + static_cast<std::ptrdiff_t>(total), right->values->begin());
  }
  return {right, separator_of(leaf.keys.key(middle - 1), right->keys.key(0))};
}

Split split_inner(Inner& inner, std::size_t at) {
  const std::size_t middle = at == inner.count ? inner.count - 1 : inner.count / 2;
  auto* right = new Inner;
  std::copy(inner.children.begin() + middle, inner.children.begin() + inner.count, right->children.begin());
  right->count = inner.count - middle;
  inner.count = middle;
  right->keys = inner.keys.split_off(middle);
  std::string separator = inner.keys.key(middle - 1);
  inner.keys.erase(middle - 1);
  return {right, std::move(separator)};
}

struct Put {
  std::string_view key;
  ObjectPtr value;
  bool added = false;
  ObjectPtr before;
};

void put_into_leaf(Leaf& leaf, Put& put, Split& split) {
  const std::size_t at = leaf.keys.lower_bound(put.key);
  if (at < leaf.count() && leaf.keys.equals(at, put.key)) {
    put.before = leaf.set(at, std::move(put.value));
    return;
  }
  put.added = true;
  if (leaf.count() < width) {
    leaf.insert(at, put.key, std::move(put.value));
    return;
  }
  split = split_leaf(leaf, at);
  Leaf& right = leaf_of(split.right);
  if (put.key < std::string_view(split.separator)) {
    leaf.insert(at, put.key, std::move(put.value));
  } else {
    right.insert(at - leaf.count(), put.key, std::move(put.value));
  }
}

void put_into(Node*& slot, Put& put, Split& split) {
  Node* node = own(slot);
  if (node->is_leaf) {
    put_into_leaf(leaf_of(node), put, split);
    return;
  }
  Inner& inner = inner_of(node);
  const std::size_t at = inner.keys.upper_bound(put.key);
  Split below;
  put_into(inner.children[at], put, below);
  if (below.right == nullptr) return;
  Inner* target = &inner;
  std::size_t child = at + 1;
  if (inner.count == width) {
    split = split_inner(inner, child);
    if (child > inner.count) {
      child -= inner.count;
      target = &inner_of(split.right);
    }
  }
  target->keys.insert(child - 1, below.separator);
  target->insert_child(child, below.right);
}

// Moves the right child into the left one; both stand beside each other under `inner`.
void merge_children(Inner& inner, std::size_t left_index) {
  Node* left = own(inner.children[left_index]);
  Node* right = inner.children[left_index + 1];
  if (left->is_leaf) {
    const Leaf& from = leaf_of(right);
    Leaf& to = leaf_of(left);
    for (std::size_t i = 0; i < from.count(); ++i) to.insert(to.count(), from.keys.key(i), from.value(i));
  } else {
    const Inner& from = inner_of(right);
    Inner& to = inner_of(left);
    to.keys.insert(to.keys.count(), inner.keys.key(left_index));
    for (std::size_t i = 0; i < from.keys.count(); ++i) to.keys.insert(to.keys.count(), from.keys.key(i));
    for (std::size_t i = 0; i < from.count; ++i) to.insert_child(to.count, retain(from.children[i]));
  }
  release(right);
  inner.keys.erase(left_index);
  inner.erase_child(left_index + 1);
}

void tidy_child(Inner& inner, std::size_t index) {
  const std::size_t size = size_of(inner.children[index]);
  if (size >= small) return;
  if (size == 0) {
    release(inner.children[index]);
    inner.erase_child(index);
    if (inner.keys.count() > 0) inner.keys.erase(index > 0 ? index - 1 : 0);
  } else if (index > 0 && size + size_of(inner.children[index - 1]) <= merged) {
    merge_children(inner, index - 1);
  } else if (index + 1 < inner.count && size + size_of(inner.children[index + 1]) <= merged) {
    merge_children(inner, index);
  }
}

// The key is there.
ObjectPtr erase_from(Node*& slot, std::string_view key) {
  Node* node = own(slot);
  if (node->is_leaf) return leaf_of(node).erase(node->keys.lower_bound(key));
  Inner& inner = inner_of(node);
  const std::size_t at = inner.keys.upper_bound(key);
  ObjectPtr removed = erase_from(inner.children[at], key);
  tidy_child(inner, at);
  return removed;
}

const Node* leaf_for(const Node* node, std::string_view key) {
  while (node != nullptr && !node->is_leaf) node = inner_of(node).children[node->keys.upper_bound(key)];
  return node;
}

// Whether the leaf alone can tell if the key exists.
bool covers(const Leaf& leaf, std::string_view key) {
  const std::size_t at = leaf.keys.lower_bound(key);
  return at < leaf.count() && (at > 0 || leaf.keys.equals(at, key));
}

bool scan_leaf(const Leaf& leaf, std::string_view from, const ObjectTree::Visit& call) {
  static const ObjectPtr none;
  std::string key(leaf.keys.prefix());
  const std::size_t prefix = key.size();
  for (std::size_t i = leaf.keys.lower_bound(from); i < leaf.count(); ++i) {
    key.resize(prefix);
    key += leaf.keys.rest(i);
    if (!call(key, leaf.values == nullptr ? none : (*leaf.values)[i])) return false;
  }
  return true;
}

bool scan_node(const Node* node, std::string_view from, const ObjectTree::Visit& call) {
  if (node->is_leaf) return scan_leaf(leaf_of(node), from, call);
  const Inner& inner = inner_of(node);
  for (std::size_t i = inner.keys.upper_bound(from); i < inner.count; ++i) {
    if (!scan_node(inner.children[i], from, call)) return false;
  }
  return true;
}

}  // namespace

ObjectTree::ObjectTree() noexcept = default;
ObjectTree::ObjectTree(const ObjectTree& other) noexcept : root_(retain(other.root_)), size_(other.size_) {}
ObjectTree::ObjectTree(ObjectTree&& other) noexcept
    : root_(std::exchange(other.root_, nullptr)), size_(std::exchange(other.size_, 0)) {}
ObjectTree& ObjectTree::operator=(const ObjectTree& other) noexcept {
  return *this = ObjectTree(other);
}
ObjectTree& ObjectTree::operator=(ObjectTree&& other) noexcept {
  if (this == &other) return *this;
  release(root_);
  root_ = std::exchange(other.root_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}
ObjectTree::~ObjectTree() {
  release(root_);
}

std::size_t ObjectTree::size() const {
  return size_;
}

ObjectPtr ObjectTree::find(std::string_view key) const {
  return Finder(*this).find(key);
}

bool ObjectTree::contains(std::string_view key) const {
  const Node* leaf = leaf_for(root_, key);
  if (leaf == nullptr) return false;
  const std::size_t at = leaf->keys.lower_bound(key);
  return at < leaf->keys.count() && leaf->keys.equals(at, key);
}

ObjectPtr ObjectTree::put(std::string_view key, ObjectPtr value) {
  if (root_ == nullptr) root_ = new Leaf;
  Put put{key, std::move(value), false, nullptr};
  Split split;
  put_into(root_, put, split);
  if (split.right != nullptr) {
    auto* root = new Inner;
    root->insert_child(0, root_);
    root->insert_child(1, split.right);
    root->keys.insert(0, split.separator);
    root_ = root;
  }
  if (put.added) ++size_;
  return std::move(put.before);
}

ObjectPtr ObjectTree::erase(std::string_view key) {
  if (!contains(key)) return nullptr;
  ObjectPtr removed = erase_from(root_, key);
  --size_;
  while (root_ != nullptr && !root_->is_leaf && inner_of(root_).count == 1) {
    Node* only = retain(inner_of(root_).children[0]);
    release(root_);
    root_ = only;
  }
  if (size_ == 0) release(std::exchange(root_, nullptr));
  return removed;
}

void ObjectTree::scan(std::string_view from, const Visit& call) const {
  if (root_ == nullptr) return;
  const ObjectTree held(*this);
  scan_node(held.root_, from, call);
}

void ObjectTree::scan_prefix(std::string_view prefix, const Visit& call) const {
  scan(prefix,
       [&](std::string_view key, const ObjectPtr& value) { return key.starts_with(prefix) && call(key, value); });
}

ObjectTree::Finder::Finder(const ObjectTree& tree) : tree_(tree) {}

ObjectPtr ObjectTree::Finder::find(std::string_view key) {
  if (leaf_ == nullptr || !covers(leaf_of(leaf_), key)) leaf_ = leaf_for(tree_.root_, key);
  if (leaf_ == nullptr) return nullptr;
  const Leaf& leaf = leaf_of(leaf_);
  const std::size_t at = leaf.keys.lower_bound(key);
  return at < leaf.count() && leaf.keys.equals(at, key) ? leaf.value(at) : nullptr;
}

}  // namespace muster
