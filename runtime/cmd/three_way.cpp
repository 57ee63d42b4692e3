#include "runtime/cmd/three_way.h"

namespace muster::cmd {

Node remembered(const Node& manifest) {
  Node out = manifest;
  out.erase("status");
  if (Node* metadata = out.find("metadata")) {
    for (const char* name : {"resourceVersion", "uid", "generation", "creationTimestamp", "managedFields"})
      metadata->erase(name);
    if (Node* annotations = metadata->find("annotations"); annotations != nullptr && annotations->is_map()) {
      annotations->erase(last_applied_annotation);
      if (annotations->members.empty()) metadata->erase("annotations");
    }
  }
  return out;
}

Node three_way_patch(const Node& live, const Node& wanted, const Node& last) {
  Node patch = Node::map();
  for (const auto& [name, value] : wanted.members) {
    const Node* there = live.find(name);
    if (there != nullptr && value.is_map() && there->is_map()) {
      const Node* before = last.is_map() ? last.find(name) : nullptr;
      Node inner = three_way_patch(*there, value, before != nullptr ? *before : Node());
      if (!inner.members.empty()) patch.at(name) = std::move(inner);
    } else if (there == nullptr || !equal(*there, value)) {
      patch.at(name) = value;
    }
  }
  if (!last.is_map()) return patch;
  for (const auto& [name, value] : last.members) {
    if (wanted.find(name) == nullptr && live.find(name) != nullptr) patch.at(name) = Node();
  }
  return patch;
}

}  // namespace muster::cmd
