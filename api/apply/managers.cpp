#include "api/apply/managers.h"

#include <algorithm>
#include <tuple>

#include "api/apply/merge.h"
#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::apply {
namespace {

constexpr std::size_t update_entries = 10;  // Kubernetes: the cap on Update entries
constexpr std::string_view ancient = "ancient-changes";

std::string_view operation_name(Operation operation) {
  return operation == Operation::apply ? "Apply" : "Update";
}

void drop_empty(Managers& managers) {
  std::erase_if(managers, [](const Manager& manager) { return manager.fields.empty(); });
}

std::string describe(const Manager& manager) {
  std::string text = str("conflict with \"", manager.name, "\"");
  if (!manager.subresource.empty()) text += str(" with subresource \"", manager.subresource, "\"");
  if (manager.operation == Operation::update) {
    text += str(" using ", manager.api_version);
    if (is_set(manager.time)) text += str(" at ", format_time(manager.time));
  }
  return text;
}

Error conflict_error(const std::vector<std::pair<const Manager*, FieldSet>>& conflicts) {
  Error error{Code::conflict, "", {}};
  std::string lines;
  std::size_t count = 0;
  for (const auto& [manager, fields] : conflicts) {
    const std::string with = describe(*manager);
    lines += str(lines.empty() ? "" : "\n", "conflicts", std::string_view(with).substr(8), ":");
    each_member(fields, [&](const std::string& path) {
      ++count;
      lines += str("\n- ", path);
      error.causes.push_back(Cause{path, with, "FieldManagerConflict"});
    });
  }
  error.message =
      count == 1 ? str("Apply failed with 1 conflict: ", error.causes.front().message, ": ", error.causes.front().field)
                 : str("Apply failed with ", count, " conflicts: ", lines);
  return error;
}

Managers::iterator find_same(Managers& managers, const Manager& wanted) {
  return std::ranges::find_if(managers, [&](const Manager& manager) { return manager.same_identity(wanted); });
}

// `part` cut down to what is equal in both documents.
void keep_equal(const Type& type, const Node& one, const Node& other, FieldSet& set) {
  const Comparison different = compare(type, one, other);
  set = subtract(subtract(subtract(set, different.added), different.modified), different.removed);
}

}  // namespace

bool Manager::same_identity(const Manager& other) const {
  return name == other.name && operation == other.operation && subresource == other.subresource &&
         (operation == Operation::apply || api_version == other.api_version);
}

Result<Managers> read_managers(const std::vector<ManagedFieldsEntry>& entries) {
  Managers managers;
  for (const ManagedFieldsEntry& entry : entries) {
    const std::string path = str("metadata.managedFields[", managers.size(), "]");
    const auto wrong = [&](std::string_view field, std::string_view why) {
      return Error{Code::invalid,
                   str(path, ".", field, ": ", why),
                   {Cause{str(path, ".", field), std::string(why), "FieldValueInvalid"}}};
    };
    Manager manager{entry.manager, Operation::update, entry.api_version, entry.subresource, entry.time, {}};
    if (entry.operation == "Apply") {
      manager.operation = Operation::apply;
    } else if (entry.operation != "Update") {
      return wrong("operation", "must be Apply or Update");
    }
    if (entry.fields_type != "FieldsV1") return wrong("fieldsType", "must be FieldsV1");
    if (!entry.fields_v1.json.empty()) {
      auto fields = read_fields(entry.fields_v1.json);
      if (!fields.ok()) return wrong("fieldsV1", fields.error().message);
      manager.fields = std::move(fields).value();
    }
    if (find_same(managers, manager) != managers.end()) return wrong("manager", "must not be repeated");
    managers.push_back(std::move(manager));
  }
  drop_empty(managers);
  return managers;
}

std::vector<ManagedFieldsEntry> write_managers(Managers managers) {
  drop_empty(managers);
  const auto order = [](const Manager& left, const Manager& right) {
    return std::tie(left.operation, left.time, left.name, left.subresource) <
           std::tie(right.operation, right.time, right.name, right.subresource);
  };
  std::ranges::sort(managers, order);
  const auto first_update = std::ranges::find(managers, Operation::update, &Manager::operation);
  const auto updates = static_cast<std::size_t>(managers.end() - first_update);
  if (updates > update_entries) {
    const auto end = first_update + static_cast<std::ptrdiff_t>(updates - update_entries + 1);
    Manager joined = *first_update;
    joined.name = ancient;
    joined.subresource.clear();
    for (auto manager = first_update; manager != end; ++manager) {
      joined.time = manager->time;
      joined.fields = unite(joined.fields, manager->fields);
    }
    *first_update = std::move(joined);
    managers.erase(first_update + 1, end);
  }
  std::vector<ManagedFieldsEntry> entries;
  entries.reserve(managers.size());
  for (const Manager& manager : managers) {
    entries.push_back(ManagedFieldsEntry{manager.name, std::string(operation_name(manager.operation)),
                                         manager.api_version, manager.time, "FieldsV1",
                                         Raw{write_fields(manager.fields)}, manager.subresource});
  }
  return entries;
}

