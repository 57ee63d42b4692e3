#include "api/schema/json_patch.h"

#include <algorithm>
#include <optional>
#include <string>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/path.h"

namespace muster {
namespace {

using Pointer = std::vector<std::string>;

Error malformed(std::string message) {
  return Error{Code::malformed, std::move(message), {}};
}

// RFC 6901.
Result<Pointer> read_pointer(std::string_view text) {
  Pointer pointer;
  if (text.empty()) return pointer;
  if (text.front() != '/') return malformed(str("a path must begin with '/', not ", quote_text(text)));
  for (const std::string_view part : split(text.substr(1), '/')) {
    std::string name;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i] != '~') {
        name += part[i];
        continue;
      }
      if (i + 1 == part.size() || (part[i + 1] != '0' && part[i + 1] != '1')) {
        return malformed(str("'~' must be followed by 0 or 1 in ", quote_text(text)));
      }
      name += part[++i] == '0' ? '~' : '/';
    }
    pointer.push_back(std::move(name));
  }
  if (pointer.size() > limits::document_depth) return malformed("a path is too deep");
  return pointer;
}

std::optional<std::size_t> index_of(const std::string& name) {
  if (name.empty() || name.size() > 9 || (name.size() > 1 && name[0] == '0')) return std::nullopt;
  const auto index = parse_int(name);
  if (!index || *index < 0) return std::nullopt;
  return static_cast<std::size_t>(*index);
}

Node* find_child(Node& node, const std::string& name) {
  if (node.is_map()) return node.find(name);
  if (!node.is_list()) return nullptr;
  const auto index = index_of(name);
  return index && *index < node.items.size() ? &node.items[*index] : nullptr;
}

Node* find_at(Node& document, const Pointer& pointer) {
  Node* node = &document;
  for (const std::string& name : pointer) {
    if (node == nullptr) return nullptr;
    node = find_child(*node, name);
  }
  return node;
}

Error missing(std::string_view path) {
  return Error{Code::invalid, str("the path ", quote_text(path), " does not exist"), {}};
}

// What a patch may still cost: values moved or compared along its way, and bytes that its copies add.
struct Budget {
  std::size_t steps = limits::patch_steps;
  std::size_t bytes = limits::body_bytes;

  Status spend(std::size_t wanted) {
    if (wanted > steps) return Error{Code::too_large, "the patch moves too many values", {}};
    steps -= wanted;
    return {};
  }
  Status spend_bytes(std::size_t wanted) {
    if (wanted > bytes) return Error{Code::too_large, "the copies of the patch make the document too large", {}};
    bytes -= wanted;
    return {};
  }
};

struct Operation {
  std::string_view name, path;
  Pointer at;
};

std::size_t parts(const Node& node) {
  return node.items.size() + node.members.size();
}

Status add(Node& document, const Operation& operation, const Pointer& pointer, Node value) {
  if (pointer.empty()) {
    document = std::move(value);
    return {};
  }
  Node* parent = find_at(document, Pointer(pointer.begin(), pointer.end() - 1));
  if (parent == nullptr) return missing(operation.path);
  const std::string& last = pointer.back();
  if (parent->is_map()) {
    parent->at(last) = std::move(value);
    return {};
  }
  if (!parent->is_list()) return missing(operation.path);
  const auto index = last == "-" ? parent->items.size() : index_of(last).value_or(parent->items.size() + 1);
  if (index > parent->items.size()) return missing(operation.path);
  parent->items.insert(parent->items.begin() + static_cast<std::ptrdiff_t>(index), std::move(value));
  return {};
}

Result<Node> take(Node& document, std::string_view path, const Pointer& pointer) {
  Node* found = find_at(document, pointer);
  if (found == nullptr) return missing(path);
  if (pointer.empty()) return Error{Code::invalid, "the whole document cannot be removed", {}};
  Node taken = std::move(*found);
  Node& parent = *find_at(document, Pointer(pointer.begin(), pointer.end() - 1));
  if (parent.is_map()) {
    parent.erase(pointer.back());
  } else {
    parent.items.erase(parent.items.begin() + static_cast<std::ptrdiff_t>(*index_of(pointer.back())));
  }
  return taken;
}

Result<const Node*> value_of(const Node& entry) {
  const Node* value = entry.find("value");
  if (value == nullptr) return malformed("value is missing");
  return value;
}

// About what a copy takes.
std::size_t bytes_of(const Node& node) {
  std::size_t total = 16 + node.text.size();
  for (const Node& item : node.items) total += bytes_of(item);
  for (const auto& member : node.members) total += member.first.size() + bytes_of(member.second);
  return total;
}

// Every step of a path may look at all names there, and an item put in or taken out moves those behind it.
Status spend_on_path(Node& document, const Pointer& pointer, Budget& budget) {
  Node* node = &document;
  for (const std::string& name : pointer) {
    TRY_VOID(budget.spend(1 + parts(*node)));
    node = find_child(*node, name);
    if (node == nullptr) break;
  }
  return {};
}

Status apply_copy(Node& document, const Operation& operation, const Node& entry, Budget& budget) {
  const Node* from = entry.find("from");
  if (from == nullptr || !from->is_string()) return malformed("from must be a string");
  TRY(const Pointer source, read_pointer(from->text));
  TRY_VOID(spend_on_path(document, source, budget));
  if (operation.name == "copy") {
    const Node* found = find_at(document, source);
    if (found == nullptr) return missing(from->text);
    TRY_VOID(budget.spend_bytes(bytes_of(*found)));  // copies of copies grow without end
    return add(document, operation, operation.at, *found);
  }
  const bool into_itself =
      operation.at.size() > source.size() && std::equal(source.begin(), source.end(), operation.at.begin());
  if (into_itself) return Error{Code::invalid, "a value cannot be moved into itself", {}};
  TRY(Node taken, take(document, from->text, source));
  return add(document, operation, operation.at, std::move(taken));
}

Status apply_one(Node& document, const Node& entry, Budget& budget) {
  if (!entry.is_map()) return malformed("an operation must be an object");
  const Node* path = entry.find("path");
  if (path == nullptr || !path->is_string()) return malformed("path must be a string");
  Operation operation{entry.text_of("op"), path->text, {}};
  TRY(operation.at, read_pointer(path->text));
  TRY_VOID(spend_on_path(document, operation.at, budget));
  if (operation.name == "add") {
    TRY(const Node* value, value_of(entry));
    return add(document, operation, operation.at, *value);
  }
  if (operation.name == "copy" || operation.name == "move") return apply_copy(document, operation, entry, budget);
  if (operation.name == "remove") {
    TRY_VOID(take(document, path->text, operation.at));
    return {};
  }
  if (operation.name != "replace" && operation.name != "test") {
    return malformed(str("op must be add, remove, replace, move, copy or test, not ", quote_text(operation.name)));
  }
  TRY(const Node* value, value_of(entry));
  Node* found = find_at(document, operation.at);
  if (operation.name == "replace") {
    if (found == nullptr) return missing(path->text);
    *found = *value;
    return {};
  }
  // Kubernetes: a test for null holds where there is nothing.
  if (found == nullptr ? !value->is_null() : !equal(*found, *value)) {
    return Error{Code::invalid, str("testing path ", quote_text(path->text), " failed"), {}};
  }
  return {};
}

}  // namespace

Status json_patch(Node& target, const Node& patch) {
  if (!patch.is_list()) return malformed("a JSON patch must be a list of operations");
  if (patch.items.size() > limits::patch_operations) {
    return Error{Code::too_large,
                 str("a JSON patch of ", patch.items.size(), " operations; at most ", limits::patch_operations),
                 {}};
  }
  Node work = target;
  Budget budget;
  for (std::size_t i = 0; i < patch.items.size(); ++i) {
    Status status = apply_one(work, patch.items[i], budget);
    if (!status.ok()) return std::move(status).error().under(str("operation ", i));
  }
  target = std::move(work);
  return {};
}

}  // namespace muster