Result<FieldSet> applied_fields(const Kind& kind, const Node& configuration, std::string_view subresource) {
  if (const Node* metadata = configuration.find("metadata")) {
    const Node* given = metadata->find("managedFields");
    if (given != nullptr && !given->is_null()) {
      return Error{Code::malformed, "metadata.managedFields must be nil", {}};
    }
  }
  TRY(FieldSet fields, fields_of(*kind.type(), configuration));
  return owned(std::move(fields), subresource);
}

Node merge_applied(const Kind& kind, const Node& live, const Node& configuration, const Managers& managers,
                   const Manager& applier) {
  const Type& type = *kind.type();
  Node content = configuration;
  content.erase("apiVersion");
  content.erase("kind");
  Node merged = merge(type, live, content);
  FieldSet before;
  FieldSet kept = applier.fields;
  for (const Manager& manager : managers) {
    if (manager.same_identity(applier)) {
      before = manager.fields;
    } else {
      kept = unite(kept, manager.fields);
    }
  }
  prune(type, merged, before, kept);
  return merged;
}

Result<Managers> after_apply(const Changes& changes, Managers managers, Manager applier, Conflicts conflicts,
                             const FieldSet& excused) {
  std::vector<std::pair<const Manager*, FieldSet>> found;
  for (const Manager& manager : managers) {
    if (manager.same_identity(applier)) continue;
    FieldSet both = intersect(manager.fields, changes.written);
    if (!both.empty()) found.emplace_back(&manager, std::move(both));
  }
  const bool all_excused =
      std::ranges::all_of(found, [&](const auto& conflict) { return subtract(conflict.second, excused).empty(); });
  if (conflicts == Conflicts::refuse && !all_excused) return conflict_error(found);

  for (Manager& manager : managers) {
    if (manager.same_identity(applier)) continue;
    manager.fields = subtract(subtract(manager.fields, changes.written), changes.removed);
  }
  const auto own = find_same(managers, applier);
  // An apply that changes no value keeps its time, so that applying the same again is no write.
  if (changes.none()) applier.time = own == managers.end() ? Time{} : own->time;
  if (own == managers.end()) {
    managers.push_back(std::move(applier));
  } else {
    *own = std::move(applier);
  }
  drop_empty(managers);
  return managers;
}

Managers after_update(const Changes& changes, Managers managers, Manager writer) {
  if (changes.none()) return managers;
  for (Manager& manager : managers) {
    if (manager.same_identity(writer)) continue;
    manager.fields = subtract(subtract(manager.fields, changes.written), changes.removed);
  }
  const auto own = find_same(managers, writer);
  if (own != managers.end()) {
    own->fields = unite(subtract(own->fields, changes.removed), changes.written);
    own->time = writer.time;
  } else {
    writer.fields = changes.written;
    managers.push_back(std::move(writer));
  }
  drop_empty(managers);
  return managers;
}

const std::string last_applied_annotation = "kubectl.kubernetes.io/last-applied-configuration";

FieldSet last_applied_fields(const Kind& kind, const Node& live) {
  const Node* metadata = live.find("metadata");
  const Node* annotations = metadata != nullptr ? metadata->find("annotations") : nullptr;
  const Node* text = annotations != nullptr ? annotations->find(last_applied_annotation) : nullptr;
  if (text == nullptr || !text->is_string()) return {};
  auto applied = parse_json(text->text);
  if (!applied.ok() || !applied->is_map()) return {};
  applied->erase("apiVersion");
  applied->erase("kind");
  auto fields = fields_of(*kind.type(), *applied);
  if (!fields.ok()) return {};
  FieldSet agreed = std::move(fields).value();
  keep_equal(*kind.type(), live, *applied, agreed);
  return agreed;
}

}  // namespace muster::apply
